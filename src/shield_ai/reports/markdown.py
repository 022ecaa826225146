"""A report in short, as a comment on a pull request: GitHub's Markdown, nothing of the app able to become markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.reports.report_data import attention, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.reports.report_data import Place, ReportData

MOST = 30  # findings; more are counted
# What Markdown or HTML may take for markup, a mention, a reference, an address, or the end of a table's cell.
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#!|~@&$]|(?<=:)/|^[-+]|(?<=\d)\.|(?<=www)\.)")


def markdown(report_data: ReportData) -> str:
    """Write it."""
    return "\n".join(
        [
            f"### Secrets of {_text(report_data.app)}",
            "",
            report_data.headline,
            "",
            *_body(report_data),
        ]
    )


def _body(report_data: ReportData) -> Iterator[str]:
    if wanted := attention(report_data):
        yield "**Needs attention**\n"
        yield from (
            f"- {_text(what)}" + (f": {_text(why)}" if why else "") for what, why, _ in wanted
        )
        yield ""
    if report_data.findings:
        yield "| | where | what |\n|---|---|---|"
        for one in report_data.findings[:MOST]:
            found = one.finding
            yield f"| {found.severity} | {_code(f'{found.path}:{found.line}')} | {_text(found.message)} |"
        if len(report_data.findings) > MOST:
            yield f"\nand {len(report_data.findings) - MOST} more findings"
        yield ""
    if report_data.places and report_data.account:
        yield "<details><summary>Secrets</summary>\n"
        yield "| secret | where | last changed |\n|---|---|---|"
        yield from (
            f"| {_code(place.name)} | {place.where} | {_changed(place)} |"
            for place in report_data.places
        )
        yield "\n</details>\n"
    yield f"<sub>Shield AI {_text(report_data.version)}. No value is shown; the HTML report tells more.</sub>\n"


def _changed(place: Place) -> str:
    return f"{place.status.last:%Y-%m-%d}" if place.status and place.status.last else ""


def _text(text: object) -> str:
    """Show a text as it is, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(clean(text).split())).replace("\\@", "@\u200b")


def _code(text: str) -> str:
    """Show a name as code; a backtick in it needs a longer fence, a bar would end the table's cell."""
    line = " ".join(clean(text).split()).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"
