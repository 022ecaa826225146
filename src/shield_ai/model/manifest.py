"""shield.toml ⇄ Manifest: the one file that the code side and the cloud side both know. It never holds a value."""

from __future__ import annotations

import re
import tomllib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.model import schedule
from shield_ai.model.errors import ManifestError
from shield_ai.model.finding import Kind
from shield_ai.model.naming import ARN_SUFFIX, MANIFEST
from shield_ai.rotator.document import MODES
from shield_ai.rotator.registry import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Collection

    from tomlkit.items import AoT, InlineTable, Table

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html#API_CreateSecret_RequestParameters
NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
LONGEST = 512  # https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
TAG = re.compile(r"[\w .:/=+\-@]{1,256}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
USERS = ("single-user", "alternating-users")


class App(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The `[app]` table."""

    name: str  # what the app is called; names of things in AWS begin with it
    settings: tuple[str, ...] = ()  # files, relative to shield.toml
    runtime: str = "package"  # path of the vendored copy, or "package" for the dependency
    region: str = "us-east-1"  # where the secrets are
    prefix: str = ""  # put before each secret's name in AWS
    # what encrypts them: AWS's own key, or the id, ARN or alias of yours
    kms_key: str = "aws/secretsmanager"
    role: str = ""  # the app's IAM role, by name or ARN; without it, no policy is created in AWS
    tags: dict[str, str] = {}  # on everything that is made in AWS, beside `app` and `managed-by`
    replicas: tuple[str, ...] = ()  # further regions that get a copy of each secret
    # a policy on each secret: the role, the rotation and monitoring's readers, no one else
    readers_only: bool = False
    prefetch: bool = False  # the app calls prefetch(), which needs a permission of its own


class Rotation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """When and how a secret is rotated."""

    every: str  # "30 days", "rate(12 hours)" or "cron(0 3 1 * ? *)"; in UTC
    strategy: str = ""  # how the new value comes to be; goes with the kind by default
    # the administrator's secret, for alternating users: its whole name in AWS, or its ARN
    admin: str = ""
    window: str = ""  # how long after its beginning AWS may rotate: "3h"
    hook: str = ""  # a Python file of the app with issue, test and revoke, for an API key
    sslmode: str = ""  # of the connection to the database, where the secret itself names none
    ca: str = ""  # a file of the app with the certificates that the server's is checked against


class Secret(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One `[[secret]]`: `env` for a single text, `fields` (field → variable) for one JSON document."""

    name: str  # in AWS, after the prefix
    kind: Kind = Kind.GENERIC  # decides how a value is made, and how it is rotated
    env: str | None = None  # the variable that held it; this or fields
    fields: dict[str, str] | None = None  # of a JSON document: field -> variable
    optional: bool = False  # the app runs without it
    rotate: Literal["manual"] | Rotation | None = None  # by hand, or when and how
    description: str = ""  # shown in AWS
    # make a new value, or a new password of a database, where no source has one
    generate: bool = False

    def variables(self) -> dict[str, str]:
        """Map each variable to the field that holds it; the field is empty for a single text."""
        if self.fields is not None:
            return {variable: field for field, variable in self.fields.items()}
        return {self.env: ""} if self.env else {}


class Monitoring(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The `[monitoring]` table."""

    # who may read the secrets beside the app's role: role/NAME, user/NAME, with *
    readers: tuple[str, ...] = ()
    email: tuple[str, ...] = ()  # who is told when something is wrong
    topic: str = ""  # the ARN of a topic of yours that is told instead
    namespace: str = ""  # of the runtime's metrics; ShieldAI/APP by default
    errors: int = 10  # get_secret() may fail so often in five minutes
    # days that a rotation may be late; wants shield rotate --status --publish once a day
    overdue: int | None = None

    @property
    def tells(self) -> bool:
        """Whether anybody is told; if not, there are no alarms."""
        return bool(self.email or self.topic)


class Environment(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One `[environments.NAME]`: what differs there from `[app]`, and how to get in."""

    prefix: str | None = None
    region: str | None = None
    kms_key: str | None = None
    role: str | None = None
    replicas: tuple[str, ...] | None = None
    tags: dict[str, str] = {}
    account: str = ""  # twelve digits; anything else is refused
    profile: str = ""  # of ~/.aws/config
    assume: str = ""  # the ARN of a role to work as
    env_file: str = ""  # values come from here where no --env-file is given
    # ask for the app's name; by default for one that is called prod, production or live
    production: bool | None = None


class Functions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The `[rotation]` table: where it stands, apply deploys a Lambda function for each secret that rotates."""

    subnets: tuple[str, ...] = ()  # from which the functions reach the databases
    security_groups: tuple[str, ...] = ()  # of the functions in these subnets
    log_days: int = 30  # how long CloudWatch keeps the functions' logs


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of shield.toml."""

    app: App
    monitoring: Monitoring = Monitoring()
    rotation: Functions | None = None
    environments: dict[str, Environment] = {}
    secret: tuple[Secret, ...] = ()

    def of_variable(self, variable: str) -> tuple[Secret, str] | None:
        """Find the secret that a variable belongs to, and its field."""
        for secret in self.secret:
            if variable in (variables := secret.variables()):
                return secret, variables[variable]
        return None


def parse(text: str) -> Manifest:
    """Read shield.toml.

    Raises:
        ManifestError: It is no TOML, has a key that isn't known, or a value that can't be; says where.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(
            f"{MANIFEST}: {error}", "the file must be TOML; see shield.toml in the guide"
        ) from None
    try:
        manifest = msgspec.convert(raw, Manifest)
    except msgspec.ValidationError as error:
        raise ManifestError(
            f"{MANIFEST}{_where(text, str(error))}: {_words(str(error))}", _hint(str(error))
        ) from None
    _check(manifest, text)
    return manifest


def _check(manifest: Manifest, text: str) -> None:
    _check_functions(
        manifest.rotation or Functions(), f"{MANIFEST}{_line(text, None, table='rotation')}"
    )
    _check_tags(manifest.app.tags, f"{MANIFEST}{_line(text, None, 'tags', table='app')}")
    for name, environment in manifest.environments.items():
        _check_environment(
            name, environment, f"{MANIFEST}{_line(text, None, table=f'environments.{name}')}"
        )
    _check_monitoring(manifest.monitoring, f"{MANIFEST}{_line(text, None, table='monitoring')}")
    seen: dict[str, int] = {}
    prefix = max(
        [manifest.app.prefix, *(e.prefix or "" for e in manifest.environments.values())], key=len
    )
    for i, secret in enumerate(manifest.secret):
        try:
            _check_secret(secret, seen, prefix)
        except ManifestError as error:
            raise ManifestError(
                f"{MANIFEST}{_line(text, i)}: {error.message}", error.hint
            ) from None
        seen[secret.name] = i
        _check_rotation(secret, f"{MANIFEST}{_line(text, i, 'rotate')}: rotate of {secret.name}")


def _check_secret(secret: Secret, seen: Collection[str], prefix: str) -> None:
    if secret.name in seen:
        raise ManifestError(
            f"secret {secret.name!r} stands here twice", "rename or remove one of them"
        )
    if (secret.env is None) == (secret.fields is None):
        raise ManifestError(
            f"secret {secret.name!r} needs either env or fields", 'write env = "VARIABLE"'
        )
    if not NAME.fullmatch(secret.name):
        raise ManifestError(f"{secret.name!r} is no secret name", "use letters, digits and /_+=.@-")
    if (length := len(prefix + secret.name)) > LONGEST:
        raise ManifestError(
            f"the secret {secret.name[:40]}… has {length} characters with the prefix, AWS takes {LONGEST}",
            "shorten the prefix or the name",
        )
    if ARN_SUFFIX.search(secret.name):
        raise ManifestError(
            f"the name {secret.name!r} ends with a hyphen and six characters, as AWS's own suffix does",
            "choose a name that ends otherwise: Secrets Manager can't tell it from a partial ARN",
        )
    if bad := [v for v in secret.variables() if not VARIABLE.fullmatch(v)]:
        raise ManifestError(f"{bad[0]!r} is no name of a variable", "write for example SECRET_KEY")


def _check_environment(name: str, environment: Environment, where: str) -> None:
    _check_tags(environment.tags, where)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
        raise ManifestError(
            f"{where}: {name!r} is no name of an environment", "use letters, digits, - and _"
        )
    if environment.account and not re.fullmatch(r"\d{12}", environment.account):
        raise ManifestError(
            f"{where}: {environment.account!r} is no AWS account", "write its twelve digits"
        )


def _check_tags(tags: dict[str, str], where: str) -> None:
    for key, value in tags.items():
        if (
            not TAG.fullmatch(key)
            or not TAG.fullmatch(value or "-")
            or key.lower().startswith("aws:")
        ):
            raise ManifestError(
                f"{where}: AWS takes no tag {key!r} with this value",
                "use letters, digits, spaces and _.:/=+-@",
            )


def _check_monitoring(watch: Monitoring, where: str) -> None:
    if watch.topic and not re.fullmatch(r"arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+", watch.topic):
        raise ManifestError(
            f"{where}: topic is no ARN of a topic", "write arn:aws:sns:REGION:ACCOUNT:NAME"
        )
    if watch.topic and watch.email:
        raise ManifestError(
            f"{where}: topic and email exclude each other", "subscribe the people to your own topic"
        )
    if bad := [email for email in watch.email if not re.fullmatch(r"[^@\s]+@[^@\s]+", email)]:
        raise ManifestError(
            f"{where}: {bad[0]!r} is no e-mail address", 'write email = ["ops@example.com"]'
        )
    if bad := [
        reader for reader in watch.readers if not re.fullmatch(r"(role|user)/[\w+=,.@*/-]+", reader)
    ]:
        raise ManifestError(
            f"{where}: {bad[0]!r} is no reader", 'write for example readers = ["role/Deploy*"]'
        )
    if watch.overdue is not None and watch.overdue < 0:
        raise ManifestError(
            f"{where}: overdue is negative", "write how many days a rotation may be late"
        )
    if watch.errors < 0:
        raise ManifestError(
            f"{where}: errors is negative", "write how many failures in five minutes are borne"
        )


def _check_functions(functions: Functions, where: str) -> None:
    if functions.log_days not in LOG_DAYS:
        raise ManifestError(
            f"{where}: CloudWatch keeps no logs for {functions.log_days} days",
            f"one of {', '.join(map(str, LOG_DAYS))}",
        )
    if bool(functions.subnets) != bool(functions.security_groups):
        raise ManifestError(
            f"{where}: subnets and security_groups need each other", "give both, or neither"
        )


def _check_rotation(secret: Secret, where: str) -> None:
    if isinstance(secret.rotate, Rotation):
        try:
            _check_how(secret, secret.rotate)
        except ManifestError as error:
            raise ManifestError(f"{where}: {error.message}", error.hint) from None


def _check_how(secret: Secret, rotate: Rotation) -> None:
    when = schedule.parse(rotate.every)
    if rotate.window:
        schedule.window(rotate.window, when)
    if rotate.strategy and rotate.strategy not in {*STRATEGIES, *USERS}:
        raise ManifestError(
            f"unknown strategy {rotate.strategy!r}", f"one of {', '.join((*USERS, *STRATEGIES))}"
        )
    if rotate.strategy.endswith(USERS) and secret.kind not in {Kind.DATABASE, Kind.URL}:
        raise ManifestError(
            f"{rotate.strategy} is for databases, and this is a {secret.kind}", "leave strategy out"
        )
    if rotate.sslmode and rotate.sslmode not in MODES:
        raise ManifestError(f"unknown sslmode {rotate.sslmode!r}", f"one of {', '.join(MODES)}")
    for name, path in (("hook", rotate.hook), ("ca", rotate.ca)):
        if path and (PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts):
            raise ManifestError(
                f"{name} {path!r} lies outside the app's folder", "name a file in it"
            )
    if rotate.hook and not re.fullmatch(
        r"[A-Za-z_][A-Za-z0-9_]*\.py", PurePosixPath(rotate.hook).name
    ):
        raise ManifestError(
            f"hook {rotate.hook!r} is no Python module", "write for example ops/stripe_keys.py"
        )


def _where(text: str, error: str) -> str:
    """`:LINE` of what msgspec complains about, as well as can be told."""
    path = re.search(r"at `\$(.*?)`$", error)
    steps = re.findall(r"\.(\w+)|\[(\d+)\]", path[1]) if path else []
    index = next((int(i) for _, i in steps if i), None)
    unknown = re.search(r"unknown field `(.+?)`", error)
    keys = [k for k, _ in steps if k]
    key = unknown[1] if unknown else keys[-1] if keys else ""
    return _line(text, index, key, table=keys[0] if keys[:1] in (["app"], ["monitoring"]) else "")


def _line(text: str, index: int | None, key: str = "", *, table: str = "") -> str:
    """`:LINE` of a key in the index-th [[secret]], or of that header itself."""
    seen, inside, header = -1, index is None and not table, 0
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if stripped.startswith("["):
            seen += stripped.startswith("[[secret]]")
            inside = (
                (seen == index and stripped.startswith("[[secret]]"))
                if index is not None
                else inside
            )
            inside = stripped.startswith(f"[{table}]") if table else inside
            header = number if inside and not header else header
        if (
            key
            and inside
            and re.search(rf"(?:^|[\[{{,\s.])[\"']?{re.escape(key)}[\"']?\s*[=\].]", stripped)
        ):
            return f":{number}"
    return f":{header}" if header else ""


def _words(error: str) -> str:
    sentence = error.split(" - at `", maxsplit=1)[0]
    return sentence.replace("Object contains unknown field", "unknown key").replace(
        "Object missing required field", "missing key"
    )


_STRUCTS: dict[str, type[msgspec.Struct]] = {
    "secret[": Secret,
    "$.app": App,
    "$.monitoring": Monitoring,
    "$.environments": Environment,
}


def _hint(error: str) -> str:
    if "unknown field" in error:
        known = next((struct for place, struct in _STRUCTS.items() if place in error), Manifest)
        return f"known keys: {', '.join(known.__struct_fields__)}"
    return ""


def render(manifest: Manifest, old: str = "") -> str:
    """Write shield.toml; with an old text, only add the secrets that it lacks and keep every other byte of it."""
    if not old:
        return _fresh(manifest)
    have = {secret.name for secret in parse(old).secret}
    new = [secret for secret in manifest.secret if secret.name not in have]
    if not new:
        return old
    import tomlkit  # slow, and only writing needs it

    addition = tomlkit.document()
    addition.add("secret", _tables(new))
    return old.rstrip("\n") + "\n\n" + tomlkit.dumps(addition).strip("\n") + "\n"


def _fresh(manifest: Manifest) -> str:
    import tomlkit  # slow, and only writing needs it

    document = tomlkit.document()
    document.add(
        tomlkit.comment(
            "What Shield AI moves to AWS Secrets Manager. Names only, never a value: commit this file."
        )
    )
    app = tomlkit.table()
    for key, value in msgspec.to_builtins(manifest.app).items():
        app.add(key, value)
    document.add("app", app)
    if manifest.secret:
        document.add("secret", _tables(list(manifest.secret)))
    return tomlkit.dumps(document)


def _tables(secrets: list[Secret]) -> AoT:
    import tomlkit  # slow, and only writing needs it

    tables = tomlkit.aot()
    for secret in secrets:
        table: Table = tomlkit.table()
        for key, value in msgspec.to_builtins(secret).items():
            table.add(key, _inline(value) if isinstance(value, dict) else value)
        tables.append(table)
    return tables


def _inline(mapping: dict[str, str]) -> InlineTable:
    import tomlkit  # slow, and only writing needs it

    inline = tomlkit.inline_table()
    inline.update(mapping)
    return inline
