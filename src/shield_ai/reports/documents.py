"""JSON documents of the commands, without secret values.

Within a version, keys are only added. `reports/schemas.py` lists all documents, also those that
other modules define.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from shield_ai.flow.verify.check import Check
from shield_ai.model.finding import Severity
from shield_ai.model.plan import Comparison, Receipt
from shield_ai.model.rotation_status import RotationStatus
from shield_ai.model.skip import Skipped


class DraftDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield draft`."""

    version: Literal[1] = 1
    app: str
    manifest: str  # the file
    changed: bool  # false: the file already had every secret
    added: tuple[str, ...]  # names of the secrets that were added to the file
    secrets: tuple[str, ...]  # names of all secrets in the file
    unmovable_reads: int  # reads of secrets that `shield apply` can't move
    skipped: tuple[Skipped, ...]  # findings of the SARIF report that were not added
    unscanned: tuple[Skipped, ...]


class ApplyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield apply`."""

    version: Literal[1] = 1
    app: str
    account: str  # empty if AWS was not used
    region: str
    environment: str  # empty for none
    steps: tuple[Receipt, ...]  # completed steps; empty if there was nothing to do
    settings: Comparison | None  # null if no code was edited
    rotated: tuple[str, ...]  # names in AWS of the secrets that --rotate-immediately rotated


class VerifyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield verify`."""

    version: Literal[1] = 1
    app: str
    environment: str  # empty for none
    checks: tuple[Check, ...]


class StatusDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield rotate --status`."""

    version: Literal[1] = 1
    app: str
    environment: str  # empty for none
    secrets: tuple[RotationStatus, ...]


ResultName = Literal["rotated", "restart", "canceled", "unchanged", "manual", "pending", "failed"]


class RotationResult(msgspec.Struct, frozen=True, kw_only=True):
    """What `shield rotate` did with a secret."""

    name: str  # as in shield.toml
    # `restart`: restart the app, then use --resume; `manual`: needs manual steps; `pending`: an
    # interrupted rotation needs --resume; `unchanged`: there was no rotation to cancel
    result: ResultName
    error: str = ""  # why the rotation failed


class RotateDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield rotate`."""

    version: Literal[1] = 1
    app: str
    environment: str  # empty for none
    secrets: tuple[RotationResult, ...]  # with --due, only those that are due


class PullDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield pull`. It has names of variables and never values."""

    version: Literal[1] = 1
    env_file: str
    written: tuple[str, ...]
    unchanged: tuple[str, ...]
    missing: tuple[str, ...]  # required, and not in AWS
    optional: tuple[str, ...]  # optional, and not in AWS or not readable
    multiline: tuple[str, ...]  # written with several lines, which django-environ can't read


class RollbackDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield rollback`."""

    version: Literal[1] = 1
    environment: str  # empty for none
    steps: tuple[Receipt, ...]  # undone and kept steps; empty if there was nothing to undo
    ignored: int  # steps in AWS that a journal of another user or machine can't undo


class RuleEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A detection rule."""

    id: str
    title: str
    severity: Severity


class PatternEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A pattern and its rules."""

    id: str
    title: str
    rules: tuple[RuleEntry, ...]


class PatternsDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield patterns list`."""

    version: Literal[1] = 1
    patterns: tuple[PatternEntry, ...]


class PatternCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The test of a pattern's rules on their examples."""

    id: str
    rules: int  # the number of rules
    failures: tuple[str, ...]


class PatternsCheckDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield patterns check`."""

    version: Literal[1] = 1
    patterns: tuple[PatternCheck, ...]


class RuleText(msgspec.Struct, frozen=True, kw_only=True):
    """The description of a rule."""

    id: str
    title: str
    severity: Severity
    explanation: str
    fix: str
    references: tuple[str, ...]
    example: str


class ExplainDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield explain`."""

    version: Literal[1] = 1
    pattern: str  # the id of the pattern
    rules: tuple[RuleText, ...]  # all rules of the pattern, or the named one
