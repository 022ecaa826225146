"""Findings of the scanner, and what a rewrite needs to know about each of them."""

from __future__ import annotations

import enum

import msgspec

from shield_ai.model.digest import hexdigest
from shield_ai.model.skip import SkipReason


class Severity(enum.StrEnum):
    """The severity of a finding, from lowest to highest."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Confidence(enum.StrEnum):
    """How certain the scanner is that a finding is a secret."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Kind(enum.StrEnum):
    """The type of a secret, which determines its fields, its generation and its rotation."""

    DJANGO_SECRET_KEY = "django-secret-key"
    DATABASE = "database"
    URL = "url"
    API_KEY = "api-key"
    PASSWORD = "password"
    GENERIC = "generic"


class Shape(enum.StrEnum):
    """The form of the Python code at a site, which determines how it can be rewritten."""

    READ = "read"  # reads an environment variable, with any supported library
    LITERAL = "literal"  # a hardcoded value
    FALLBACK = "fallback"  # an empty or computed value in the code: no constant to move
    PRESENCE = "presence"  # tests whether a variable is set
    FIELD = "field"  # a pydantic settings field
    OTHER = "other"  # reported, but never rewritten


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """The location and form of the code that reads or contains a secret, for the fixers."""

    start: int  # byte offsets of the expression to wrap, in the file on disk
    end: int
    shape: Shape
    reader: str = ""  # the API that reads it: "os.environ.get", "django-environ", "decouple", …
    optional: bool = False  # the code has a default, so the app starts without the value
    is_guarded: bool = False  # only runs if a condition has found the variable set
    is_test: bool = False  # the code only tests the value
    default_literal: bool = False  # the default is a non-empty constant or generated value
    default_start: int = 0  # byte offsets of the constant default; both 0 without one
    default_end: int = 0
    default_ok_in_production: bool = False  # the default is not a secret and works in production
    variable: str = ""  # the environment variable; for a literal, the suggested name
    group: str = ""  # the database it belongs to: "default", or the prefix of its variables
    field: str = ""  # the database field: database, username, password, host, port
    binds: tuple[str, ...] = ()  # names that a lambda must bind as defaults
    quote: str = ""  # inside an f-string, the quote character for new strings
    negated: bool = False  # a negated presence test: "X" not in os.environ
    alternatives: tuple[str, ...] = ()  # secret variables that a computed name can refer to
    others: tuple[str, ...] = ()  # non-secret variables that the computed name can refer to
    name_expr: str = ""  # the expression that computes the name
    environ: str = ""  # the environment of which the read mapping is an unchanged copy
    # the byte offset of the pydantic settings class of a field; -1 if its source needs no edit
    settings_start: int = -1
    overridden_by: str = ""  # the variable that pydantic reads before this default
    reason: SkipReason | None = None  # why no fixer can rewrite the site; None if one can

    @property
    def variables(self) -> tuple[str, ...]:
        """All secret variables that this site can read."""
        if self.alternatives:
            return self.alternatives
        return (self.variable,) if self.variable else ()


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A problem that the scan reports, such as a hardcoded secret.

    Lines and columns start at 1. Columns count characters, and `end_column` is exclusive.
    """

    rule: str
    path: str  # relative to the scanned folder, with forward slashes
    line: int
    column: int
    end_line: int
    end_column: int
    severity: Severity
    confidence: Confidence
    message: str
    name: str = ""  # the setting or variable: SECRET_KEY, DATABASES.default.PASSWORD
    env: str | None = None  # the environment variable, if the code reads one
    fixable: bool = False
    fingerprint: str = ""
    site: Site | None = None  # excluded from reports
    commit: str = ""  # in a scan of git history: the first commit with this finding
    date: str = ""  # the author date of that commit, ISO 8601
    in_head: bool = True  # the newest commit still has the finding


def fingerprint(rule: str, path: str, name: str, ordinal: int) -> str:
    """Return a finding's identifier, which stays the same when its value or line changes.

    Args:
        rule: The rule's id.
        path: Relative path with forward slashes.
        name: The setting or variable.
        ordinal: Index among findings with the same rule, path and name, in file order, from 0.
    """
    parts = "\0".join((rule, path, name, str(ordinal)))
    return hexdigest(parts.encode("utf-8", "surrogateescape"))[:32]
