"""Findings in words, grouped by file, 80 columns wide, with the source line and no value."""

from __future__ import annotations

import textwrap
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from shield_ai.model.finding import Severity
from shield_ai.model.hidden import MASK
from shield_ai.reports.colour import SEVERITIES, paint
from shield_ai.reports.mask import mask, printable, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shield_ai.model.edit import Skipped
    from shield_ai.model.finding import Finding

WIDTH = 80
INDENT = " " * 10
FILES = 10  # of which findings that are alike are counted one by one


def scan_text(
    findings: Sequence[Finding],
    read: Callable[[str], bytes | None],
    skipped: Sequence[Skipped] = (),
    *,
    hidden: tuple[int, int] = (0, 0),
    each: bool = True,
    colour: bool = False,
) -> str:
    """Show findings.

    Args:
        findings: In the order of paths and lines.
        read: Gives the bytes of a file of the app, for the source lines.
        skipped: Files that could not be looked at.
        hidden: How many are not among them: those of low confidence, and those that comments accept.
        each: Show each finding, also those of low severity in tests and examples, which are many and alike.
        colour: Whether the terminal has any; see `colour.wanted`.
    """
    lines: list[str] = []
    few = [] if each else [finding for finding in findings if _is_alike(finding)]
    shown = [finding for finding in findings if not few or not _is_alike(finding)]
    for path, group in groupby(shown, key=lambda finding: finding.path):
        own = list(group)
        source = _source(path, read(path), own)
        lines.append(paint(printable(path), "bold", colour=colour))
        for finding in own:
            lines += _finding(finding, source, colour=colour)
        lines.append("")
    if few:
        lines += ["of low severity, in tests, documentation and examples", *_counted(few), ""]
    if skipped:
        lines += ["not looked at", *(line for skip in skipped for line in _skipped(skip)), ""]
    low, accepted = hidden
    more = (f"; {low} more with --all" if low else "") + (
        f"; comments accept {accepted}" if accepted else ""
    )
    return "\n".join([*lines, *textwrap.wrap(summary(findings) + more, WIDTH), ""])


def _is_alike(finding: Finding) -> bool:
    low = finding.severity is Severity.LOW and finding.rule.startswith("CRED.")
    return low and finding.rule != "CRED.idle-ignore"  # about what somebody wrote to us


def _counted(findings: Sequence[Finding]) -> Iterator[str]:
    """Count the findings of each file, the files with most first."""
    counts = Counter(finding.path for finding in findings).most_common()
    for path, count in counts[:FILES]:
        yield _cut(f"  {count:<7} {printable(path)}")
    if len(counts) > FILES:
        yield f"  {sum(count for _, count in counts[FILES:]):<7} in {len(counts) - FILES} more files"


def summary(findings: Sequence[Finding]) -> str:
    """Sum findings up in one line."""
    if not findings:
        return "no findings"
    counts = Counter(finding.severity for finding in findings)
    severities = ", ".join(f"{counts[s]} {s}" for s in reversed(Severity) if counts[s])
    files = len({finding.path for finding in findings})
    fixable = sum(finding.fixable for finding in findings)
    fix = f"; shield apply moves {fixable} of them" if fixable else ""
    return f"{_count(len(findings), 'finding')} in {_count(files, 'file')}: {severities}{fix}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _finding(finding: Finding, source: list[str], *, colour: bool) -> Iterator[str]:
    first, *rest = textwrap.wrap(
        f"{printable(finding.message)} [{finding.rule}]",
        WIDTH - len(INDENT) - 9,
        break_on_hyphens=False,
    )
    severity = paint(f"{finding.severity:<8}", SEVERITIES[finding.severity], colour=colour)
    yield f"  {f'{finding.line}:{finding.column}':<7} {severity} {first}"
    yield from (f"{INDENT}{' ' * 9}{line}" for line in rest)
    if finding.name and finding.line <= len(source) and source[finding.line - 1].strip() != MASK:
        yield paint(_cut(f"{INDENT}| {source[finding.line - 1].strip()}"), "dim", colour=colour)
    if finding.site and finding.site.reason:
        yield from textwrap.wrap(
            f"stays: {printable(finding.site.reason)}",
            WIDTH,
            initial_indent=INDENT,
            subsequent_indent=INDENT,
        )


def _cut(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _skipped(skip: Skipped) -> Iterator[str]:
    where = f"{skip.path}:{skip.line}" if skip.line else skip.path
    yield from textwrap.wrap(
        f"{printable(where)}: {printable(skip.reason)}",
        WIDTH - 2,
        initial_indent="  ",
        subsequent_indent="      ",
    )


def _source(path: str, raw: bytes | None, findings: list[Finding]) -> list[str]:
    """Return the lines of a file with every value hidden."""
    if raw is None:
        return []
    keep = {
        name
        for finding in findings
        for name in (finding.env, finding.name.rpartition(".")[2])
        if name
    }
    return [show(line) for line in mask(path, raw, keep).splitlines()]
