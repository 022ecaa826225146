"""All that a report tells of an app, gathered before any of it is shown. It holds no value, and no line with one."""

from __future__ import annotations

import difflib
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import msgspec

from shield_ai.aws.cloudtrail.audit import Alert, Audit
from shield_ai.flow.rotate import RotationStatus
from shield_ai.flow.verify.check import Check, Status
from shield_ai.model.edit import Skipped
from shield_ai.model.finding import Finding, Severity
from shield_ai.reports.mask import mask, printable, show

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

READABLE = " can be read"  # how verify names the check of each secret
KINDS = {
    "denied": "a call was denied",
    "outside": "read by a stranger",
    "new": "used by a newcomer",
    "deleted": "scheduled for deletion",
    "rotation": "rotation",
    "policy": "who may use it has changed",
}
Evidence = Literal["for", "against", "none"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where one secret is, and how it is rotated."""

    name: str  # with the prefix, as AWS knows it
    kind: str
    variables: tuple[str, ...]
    where: Literal["AWS", "deleted", "missing", "optional", "unknown"]
    kms_key: str = ""
    status: RotationStatus | None = None


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, and its source line with every value hidden."""

    finding: Finding
    line: str = ""


class Diff(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes, or became, of a file; no byte of it that may be a value."""

    path: str
    lines: tuple[str, ...]

    @property
    def short(self) -> bool:
        """Tell whether one line says it all."""
        return len(self.lines) == 1


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm or a rule that tells somebody."""

    name: str
    text: str
    there: bool


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to do on the way to production."""

    stage: str
    text: str
    state: Literal["done", "open", "unknown"]
    evidence: str = ""


class Control(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that frameworks ask for, and what this run shows of it."""

    statement: str
    state: Evidence
    evidence: str
    references: tuple[tuple[str, str], ...]  # framework, number


class ReportData(msgspec.Struct, frozen=True, kw_only=True):
    """Everything in one report."""

    app: str
    made: datetime
    version: str
    region: str = ""
    account: str = ""  # empty: AWS was not looked at
    no_aws: str = ""  # and why
    findings: tuple[Shown, ...] = ()
    unseen: tuple[Skipped, ...] = ()
    diffs: tuple[Diff, ...] = ()
    applied: bool = False  # the diffs are what apply did; else what it would do
    undoable: int = 0  # steps that rollback can undo
    # there is a shield.toml; else the secrets are those that a draft of it would name
    begun: bool = True
    places: tuple[Place, ...] = ()
    checks: tuple[Check, ...] = ()
    readers: tuple[str, ...] = ()
    audit: Audit | None = None
    alarms: tuple[Watch, ...] = ()
    cost: tuple[tuple[str, str], ...] = ()  # what, how much a month
    cost_note: str = ""

    @property
    def looked(self) -> bool:
        """Whether AWS told of any secret."""
        return bool(self.account) and any(place.where != "unknown" for place in self.places)

    @property
    def in_aws(self) -> int:
        """How many secrets are in AWS."""
        return sum(place.where == "AWS" for place in self.places)

    @property
    def wanted(self) -> int:
        """How many should be: optional ones that were never given a value are no gap."""
        return sum(place.where != "optional" for place in self.places)

    @property
    def overdue(self) -> tuple[Place, ...]:
        """The secrets whose rotation is due, or stuck."""
        return tuple(p for p in self.places if p.status and p.status.state in {"due", "pending"})

    @property
    def armed(self) -> int:
        """How many alarms are in AWS."""
        return sum(alarm.there for alarm in self.alarms)

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed; before anything is begun, there is nothing to check."""
        return tuple(check for check in self.checks if self.begun and check.status is Status.FAILED)

    def of(self, severity: Severity) -> int:
        """How many findings have a severity."""
        return sum(shown.finding.severity is severity for shown in self.findings)

    @property
    def headline(self) -> str:
        """The state in a sentence."""
        parts = [count(len(self.findings), "finding") if self.findings else "No findings"]
        if self.places and not self.begun:
            parts.append(f"{count(len(self.places), 'secret')} to move")
        elif self.places:
            parts.append(
                f"{self.in_aws} of {count(self.wanted, 'secret')} in AWS Secrets Manager"
                if self.looked
                else f"{count(self.wanted, 'secret')} named in shield.toml; AWS was not looked at"
            )
        if self.overdue:
            parts.append(f"{count(len(self.overdue), 'rotation')} overdue")
        if self.failed:
            parts.append(f"{count(len(self.failed), 'check')} failed")
        return ", ".join(parts) + "."


def shown(findings: Sequence[Finding], read: Callable[[str], bytes | None]) -> tuple[Shown, ...]:
    """Put to each finding its line, with every value hidden.

    Args:
        findings: In any order; the worst come first.
        read: Gives the bytes of a file of the app.
    """
    names: dict[str, set[str]] = {}
    for finding in findings:
        names.setdefault(finding.path, set()).update(
            n for n in (finding.env, finding.name.rpartition(".")[2]) if n
        )
    lines = {path: mask(path, read(path) or b"", keep).splitlines() for path, keep in names.items()}
    order = {severity: -number for number, severity in enumerate(Severity)}
    return tuple(
        Shown(finding=finding, line=_line(finding, lines[finding.path]))
        for finding in sorted(findings, key=lambda f: (order[f.severity], f.path, f.line, f.column))
    )


def became(path: str, before: bytes | None, after: bytes, keep: Collection[str]) -> Diff:
    """Show what became of a file: of Python the lines, of anything else, which is hidden nearly whole, how many.

    Args:
        path: Says by its name how values are found.
        before: None: there was none.
        after: What is there.
        keep: Names that are no values.
    """
    if before is None:
        return Diff(path=path, lines=(f"new, {count(len(after.splitlines()), 'line')}",))
    old, new = (
        [show(line) for line in mask(path, raw, keep).splitlines()] for raw in (before, after)
    )
    lines = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
    if not path.endswith(".py"):
        added, removed = (sum(line.startswith(sign) for line in lines) for sign in "+-")
        lines = [f"{count(added, 'line')} added, {removed} removed"]
    return Diff(path=path, lines=tuple(lines) or ("differs in a value or in its line ends",))


def _line(finding: Finding, lines: list[bytes]) -> str:
    return (
        show(lines[finding.line - 1]).strip() if finding.name and finding.line <= len(lines) else ""
    )


def clean(text: object) -> str:
    """Take from a text what moves a cursor or turns the direction of writing; escaping is the template's job."""
    return printable(str(text))


def _alert(alert: Alert) -> str:
    times = f", {alert.count} times" if alert.count > 1 else ""
    return f"{alert.who} {alert.text}{times}, last {alert.last:%Y-%m-%d}"


def _in_words(checks: list[str], detail: str) -> tuple[str, str]:
    """Say what is wrong where several checks of the same kind failed for the same reason."""
    secrets = [name.removesuffix(READABLE) for name in checks if name.endswith(READABLE)]
    if len(secrets) == len(checks):
        return f"{count(len(secrets), 'secret')} can't be read", f"{detail}: {', '.join(secrets)}"
    return f"Not so: {'; '.join(checks)}", detail


def count(number: int, noun: str) -> str:
    """Put a number before a noun."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def attention(report_data: ReportData) -> list[tuple[str, str, str]]:
    """Give what somebody has to see to: what, why, and what to do."""
    if not report_data.begun and report_data.places:
        return [
            (
                "Nothing is moved yet",
                "there is no shield.toml",
                "shield draft writes it, shield plan shows the rest",
            )
        ]
    same: dict[tuple[str, str], list[str]] = {}
    for check in report_data.failed:
        same.setdefault((check.detail, check.hint), []).append(check.name)
    found = [(*_in_words(names, detail), hint) for (detail, hint), names in same.items()]
    found += [
        (
            f"{place.name}: rotation overdue",
            f"last changed {place.status.last:%Y-%m-%d}",
            f"shield rotate {place.status.name}",
        )
        for place in report_data.overdue
        if place.status and place.status.last
    ]
    if report_data.audit:
        found += [
            (f"{alert.secret}: {KINDS[alert.kind]}", _alert(alert), "")
            for alert in report_data.audit.alerts
        ]
        found += [(f"{skip.path}: not read", skip.reason, "") for skip in report_data.audit.unread]
    return found
