"""Format findings as text, 80 columns wide, grouped by file, with source lines without values."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from shield_ai.model.finding import Severity
from shield_ai.model.hidden import MASK
from shield_ai.model.plurals import count
from shield_ai.model.printable import printable
from shield_ai.reports.masking.mask import mask, show
from shield_ai.reports.terminal.color import SEVERITY_COLORS, paint
from shield_ai.reports.terminal.wrapping import WIDTH, wrap

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import Skipped

INDENT = " " * 10
SEVERITY_WIDTH = 9
MAX_SAME_REASON = 3  # skipped files that are listed with the same reason
MAX_FILES = 10  # files listed with the number of their low findings


def scan_text(
    findings: Sequence[Finding],
    read: FileReader,
    skipped: Sequence[Skipped] = (),
    *,
    notes: Sequence[str] | None = (),
    list_all: bool = True,
    color: bool = False,
) -> str:
    """Format the findings of a scan.

    Args:
        findings: The findings, ordered by path and line.
        read: Returns the content of a file of the app.
        skipped: The files that could not be scanned.
        notes: Texts for the end of the summary; None: no summary.
        list_all: Whether to list every finding; if not, credentials of low severity, such as those
            in tests, documentation and examples, are counted by file.
        color: Whether to color the text.
    """
    listed: list[Finding] = []
    counted: list[Finding] = []
    for finding in findings:
        if list_all or not _is_countable(finding):
            listed.append(finding)
        else:
            counted.append(finding)
    lines: list[str] = []
    for path, group in groupby(listed, key=lambda finding: finding.path):
        lines += [*_file_lines(path, read(path), list(group), color=color), ""]
    if counted:
        lines += [
            "low severity: weak values, tests, documentation, examples",
            *_file_counts(counted),
            "",
        ]
    if skipped:
        lines.append("not scanned")
        lines += [*_skipped_lines(skipped), ""]
    if notes is not None:
        lines += wrap("; ".join([summary(findings), *notes]))
    return "\n".join(lines) + "\n" if lines else ""


def _file_lines(
    path: str, raw: bytes | None, findings: Sequence[Finding], *, color: bool
) -> Iterator[str]:
    source = _masked_source(path, raw, findings)
    yield paint(printable(path), "bold", color=color)
    for finding in findings:
        yield from _finding_lines(finding, source, color=color)


def _is_countable(finding: Finding) -> bool:
    """Return whether a finding is a low-severity credential and not an unused suppression."""
    if finding.severity is not Severity.LOW or finding.rule == "CRED.idle-ignore":
        return False
    return finding.rule.startswith("CRED.")


def _file_counts(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the number of findings per file, the highest first."""
    numbers = Counter(finding.path for finding in findings).most_common()
    for path, number in numbers[:MAX_FILES]:
        yield _truncate(f"  {number:<7} {printable(path)}")
    others = numbers[MAX_FILES:]
    if others:
        total = sum(number for _, number in others)
        yield f"  {total:<7} in {count(len(others), 'more file')}"


def summary(findings: Sequence[Finding]) -> str:
    """Summarize findings in one line."""
    if not findings:
        return "no findings"
    numbers = Counter(finding.severity for finding in findings)
    severities = ", ".join(
        f"{numbers[severity]} {severity}" for severity in reversed(Severity) if numbers[severity]
    )
    files = count(len({finding.path for finding in findings}), "file")
    text = f"{count(len(findings), 'finding')} in {files}: {severities}"
    fixable = sum(finding.fixable for finding in findings)
    if fixable:
        text += f"; {fixable} fixable with shield apply"
    return text


def _finding_lines(finding: Finding, source: list[str], *, color: bool) -> Iterator[str]:
    message_indent = INDENT + " " * SEVERITY_WIDTH
    first, *rest = wrap(
        f"{printable(finding.message)} [{finding.rule}]", width=WIDTH - len(message_indent)
    )
    location = f"{finding.line}:{finding.column}"
    severity = paint(f"{finding.severity:<8}", SEVERITY_COLORS[finding.severity], color=color)
    yield f"  {location:<7} {severity} {first}"
    for line in rest:
        yield message_indent + line
    if finding.name and finding.line <= len(source):
        source_line = source[finding.line - 1].strip()
        if source_line != MASK:
            yield paint(_truncate(f"{INDENT}| {source_line}"), "dim", color=color)
    if finding.reason:
        yield from wrap(f"not fixable: {printable(finding.reason.text)}", INDENT)


def _truncate(line: str) -> str:
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"


def _skipped_lines(skipped: Sequence[Skipped]) -> Iterator[str]:
    """Yield the skipped files; many with the same reason, such as archives, share a line."""
    places: dict[str, list[str]] = {}  # by reason
    for skip in skipped:
        where = f"{skip.path}:{skip.line}" if skip.line else skip.path
        places.setdefault(skip.reason, []).append(where)
    for reason, names in places.items():
        is_summarized = len(names) > MAX_SAME_REASON
        summarized = [f"{names[0]} and {len(names) - 1} more files"]
        for name in summarized if is_summarized else names:
            yield from wrap(f"{printable(name)}: {printable(reason)}", "  ", "      ")


def _masked_source(path: str, raw: bytes | None, findings: Sequence[Finding]) -> list[str]:
    """Return the lines of a file with values hidden."""
    if raw is None:
        return []
    keep: set[str] = set()
    for finding in findings:
        if finding.env:
            keep.add(finding.env)
        keep.add(finding.name.rpartition(".")[2])
    keep.discard("")
    return [show(line) for line in mask(path, raw, keep).splitlines()]
