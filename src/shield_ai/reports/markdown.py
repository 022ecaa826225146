"""A report in short, as a comment on a pull request: GitHub's Markdown, nothing of the app able to become markup."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.reports.report_data import attention, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.reports.report_data import Dossier, Place

MOST = 30  # findings; more are counted
# What Markdown or HTML may take for markup, a mention, a reference, an address, or the end of a table's cell.
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#!|~@&$]|(?<=:)/|^[-+]|(?<=\d)\.|(?<=www)\.)")


def markdown(dossier: Dossier) -> str:
    """Write it."""
    return "\n".join([f"### Secrets of {_text(dossier.app)}", "", dossier.headline, "", *_body(dossier)])


def _body(dossier: Dossier) -> Iterator[str]:
    if wanted := attention(dossier):
        yield "**Needs attention**\n"
        yield from (f"- {_text(what)}" + (f": {_text(why)}" if why else "") for what, why, _ in wanted)
        yield ""
    if dossier.findings:
        yield "| | where | what |\n|---|---|---|"
        for one in dossier.findings[:MOST]:
            found = one.finding
            yield f"| {found.severity} | {_code(f'{found.path}:{found.line}')} | {_text(found.message)} |"
        if len(dossier.findings) > MOST:
            yield f"\nand {len(dossier.findings) - MOST} more findings"
        yield ""
    if dossier.places and dossier.account:
        yield "<details><summary>Secrets</summary>\n"
        yield "| secret | where | last changed |\n|---|---|---|"
        yield from (f"| {_code(place.name)} | {place.where} | {_changed(place)} |" for place in dossier.places)
        yield "\n</details>\n"
    yield f"<sub>Shield AI {_text(dossier.version)}. No value is shown; the HTML report tells more.</sub>\n"


def _changed(place: Place) -> str:
    return f"{place.standing.last:%Y-%m-%d}" if place.standing and place.standing.last else ""


def _text(text: object) -> str:
    """Show a text as it is, on one line."""
    return _MARKUP.sub(r"\\\1", " ".join(clean(text).split())).replace("\\@", "@\u200b")


def _code(text: str) -> str:
    """Show a name as code; a backtick in it needs a longer fence, a bar would end the table's cell."""
    line = " ".join(clean(text).split()).replace("|", "\\|")
    fence = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    return f"{fence} {line} {fence}" if "`" in line else f"`{line}`"
