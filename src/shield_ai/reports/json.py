"""Format findings and plans as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.model.finding import Confidence, Severity
from shield_ai.model.printable import escape_json
from shield_ai.model.skip import SkipId
from shield_ai.scan.text.secret_names import mask_tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.finding import Finding
    from shield_ai.model.plan import Plan
    from shield_ai.model.skip import Skipped


class FindingEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A finding. Lines and columns start at 1, and `end_column` is exclusive."""

    rule: str
    path: str  # relative to the scanned folder, with forward slashes
    line: int
    column: int
    end_line: int
    end_column: int
    severity: Severity
    confidence: Confidence
    message: str
    name: str  # the setting or variable, such as `DATABASES.default.PASSWORD`; can be empty
    env: str | None  # the environment variable, if the code reads one
    fixable: bool  # `shield apply` can move it
    fingerprint: str  # stays the same when the line or the value changes
    commit: str | msgspec.UnsetType = msgspec.UNSET  # with --history: the first commit with it
    date: str | msgspec.UnsetType = msgspec.UNSET  # with --history: of that commit, ISO 8601
    stands: bool | msgspec.UnsetType = msgspec.UNSET  # with --history: the newest commit has it


class SkippedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A file that could not be scanned, or a line of it."""

    path: str
    line: int  # 0 for the whole file
    reason: str
    id: SkipId


class ScanDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The result of `shield scan`."""

    version: Literal[1] = 1
    findings: tuple[FindingEntry, ...]
    skipped: tuple[SkippedEntry, ...]


FIELDS = FindingEntry.__struct_fields__[:-3]  # without those of a scan of git history


def scan_json(findings: Sequence[Finding], skipped: Sequence[Skipped] = ()) -> str:
    """Format findings, and the files that could not be scanned."""
    document = ScanDocument(
        findings=tuple(map(finding_entry, findings)),
        skipped=tuple(
            SkippedEntry(path=skip.path, line=skip.line, reason=skip.reason, id=skip.id)
            for skip in skipped
        ),
    )
    return to_json(document, indent=2)


def finding_entry(finding: Finding) -> FindingEntry:
    """Return a finding as the documents contain it."""
    fields = {field: getattr(finding, field) for field in FIELDS}
    if finding.commit:
        fields |= {"commit": finding.commit, "date": finding.date, "stands": finding.in_head}
    return FindingEntry(**fields)


def plan_json(plan: Plan) -> str:
    """Format a plan as `shield apply` reads it.

    Credentials are masked in the paths and names of skipped items, which apply does not use.
    """
    plan = msgspec.structs.replace(
        plan,
        skipped=tuple(map(_mask_skipped, plan.skipped)),
        harmless=tuple(map(_mask_skipped, plan.harmless)),
        deployment=tuple(map(_mask_deployment, plan.deployment)),
    )
    return to_json(plan, indent=2)


def _mask_skipped(skip: Skipped) -> Skipped:
    return msgspec.structs.replace(skip, path=mask_tokens(skip.path), name=mask_tokens(skip.name))


def _mask_deployment(item: DeploymentVariable) -> DeploymentVariable:
    return msgspec.structs.replace(
        item,
        path=mask_tokens(item.path),
        unit=mask_tokens(item.unit),
        env_file=mask_tokens(item.env_file),
    )


def to_json(document: object, *, indent: int = -1) -> str:
    r"""Format a document as JSON with control characters and lone surrogates as \u escapes.

    Args:
        document: Structs, dictionaries, lists and scalars.
        indent: Spaces; -1 for one line.
    """
    try:
        raw = msgspec.json.format(msgspec.json.encode(document), indent=indent)
    except UnicodeEncodeError:  # a lone surrogate, for example in a name: os.getenv("\ud800")
        raw = json.dumps(msgspec.to_builtins(document), indent=max(indent, 0) or None).encode()
    return escape_json(raw.decode()) + "\n"
