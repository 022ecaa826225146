"""The nouns of the product: frozen, without I/O, and without a secret value except inside `Hidden`."""

from __future__ import annotations

import enum
import re
from datetime import datetime  # noqa: TC003  # msgspec reads the types
from typing import Any, NoReturn

import msgspec

from shield_ai.model.digest import hexdigest

MASK = "•••"
MANIFEST = "shield.toml"
# Secrets Manager ends each ARN so, and a name that ends alike is taken for a partial ARN.
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html#API_CreateSecret_RequestParameters
ARN_SUFFIX = re.compile(r"-[A-Za-z0-9]{6}$")


class Hidden:
    """A secret value that no log, report, pickle or traceback can show.

    `repr`, `str`, `format` and pickle give `•••`; `reveal` is the only way out, called where AWS is handed the value.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __len__(self) -> NoReturn:
        raise TypeError("the length of a secret is not shown")

    def __eq__(self, other: object) -> bool:
        # loads OpenSSL: a scan hides nothing, and should not wait for it
        import hmac

        return isinstance(other, Hidden) and hmac.compare_digest(
            self._value.encode(), other._value.encode()
        )

    __hash__ = None  # type: ignore[assignment]  # a hash of the value would be a fingerprint of it

    def __reduce__(self) -> tuple[type[Hidden], tuple[str]]:
        return Hidden, (MASK,)


class Severity(enum.StrEnum):
    """How bad a finding is, in SARIF's and everybody's order."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Confidence(enum.StrEnum):
    """How sure the scanner is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Kind(enum.StrEnum):
    """The shape of a secret: what it is for decides its fields, its generation and its rotation."""

    DJANGO_SECRET_KEY = "django-secret-key"
    DATABASE = "database"
    URL = "url"
    API_KEY = "api-key"
    PASSWORD = "password"
    GENERIC = "generic"


class Shape(enum.StrEnum):
    """What a site in Python code does, as far as a rewrite needs to know."""

    READ = "read"  # an expression that reads an environment variable, in whatever library's way
    LITERAL = "literal"  # a value that stands in the code
    FALLBACK = "fallback"  # a default that is no value to move: empty, or computed
    PRESENCE = "presence"  # asks whether a variable is set
    FIELD = "field"  # a field that pydantic reads when the settings are made
    OTHER = "other"  # seen, and not rewritten


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """Where in a file's bytes a secret is read or written, for the fixers."""

    start: int  # byte offsets of the expression to wrap, in the file as it lies on disk
    end: int
    shape: Shape
    reader: str = ""  # how it is read: "os.environ.get", "django-environ", "decouple", …
    optional: bool = False  # the code has a default, so that the app runs without the value
    # that default is a constant or made up, and not empty: a development value
    default_literal: bool = False
    default_start: int = 0  # byte offsets of that constant; both 0 where there is none
    default_end: int = 0
    default_ok_in_production: bool = (
        False  # that default, or a computed one, is no secret and serves in production as well
    )
    # what the value is called in the environment; for a literal, what it would be called
    variable: str = ""
    group: str = ""  # the database that it is a part of: "default", or the prefix of its variables
    field: str = ""  # and which part: database, username, password, host, port
    binds: tuple[str, ...] = ()  # names of a class body that a lambda in it would not see
    quote: str = ""  # the one that new strings must have, inside an f-string
    negated: bool = False  # a presence test that asks for absence
    alternatives: tuple[str, ...] = ()  # the variables of which a computed name is one
    others: tuple[str, ...] = ()  # which it may be as well, and which are no secrets
    name_expr: str = ""  # how the code computes that name
    reason: str = ""  # why no fixer can move it; empty: one can

    @property
    def variables(self) -> tuple[str, ...]:
        """All variables that may be read here."""
        return self.alternatives or ((self.variable,) if self.variable else ())


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One place where a secret is read or written outside Secrets Manager. Lines and columns count from 1."""

    rule: str
    path: str  # relative to the scanned folder, with slashes
    line: int
    column: int
    end_line: int
    end_column: int
    severity: Severity
    confidence: Confidence
    message: str
    name: str = ""  # the setting or variable: SECRET_KEY, DATABASES.default.PASSWORD
    env: str | None = None  # the environment variable, where one is read
    fixable: bool = False
    fingerprint: str = ""
    site: Site | None = None  # not part of any report
    commit: str = ""  # of a version in git's history: the first one that has it
    date: str = ""  # of that commit's author, ISO 8601
    in_head: bool = True  # whether the newest commit still has it


def fingerprint(rule: str, path: str, name: str, ordinal: int) -> str:
    """Identify a finding by what it is about, never by its value or its line, so that it outlives an edit.

    Args:
        rule: The rule's id.
        path: Relative path with slashes.
        name: The setting or variable.
        ordinal: Counts findings of the same rule, path and name from 0, in file order.
    """
    whole = "\0".join((rule, path, name, str(ordinal)))
    return hexdigest(whole.encode("utf-8", "surrogateescape"))[:32]


class Applicability(enum.StrEnum):
    """How safe an edit is, as in ruff."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """Replace bytes [start, end) of a file by `replacement`; an insertion where start == end. Never holds a value."""

    path: str
    start: int
    end: int
    replacement: str
    applicability: Applicability = Applicability.SAFE


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A site that was left as it is, and why, in words that a person understands."""

    path: str
    line: int
    name: str
    reason: str


class FileChange(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one file: edits over the bytes that had the digest `before`, or a new file."""

    path: str
    # sha256 of the bytes that were planned on; None: the file does not exist yet
    before: str | None
    after: str  # sha256 of the result
    edits: tuple[Edit, ...]
    encoding: str = "utf-8"  # of the file, for the text of the edits
    private: bool = False  # a new file that only its owner may read


class Action(enum.StrEnum):
    """What is done to something in AWS."""

    CREATE = "create"
    RESTORE = "restore"
    UPDATE = "update"
    REMOVE = "remove"
    KEEP = "keep"  # as it should be already
    DRIFT = "drift"  # somebody changed it since we made it; left alone


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where the value of a secret, or of one field of it, comes from: a locator, never the value.

    Locators: `env:SECRET_KEY`, `dotenv:.env#DB_PASSWORD`, `code:settings.py#120-160` (bytes),
    `generate:django-secret-key`, `prompt:DB_PASSWORD`, `copy:staging/db#password`.
    """

    locator: str
    field: str = ""  # of the JSON document; empty: the secret is this one text


# plain JSON without a value of a secret; lists whose order means nothing are sorted
Settings = dict[str, Any]


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """How one thing in AWS other than a secret should be: `aws/resources.py` knows each kind."""

    kind: str  # "policy", "policy-attachment", …
    name: str
    settings: Settings

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from every other one."""
        return self.kind, self.name


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do in AWS, with the permissions that it needs."""

    action: Action
    resource: str  # "secret", or a resource's kind
    name: str  # with the prefix, as AWS knows it
    permissions: tuple[str, ...] = ()
    settings: Settings | None = None  # how it should be; None: gone
    before: Settings | None = None  # how it was when this was planned; None: not there
    # of a secret: where its new value is; none: it keeps the one that it has
    origins: tuple[Origin, ...] = ()
    version: str = ""  # of a secret: the id of the version that was current when this was planned
    # of a secret that is there: is the source's value "unchanged", does it "differ", "unknown"
    value: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that apply would do: reviewed in a pull request, free of values and of timestamps."""

    version: int = 1
    app: str
    account: str = ""
    region: str = ""
    environment: str = ""  # of shield.toml; empty where none was named
    files: tuple[FileChange, ...] = ()
    changes: tuple[Change, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    dotenv: tuple[Origin, ...] = ()  # literals that go into .env, each field a variable
    harmless: tuple[Skipped, ...] = ()  # what sounds like a secret and is none
    # secrets whose value asks for another one, as `changeme` does
    placeholders: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()  # secrets that the app needs and that no source has a value for
    read: dict[str, str] = {}  # path -> sha256 of every other file that the plan was made from


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What was really done in one step."""

    step: str  # "file", "aws" for a secret, or "resource"
    what: str
    status: str  # "done", "unchanged", "undone", "kept"
    detail: str = ""


class Status(enum.StrEnum):
    """How a check went; `unknown` always says why."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that verify looked at."""

    name: str
    status: Status
    detail: str = ""
    hint: str = ""


class SecretState(msgspec.Struct, frozen=True, kw_only=True):
    """What AWS says of one secret, without its value."""

    arn: str
    tags: dict[str, str] = {}
    deleted: bool = False  # scheduled for deletion
    versions: dict[str, tuple[str, ...]] = {}  # version id -> stages
    settings: Settings = {}  # as `infra/secrets.py` says how they should be

    @property
    def current(self) -> str:
        """The id of the version that is read; empty where a secret has none."""
        return next(
            (version for version, stages in self.versions.items() if "AWSCURRENT" in stages), ""
        )


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The account as plan sees it."""

    account: str
    region: str
    secrets: dict[str, SecretState] = {}
    resources: dict[tuple[str, str], Settings | None] = {}  # kind and name; None: not there


class RotationStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the rotation of one secret stands. All times are UTC."""

    name: str  # as in shield.toml
    by: str  # "AWS": a function; "shield": this command, from cron or CI; "hand": a person
    strategy: str = ""
    last: datetime | None = None  # when the current value was made
    next: datetime | None = None
    state: str = "ok"  # "ok", "due", "pending", "no schedule", "not in AWS"
    pending: str = ""  # the version of a rotation that has begun and not ended
    since: datetime | None = None  # when that one began


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one repository came to. Holds no value, and of the findings only how many there are."""

    repository: str
    commit: str = ""  # of a clone; of a folder, a digest of its names, sizes and times
    version: str = ""  # of this tool
    seconds: float = 0.0
    files: int = 0  # of Python
    found: dict[str, int] = {}  # severity -> findings
    fixable: int = 0  # of the findings
    unseen: int = 0  # files that could not be looked at
    moved: int = 0  # calls of get_secret
    secrets: int = 0  # in shield.toml
    scheduled: int = 0  # of them, with a rotation schedule
    error: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event of CloudTrail about a secret; CloudTrail never records a value."""

    name: str  # GetSecretValue, RotationFailed, …
    at: datetime
    secret: str = ""  # name or ARN, as the event gives it; empty where it does not tell
    who: str  # role/NAME, user/NAME, service/NAME, root, …
    source: str = ""  # the address, or the AWS service, that it came from
    error: str = ""  # AccessDeniedException, …


class AccessType(enum.StrEnum):
    """What somebody did with a secret, in the order in which a table shows it."""

    READ = "read"
    CHANGE = "change"
    ROTATE = "rotate"
    DELETE = "delete"
    LOOK = "look"  # at its description, without the value
    DENIED = "denied"
    FAILED = "failed"  # for another reason than a missing permission


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What one principal did with one secret, and how often."""

    secret: str
    who: str
    deeds: dict[AccessType, int]
    first: datetime
    last: datetime
    sources: tuple[str, ...] = ()  # some of them, sorted
    more_sources: int = 0


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a trail that somebody should look at."""

    kind: str  # denied, outside, new, deleted, rotation, policy
    secret: str
    who: str
    text: str
    count: int
    first: datetime
    last: datetime
    sources: tuple[str, ...] = ()


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what with an app's secrets."""

    app: str
    since: datetime | None  # None: everything that there is
    events: int  # in that time, on these secrets
    seen: int  # events of any kind that were looked through
    accesses: tuple[Access, ...] = ()
    alerts: tuple[Alert, ...] = ()
    unread: tuple[Skipped, ...] = ()  # files that could not be read to their end
    notes: tuple[str, ...] = ()  # what could not be told, and why
