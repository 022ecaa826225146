"""The way from a laptop to production, and how far this run shows an app to have come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from shield_ai.flow.verify.check import Status
from shield_ai.reports.controls import rotated
from shield_ai.reports.report_data import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.reports.report_data import Evidence, ReportData

STAGES = ("development", "staging", "production")
BY_HAND = "this run can't tell"

_STATES: dict[Evidence, Literal["done", "open", "unknown"]] = {
    "for": "done",
    "against": "open",
    "none": "unknown",
}


def rollout(report_data: ReportData) -> tuple[Step, ...]:
    """Give each step in its order; what only a person can know says so."""
    return tuple(_steps(report_data))


def _steps(report_data: ReportData) -> Iterator[Step]:
    dev, staging, production = STAGES
    named = len(report_data.places) if report_data.begun else 0
    yield _step(dev, "Name the secrets in shield.toml", done=bool(named), evidence=f"{named} named")
    left = sum(shown.finding.fixable for shown in report_data.findings)
    moved = bool(named) and not left
    yield _step(
        dev,
        "Read each secret with get_secret()",
        done=moved,
        evidence=f"{left} places left" if left else "",
    )
    yield _check(
        report_data, dev, "Keep the vendored runtime as it was written", "vendored runtime"
    )
    yield Step(
        stage=dev,
        text="Start the app and run its tests with USE_AWS_SECRETS off",
        state="unknown",
        evidence=BY_HAND,
    )
    yield _aws(
        report_data,
        staging,
        "Create the secrets",
        report_data.in_aws == report_data.wanted,
        f"{report_data.in_aws} of {report_data.wanted}",
    )
    yield _check(
        report_data,
        staging,
        "Give the app's role the policy for exactly these secrets",
        "IAM policy",
        "the app's role may read its",
    )
    yield _check(report_data, staging, "Read each secret back", "can be read")
    yield Step(
        stage=staging,
        text="Switch USE_AWS_SECRETS on, watch the log for a day",
        state="unknown",
        evidence=BY_HAND,
    )
    state, evidence = rotated(report_data)
    yield Step(stage=production, text="Rotate on schedule", state=_STATES[state], evidence=evidence)
    quiet = report_data.audit is not None and not report_data.audit.alerts
    yield Step(
        stage=production,
        text="See in the audit that only the app reads",
        state="unknown"
        if report_data.audit is None or not report_data.audit.events
        else "done"
        if quiet
        else "open",
        evidence=f"{len(report_data.audit.alerts)} need eyes"
        if report_data.audit and report_data.audit.alerts
        else "",
    )
    armed = bool(report_data.alarms) and report_data.armed == len(report_data.alarms)
    yield _step(
        production,
        "Be told by alarms",
        done=armed,
        evidence=f"{report_data.armed} of {len(report_data.alarms)} in AWS",
    )
    yield Step(
        stage=production,
        text="Take the old variables away from the servers",
        state="unknown",
        evidence=BY_HAND,
    )


def _step(stage: str, text: str, *, done: bool, evidence: str = "") -> Step:
    return Step(stage=stage, text=text, state="done" if done else "open", evidence=evidence)


# the third of five texts
def _aws(report_data: ReportData, stage: str, text: str, done: bool, evidence: str) -> Step:  # noqa: FBT001
    if not report_data.looked:
        return Step(stage=stage, text=text, state="unknown", evidence="AWS was not looked at")
    return _step(stage, text, done=done, evidence=evidence)


def _check(report_data: ReportData, stage: str, text: str, *parts: str) -> Step:
    found = [check for check in report_data.checks if any(part in check.name for part in parts)]
    if not found:
        return Step(stage=stage, text=text, state="unknown", evidence="not looked at")
    worst = next(
        (
            check
            for status in (Status.FAILED, Status.UNKNOWN)
            for check in found
            if check.status is status
        ),
        None,
    )
    if worst and worst.status is Status.UNKNOWN:
        return Step(stage=stage, text=text, state="unknown", evidence=worst.detail)
    return _step(
        stage,
        text,
        done=not worst,
        evidence=worst.detail if worst else f"{len(found)} of {len(found)} ok",
    )
