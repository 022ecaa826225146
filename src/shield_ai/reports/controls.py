"""What security frameworks ask for, and what this run shows of it. It claims no compliance: an auditor judges that.

The numbers are those of SOC 2 (Trust Services Criteria 2017), PCI DSS 4.0.1, NIST SP 800-53 revision 5, HIPAA (45 CFR
164), ISO/IEC 27001:2022 annex A and the GDPR.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.cloudtrail.audit import AccessType
from shield_ai.flow.verify.check import Status
from shield_ai.reports.report_data import Control, count

if TYPE_CHECKING:
    from collections.abc import Callable

    from shield_ai.reports.report_data import Evidence, ReportData

    Answer = tuple[Evidence, str]

FRAMEWORKS = ("SOC 2", "PCI DSS", "NIST 800-53", "HIPAA", "ISO 27001", "GDPR")
# Rules about how a secret is read; all others are about values that lie somewhere.
READS = frozenset({"environ-read", "presence", "no-runtime"})
# What verify names its checks of who may read.
ROLE = "the app's role may"
LEAST = ("IAM policy", ROLE, "is open to other accounts")
SHOWN = 5  # names in a row; more are counted


def controls(report_data: ReportData) -> tuple[Control, ...]:
    """Work out each row."""
    rows = []
    for statement, answer, numbers in _ROWS:
        state, evidence = answer(report_data)
        references = tuple(zip(FRAMEWORKS, numbers, strict=True))
        rows.append(
            Control(statement=statement, state=state, evidence=evidence, references=references)
        )
    return tuple(rows)


def _in_code(report_data: ReportData) -> Answer:
    lying = [
        s.finding for s in report_data.findings if s.finding.rule.partition(".")[2] not in READS
    ]
    if lying:
        files = len({finding.path for finding in lying})
        return "against", f"{count(len(lying), 'value')} found in {count(files, 'file')}"
    if report_data.unseen:
        return "none", f"{count(len(report_data.unseen), 'file')} could not be looked at"
    return "for", "the scan found no value in code or configuration"


def _encrypted(report_data: ReportData) -> Answer:
    if not report_data.account:
        return "none", "AWS was not looked at"
    if not report_data.places:
        return "none", "no secret is named in shield.toml"
    if unknown := sum(place.where == "unknown" for place in report_data.places):
        return "none", f"{count(unknown, 'secret')} could not be looked at"
    lacking = report_data.wanted - report_data.in_aws
    keys = sorted({place.kms_key for place in report_data.places if place.where == "AWS"})
    text = f"{report_data.in_aws} of {report_data.wanted} secrets are in Secrets Manager"
    return "against" if lacking else "for", text + (
        f", encrypted with {', '.join(keys)}" if keys else ""
    )


def _least(report_data: ReportData) -> Answer:
    found = [check for check in report_data.checks if any(part in check.name for part in LEAST)]
    strangers = (
        sorted({a.who for a in report_data.audit.alerts if a.kind == "outside"})
        if report_data.audit
        else []
    )
    if strangers:
        return "against", f"read by {_some(strangers)}"
    if bad := [check for check in found if check.status is Status.FAILED]:
        return "against", bad[0].detail
    good = [check.name for check in found if check.status is Status.OK]
    if not good:
        return "none", "neither a policy nor the role was looked at"
    tried = any(name.startswith(ROLE) for name in good)
    return "for", "; ".join(good) + ("" if tried else "; what the role really may was not tried")


def _some(names: list[str]) -> str:
    more = len(names) - SHOWN
    return ", ".join([*names[:SHOWN], *([f"and {more} more"] if more > 0 else [])])


def _recorded(report_data: ReportData) -> Answer:
    if report_data.audit is None or not report_data.audit.events:
        return "none", "no trail was looked at, or it holds no event of these secrets"
    reads = sum(access.deeds.get(AccessType.READ, 0) for access in report_data.audit.accesses)
    people = len({access.who for access in report_data.audit.accesses})
    figures = ", ".join(
        (count(report_data.audit.events, "event"), count(reads, "read"), count(people, "principal"))
    )
    return "for", f"CloudTrail names who did what: {figures}"


def rotated(report_data: ReportData) -> Answer:
    """Say whether every secret is changed on a schedule."""
    known = [place for place in report_data.places if place.status and place.where == "AWS"]
    if not known:
        return "none", "no rotation was looked at"
    if report_data.overdue:
        return "against", f"overdue: {_some([place.name for place in report_data.overdue])}"
    without = [p.name for p in known if p.status and p.status.state == "no schedule"]
    if without:
        return "against", f"{count(len(without), 'secret')} without a schedule: {_some(without)}"
    return "for", f"{len(known)} of {len(known)} secrets are inside their schedule"


def _undoable(report_data: ReportData) -> Answer:
    if not report_data.undoable:
        return "none", "no apply on record"
    return (
        "for",
        f"the journal holds {count(report_data.undoable, 'step')} that shield rollback undoes",
    )


def _noticed(report_data: ReportData) -> Answer:
    eyes = len(report_data.audit.alerts) if report_data.audit else 0
    if not report_data.alarms:
        seen = f"; the audit shows {count(eyes, 'thing')} to look at" if eyes else ""
        return "none", f"no alarm is known to this run{seen}"
    text = f"{report_data.armed} of {count(len(report_data.alarms), 'alarm')} in AWS"
    return ("for" if report_data.armed == len(report_data.alarms) else "against"), text


_ROWS: tuple[tuple[str, Callable[[ReportData], Answer], tuple[str, ...]], ...] = (
    (
        "No secret stands in code or configuration files",
        _in_code,
        ("CC6.1", "8.6.2", "IA-5(7)", "164.308(a)(5)(ii)(D)", "A.5.17, A.8.28", "Art. 32(1)(b)"),
    ),
    (
        "Secrets are stored encrypted",
        _encrypted,
        ("CC6.1", "8.3.2", "SC-28, SC-12", "164.312(a)(2)(iv)", "A.8.24", "Art. 32(1)(a)"),
    ),
    (
        "Only those who need a secret may read it",
        _least,
        ("CC6.3", "7.2.5", "AC-6", "164.312(a)(1)", "A.8.3, A.5.15", "Art. 32(1)(b)"),
    ),
    (
        "Each access is recorded",
        _recorded,
        ("CC7.2", "10.2.1", "AU-2, AU-12", "164.312(b)", "A.8.15", "Art. 32(1)(d)"),
    ),
    (
        "Secrets are changed on schedule",
        rotated,
        ("CC6.1", "8.6.3", "IA-5", "164.308(a)(5)(ii)(D)", "A.5.17", "Art. 32(1)(b)"),
    ),
    (
        "Changes are on record and can be undone",
        _undoable,
        ("CC8.1", "6.5.1", "CM-3", "164.308(a)(8)", "A.8.32", "Art. 32(1)(c)"),
    ),
    (
        "Somebody is told of what is unusual",
        _noticed,
        ("CC7.3", "10.4.1", "SI-4", "164.308(a)(1)(ii)(D)", "A.8.16", "Art. 32(1)(d)"),
    ),
)
