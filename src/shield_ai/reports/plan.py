"""A plan, its receipts and its checks in words, 80 columns wide; values can't appear: there is none in any of them."""

from __future__ import annotations

import itertools
import textwrap
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.flow.verify.check import Status
from shield_ai.model.plan import Action
from shield_ai.reports.settings import settings_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.flow.verify.check import Check
    from shield_ai.model.edit import FileChange, Skipped
    from shield_ai.model.plan import Change, Plan, Receipt

_COLUMN = 46
_WIDTH = 80
_MARKS = {
    Action.CREATE: "+",
    Action.RESTORE: "+",
    Action.UPDATE: "~",
    Action.REMOVE: "-",
    Action.KEEP: "=",
    Action.DRIFT: "!",
}
_LEFT = {Action.KEEP, Action.DRIFT}


def plan_text(plan: Plan) -> str:
    """Say what a plan would do, without its diffs."""
    lines: list[str] = []
    if plan.files:
        lines += ["code", *(_file(file) for file in plan.files), ""]
    if plan.dotenv:
        lines += [
            "out of the code, into .env",
            *(f"  - {origin.field}" for origin in plan.dotenv),
            "",
        ]
    if plan.changes:
        lines += [
            f"AWS account {plan.account}, {plan.region}",
            *(line for change in plan.changes for line in _change(change)),
            "",
        ]
    if plan.placeholders:
        lines += [
            "a placeholder instead of a value",
            *(f"  ! {name}" for name in plan.placeholders),
            "",
        ]
    if plan.missing:
        lines += ["no value in any source", *(f"  ! {name}" for name in plan.missing), ""]
    if plan.skipped:
        lines += ["left as it is"]
        for skip in plan.skipped:
            where = f"{skip.path}:{skip.line}" if skip.line else skip.path
            lines += [f"  {where}  {skip.name}".rstrip(), *_filled(skip.reason)]
        lines += [""]
    if plan.harmless:
        lines += [
            "no secrets by their names or values (--json has the reason of each)",
            *_harmless(plan.harmless),
            "",
        ]
    return "\n".join([*lines, _sum(plan), ""])


def _harmless(skips: Sequence[Skipped]) -> Iterator[str]:
    for path, group in itertools.groupby(skips, key=lambda skip: skip.path):
        names = ", ".join(f"{skip.name}:{skip.line}" for skip in group)
        yield f"  {path}"
        yield from _filled(names)


def _filled(text: str) -> list[str]:
    indent = " " * 6
    return textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False
    )


def _file(file: FileChange) -> str:
    edits = len(file.edits)
    what = "new" if file.before is None else f"{edits} {'edit' if edits == 1 else 'edits'}"
    return f"  {'+' if file.before is None else '~'} {file.path:<{_COLUMN}} {what}"


def _change(change: Change) -> Iterator[str]:
    sources = sorted({_source(origin.locator) for origin in change.origins})
    what = f"{change.action} from {', '.join(sources)}" if sources else str(change.action)
    if change.action is Action.DRIFT:
        what = "changed by somebody else, left alone"
    if change.action is Action.KEEP and change.value in {"differs", "unknown"}:
        words = {"differs": "has another value", "unknown": "may have another value"}
        what = f"keep; it {words[change.value]}"
    name = change.name if change.resource == "secret" else f"{change.resource} {change.name}"
    yield f"  {_MARKS[change.action]} {shortened(name):<{_COLUMN}} {what}"
    if change.action is not Action.KEEP and (
        change.resource != "secret" or change.before is not None
    ):
        yield from (f"      {line}" for line in settings_lines(change.before, change.settings))


def shortened(name: str) -> str:
    """Leave the middle of a long name out, so that a line keeps its width: the ends tell names apart."""
    half = _COLUMN // 2
    return name if len(name) <= _COLUMN else f"{name[: half - 1]}…{name[-half:]}"


def _source(locator: str) -> str:
    scheme, _, rest = locator.partition(":")
    words = {"env": "the environment", "generate": "a new value", "prompt": "you"}
    return words.get(scheme) or rest.rpartition("#")[0]


def _sum(plan: Plan) -> str:
    edits = sum(len(file.edits) for file in plan.files if file.before is not None)
    new = sum(file.before is None for file in plan.files)
    actions = Counter(
        (change.action, "secrets" if change.resource == "secret" else "resources")
        for change in plan.changes
    )
    parts = (
        [f"{edits} edits in {len(plan.files) - new} files", f"{new} new files"]
        if plan.files
        else []
    )
    parts += [
        f"{number} {noun} to {action}"
        for (action, noun), number in sorted(actions.items())
        if action not in _LEFT
    ]
    parts += [
        f"{number} {noun} changed by somebody else"
        for (a, noun), number in actions.items()
        if a is Action.DRIFT
    ]
    parts += [f"{len(plan.skipped)} left as they are"] if plan.skipped else []
    return "plan: " + (", ".join(parts) or "nothing to do")


def nothing_text(plan: Plan) -> str:
    """Say that there is nothing to do, and not that all is well where something stays."""
    left = len(plan.skipped)
    stays = (
        f"; {left} {'stays as it is' if left == 1 else 'stay as they are'}, shield plan says why"
        if left
        else ""
    )
    return f"nothing to do: everything is as planned{stays}"


def receipts_text(receipts: Sequence[Receipt]) -> str:
    """Sum up what was done."""
    counts = Counter((receipt.step, receipt.detail) for receipt in receipts)
    nouns = {"file": "files", "aws": "secrets", "resource": "resources"}
    return "done: " + ", ".join(
        f"{number} {nouns[step]} {detail}" for (step, detail), number in counts.items()
    )


def proof_text(modules: Sequence[str], unproved: Sequence[str]) -> str:
    """Say which settings were compared before and after, and plainly what was not."""
    if not modules:
        return "not proved: the settings were not loaded"
    good = len(modules) - len(unproved)
    lines = [
        f"proved: {good} of {len(modules)} settings modules have the same values as before, AWS off and on"
    ]
    return "\n".join([*lines, *(f"not proved: {why}" for why in unproved)])


def checks_text(checks: Sequence[Check]) -> str:
    """Give a line to each check, with why and what to do where it is not ok."""
    good = sum(check.status is Status.OK for check in checks)
    return "\n".join(
        [
            *(line for check in checks for line in _check(check)),
            "",
            f"{good} of {len(checks)} ok",
            "",
        ]
    )


def _check(check: Check) -> Iterator[str]:
    yield f"  {check.status:<8} {check.name}"
    if check.detail:
        yield f"           {check.detail}"
    if check.hint:
        yield f"           hint: {check.hint}"
