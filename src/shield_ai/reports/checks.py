"""Format the checks of verify. None of them contains secret values."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.flow.verify.check import Status
from shield_ai.model.plurals import count
from shield_ai.model.printable import printable
from shield_ai.reports.terminal.color import paint
from shield_ai.reports.terminal.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.flow.verify.check import Check

_CHECK_COLORS = {
    Status.OK: "green",
    Status.FAILED: "red",
    Status.UNKNOWN: "yellow",
    Status.ABSENT: "dim",
}


def checks_text(checks: Sequence[Check], *, color: bool = False, width: int = 0) -> str:
    """Format checks, with the reason and a hint if they did not pass.

    Args:
        checks: The checks.
        color: Whether to color the text.
        width: Columns to wrap reasons and hints at; 0: don't wrap, so that each is one line.
    """
    lines: list[str] = []
    for check in checks:
        status = paint(f"{check.status:<8}", _CHECK_COLORS[check.status], color=color)
        lines.append(f"  {status} {printable(check.name)}")
        if check.detail:
            lines += _wrap_detail(check.detail, width)
        if check.hint:
            first, *others = _wrap_detail(f"hint: {check.hint}", width)
            hint = paint("hint:", "cyan", color=color)
            lines += [first.replace("hint:", hint, 1), *others]
    numbers = Counter(check.status for check in checks)
    made = len(checks) - numbers[Status.ABSENT]
    summary = f"{numbers[Status.OK]} of {count(made, 'check')} passed"
    lines += ["", paint(summary, "bold", color=color)]
    return "\n".join(lines) + "\n"


def _wrap_detail(text: str, width: int) -> list[str]:
    indent = " " * 11
    if not width:
        return [f"{indent}{printable(text)}"]
    return wrap(printable(text), indent, width=width)
