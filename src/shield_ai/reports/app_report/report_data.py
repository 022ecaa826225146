"""The data of a report. It contains no secret values and no source lines with values."""

from __future__ import annotations

import difflib
import json
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.aws.cloudtrail.audit_result import Audit
from shield_ai.flow.verify.check import Check, Status
from shield_ai.model.finding import Finding, Severity
from shield_ai.model.plurals import count
from shield_ai.model.rotation_status import RotationPhase, RotationStatus
from shield_ai.model.skip import Skipped
from shield_ai.reports.app_report.trend import Figures
from shield_ai.reports.compliance.evidence import ControlResult
from shield_ai.reports.masking.mask import mask, show

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from shield_ai.model.file_reader import FileReader

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:shield-ai:report")
SEVERE = (Severity.HIGH, Severity.CRITICAL)


class SecretStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Where a secret is and when it is rotated."""

    name: str  # in AWS, with the prefix
    kind: str
    variables: tuple[str, ...]
    where: Literal["AWS", "deleted", "missing", "optional", "unknown"]
    kms_key: str = ""
    is_tagged: bool = False  # has a tag in AWS
    rotation: RotationStatus | None = None


class SecretLocations(msgspec.Struct, frozen=True, kw_only=True):
    """Where the code reads a secret, and where deployment files set its variables."""

    name: str  # in AWS, with the prefix
    reads: tuple[str, ...]
    settings: tuple[str, ...]


class MaskedFinding(msgspec.Struct, frozen=True, kw_only=True):
    """A finding and its source line with values hidden."""

    finding: Finding
    line: str = ""


class FileDiff(msgspec.Struct, frozen=True, kw_only=True):
    """The planned or applied change of a file, with values hidden."""

    path: str
    lines: tuple[str, ...]

    @property
    def is_one_line(self) -> bool:
        """Whether the diff is a single line, such as "new, 12 lines"."""
        return len(self.lines) == 1


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A CloudWatch alarm or EventBridge rule that sends notifications."""

    name: str
    text: str
    is_in_aws: bool


class RolloutStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step on the way to production."""

    stage: str
    text: str
    state: Literal["done", "open", "unknown"]
    evidence: str = ""


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """A control of compliance frameworks, with the evidence for it."""

    id: str  # stable; never reused
    statement: str
    result: ControlResult
    references: tuple[tuple[str, str], ...]  # framework, numbers

    @property
    def requirements(self) -> list[str]:
        """Each number with its framework, for example `PCI DSS 4.0.1 8.6.2`."""
        return [
            f"{framework} {number}"
            for framework, numbers in self.references
            for number in numbers.split(", ")
        ]


class ReportData(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a report."""

    app: str
    created: datetime
    version: str
    region: str = ""
    account: str = ""  # empty if AWS was not checked
    aws_skip_reason: str = ""  # why AWS was not checked
    findings: tuple[MaskedFinding, ...] = ()
    unreadable: tuple[Skipped, ...] = ()
    archives: tuple[str, ...] = ()  # files that the scan can't unpack
    suppressed: int = 0  # findings with a suppression comment
    in_ignored_files: int = 0  # findings in .env files that git ignores; not in `findings`
    is_scanned: bool = False  # the findings are those of a complete `shield scan`
    commit: str = ""  # the commit of the app, with a + for uncommitted changes
    repository: str = ""  # the host and path of the git remote; empty without one
    role: str = ""  # the app's role in shield.toml
    diffs: tuple[FileDiff, ...] = ()
    is_applied: bool = False  # the diffs show all applies, not the plan
    steps_to_undo: int = 0
    has_manifest: bool = True  # without shield.toml, `secrets` are those of a draft
    secrets: tuple[SecretStatus, ...] = ()
    locations: tuple[SecretLocations, ...] = ()
    checks: tuple[Check, ...] = ()
    readers: tuple[str, ...] = ()
    audit: Audit | None = None
    alarms: tuple[Alarm, ...] | None = None  # None: not checked
    cost: tuple[tuple[str, str], ...] = ()  # item, monthly amount
    cost_note: str = ""
    environment: str = ""  # of shield.toml; empty: the default one
    previous: Figures | None = None  # of the report that this one replaces

    @property
    def has_aws_state(self) -> bool:
        """Whether the state in AWS of at least one secret is known."""
        return bool(self.account) and any(secret.where != "unknown" for secret in self.secrets)

    @property
    def in_aws(self) -> int:
        """The number of secrets in AWS."""
        return sum(secret.where == "AWS" for secret in self.secrets)

    @property
    def required(self) -> int:
        """The number of secrets that should be in AWS: all except optional ones that are not."""
        return sum(secret.where != "optional" for secret in self.secrets)

    @property
    def overdue(self) -> tuple[SecretStatus, ...]:
        """The secrets with a due rotation that has not started."""
        return self._in_phase(RotationPhase.DUE)

    @property
    def pending(self) -> tuple[SecretStatus, ...]:
        """The secrets with an unfinished rotation."""
        return self._in_phase(RotationPhase.PENDING)

    def _in_phase(self, phase: RotationPhase) -> tuple[SecretStatus, ...]:
        return tuple(
            secret for secret in self.secrets if secret.rotation and secret.rotation.phase is phase
        )

    @property
    def alarms_in_aws(self) -> int:
        """The number of alarms in AWS."""
        return sum(alarm.is_in_aws for alarm in self.alarms or ())

    @property
    def made_checks(self) -> tuple[Check, ...]:
        """The checks, without those of optional secrets that are not in AWS."""
        return tuple(check for check in self.checks if check.status is not Status.ABSENT)

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        """The failed checks; none without shield.toml."""
        if not self.has_manifest:
            return ()
        return tuple(check for check in self.checks if check.status is Status.FAILED)

    def stable_uuid(self, *parts: str) -> str:
        """Return a UUID that is the same in each report on this app in this account.

        It depends on the repository, so that a different repository whose app has the same name
        cannot replace these findings, for example in Security Hub.

        Args:
            parts: What the UUID identifies, for example the id of a control.
        """
        names = [self.account, self.app, self.repository, self.role, *parts]
        return str(uuid.uuid5(_NAMESPACE, json.dumps(names)))

    def find_checks(self, ids: Iterable[str]) -> list[Check]:
        """Return the checks with these ids that had something to check, in the order of the ids."""
        found: list[Check] = []
        for check_id in ids:
            found += [check for check in self.made_checks if check.id == check_id]
        return found

    def count_findings(self, severity: Severity) -> int:
        """Return the number of findings with a severity."""
        return sum(masked.finding.severity is severity for masked in self.findings)

    def _findings_text(self) -> str:
        low = self.count_findings(Severity.LOW)
        others = len(self.findings) - low
        if not low:
            return count(others, "finding") if others else "No findings"
        if not others:
            return f"{count(low, 'finding')} of low severity"
        return f"{count(others, 'finding')} and {low} of low severity"

    @property
    def headline(self) -> str:
        """A one-sentence summary."""
        parts = [self._findings_text()]
        if self.secrets and not self.has_manifest:
            parts.append(f"{count(len(self.secrets), 'secret')} to move")
        elif self.secrets and self.has_aws_state:
            required = count(self.required, "secret")
            parts.append(f"{self.in_aws} of {required} in AWS Secrets Manager")
        elif self.secrets:
            parts.append(f"{count(self.required, 'secret')} in shield.toml (AWS not checked)")
        if self.overdue:
            parts.append(f"{count(len(self.overdue), 'rotation')} overdue")
        if self.pending:
            parts.append(f"{count(len(self.pending), 'rotation')} pending")
        if self.failed_checks:
            parts.append(f"{count(len(self.failed_checks), 'check')} failed")
        return ", ".join(parts) + "."


def mask_findings(findings: Sequence[Finding], read: FileReader) -> tuple[MaskedFinding, ...]:
    """Attach the masked source line to each finding, and sort the findings by severity.

    Args:
        findings: The findings, in any order.
        read: Returns the content of a file of the app.
    """
    names: dict[str, set[str]] = {}
    for finding in findings:
        keep = names.setdefault(finding.path, set())
        if finding.env:
            keep.add(finding.env)
        if finding.name:
            keep.add(finding.name.rpartition(".")[2])
    lines = {path: mask(path, read(path) or b"", keep).splitlines() for path, keep in names.items()}

    def order(finding: Finding) -> tuple[int, str, int, int]:
        return -finding.severity.rank, finding.path, finding.line, finding.column

    return tuple(
        MaskedFinding(finding=finding, line=_source_line(finding, lines[finding.path]))
        for finding in sorted(findings, key=order)
    )


def _source_line(finding: Finding, lines: list[bytes]) -> str:
    if not finding.name or finding.line > len(lines):
        return ""
    return show(lines[finding.line - 1]).strip()


def applied_diff(path: str, before: bytes | None, after: bytes, keep: Collection[str]) -> FileDiff:
    """Return the change of a file: a diff of Python, and line counts of other files.

    Other files are masked almost completely, so a diff of them would not be readable.

    Args:
        path: The relative path; its name decides how values are recognized.
        before: The previous content, or None for a new file.
        after: The new content.
        keep: Names that are not values.
    """
    if before is None:
        return FileDiff(path=path, lines=(f"new, {count(len(after.splitlines()), 'line')}",))
    old = [show(line) for line in mask(path, before, keep).splitlines()]
    new = [show(line) for line in mask(path, after, keep).splitlines()]
    lines = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
    if not lines:
        lines = ["differs only in a value or in line endings"]
    elif not path.endswith(".py"):
        added = sum(line.startswith("+") for line in lines)
        removed = sum(line.startswith("-") for line in lines)
        lines = [f"{count(added, 'line')} added, {removed} removed"]
    return FileDiff(path=path, lines=tuple(lines))
