"""Findings of the scanner: what reports show."""

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

    @property
    def rank(self) -> int:
        """The position, for comparisons."""
        return list(Severity).index(self)


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
    reason: SkipReason | None = None  # why no fixer can rewrite the code
    has_secret_default: bool = False  # the code has a constant default that may be a secret
    span: tuple[int, int] | None = None  # the byte offsets of the code, if a fixer may rewrite it
    fingerprint: str = ""
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
