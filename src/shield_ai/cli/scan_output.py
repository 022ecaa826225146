"""The formats and output files of `shield scan`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from shield_ai.model.errors import ShieldError
from shield_ai.scan.merge import ScanResult
from shield_ai.scan.runner import is_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.edit import FileChange
    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import Skipped

    Located = TypeVar("Located", Finding, Skipped, FileChange)

TEXT = "text"
JSON = "json"
SARIF = "sarif"
GITHUB = "github"
FORMATS = [TEXT, "concise", JSON, SARIF, GITHUB, "gitlab", "junit", "markdown"]
FORMAT_AND_FILE = re.compile(r"([a-z]+)=(.*)", re.DOTALL)


class Outputs(msgspec.Struct, frozen=True):
    """Where the result of a scan goes."""

    printed: str  # the format of standard output; empty if nothing is printed
    files: dict[Path, str]  # the format of each file


def parse_output_options(values: Sequence[str], output_format: str) -> Outputs:
    """Read the values of --output, which are a FILE or FORMAT=FILE.

    Args:
        values: The values.
        output_format: The value of --format, for standard output or FILE.

    Raises:
        ShieldError: A format is unknown, a file is given twice, or two files have no format.
    """
    files: dict[Path, str] = {}
    printed = output_format
    for value in values:
        match = FORMAT_AND_FILE.fullmatch(value)
        if match and (match[1] not in FORMATS or not match[2]):
            raise ShieldError(
                f"--output {value}: expected FORMAT=FILE",
                f"the formats are {', '.join(FORMATS)}; for a file named {value}, use ./{value}",
            )
        if value in FORMATS:
            raise ShieldError(
                f"--output {value} is a format, not a file",
                f"use --format {value}, or --output {value}=FILE; for a file named {value},"
                f" use ./{value}",
            )
        if not match and not printed:
            raise ShieldError(
                "two values of --output name no format", f"use --output FORMAT={value}"
            )
        path = Path(match[2] if match else value)
        if path in files:
            raise ShieldError(f"--output names {path} twice", "use a file for each format")
        if match:
            files[path] = match[1]
        else:
            files[path] = output_format
            printed = ""
    return Outputs(printed, files)


class Scan(msgspec.Struct, frozen=True):
    """A finished scan."""

    result: ScanResult
    paths: tuple[Path, ...]  # the arguments of the command
    show_all: bool
    fails: list[bool]  # for each finding, whether it fails the command


def format_scan(
    scan: Scan, output_format: str, *, color: bool = False, add_summary: bool = True
) -> str:
    """Format the result of a scan.

    Args:
        scan: The scan.
        output_format: One of FORMATS.
        color: Whether to color text.
        add_summary: Whether text and concise output end with a summary.
    """
    result = scan.result
    if output_format == TEXT:
        from shield_ai.reports.findings.text import scan_text

        return scan_text(
            result.findings,
            result.read,
            result.skipped,
            notes=_notes(result) if add_summary else None,
            list_all=scan.show_all,
            color=color,
        )
    if output_format == JSON:
        from shield_ai.reports.json import scan_json

        return scan_json(result.findings, result.skipped)
    return _format_for_service(scan, output_format, add_summary=add_summary)


def _format_for_service(scan: Scan, output_format: str, *, add_summary: bool) -> str:
    """Format with paths relative to the current folder, which is usually the repository's root.

    Code-scanning services resolve paths from the root.
    """
    prefix = _path_prefix(scan.paths)
    findings = [_prefixed(prefix, finding) for finding in scan.result.findings]
    skipped = [_prefixed(prefix, skip) for skip in scan.result.skipped]
    if output_format == SARIF:
        from shield_ai.reports.findings.sarif import sarif

        changes = [_prefixed(prefix, change) for change in _planned_edits(scan.paths)]
        return sarif(findings, changes, scan.result.patterns, skipped)
    if output_format == "junit":
        from shield_ai.reports.findings.junit import junit

        return junit(zip(findings, scan.fails, strict=True), skipped)
    if output_format == "markdown":
        from shield_ai.reports.app_report.markdown import scan_markdown

        return scan_markdown(findings, skipped)
    if output_format == "concise":
        from shield_ai.reports.findings.concise import concise

        return concise(findings, skipped, add_summary=add_summary)
    if output_format == GITHUB:
        from shield_ai.reports.findings.github import github

        return github(findings, skipped)
    from shield_ai.reports.findings.gitlab import gitlab

    return gitlab(findings, skipped)


def _prefixed(prefix: str, item: Located) -> Located:
    return msgspec.structs.replace(item, path=prefix + item.path)


def _notes(result: ScanResult) -> list[str]:
    """Return the parts of the summary about findings that are not listed or do not count."""
    ignored = len(result.findings) - len(result.counted_findings)
    numbers = {
        "{} in .env files that git ignores, which do not fail the scan": ignored,
        "{} more with --all": result.hidden,
        "{} suppressed by comments": result.suppressed,
        "{} more in unchanged lines with --whole-files": result.unchanged,
    }
    notes = ["there are no files to scan"] if result.is_empty else []
    return notes + [text.format(number) for text, number in numbers.items() if number]


def _path_prefix(paths: tuple[Path, ...]) -> str:
    """Return the path from the current folder to the scanned folder, with a final slash.

    It is empty for the current folder, for a folder outside of it, and for anything but one folder.
    """
    if len(paths) != 1 or not is_folder(paths[0]):
        return ""
    folder, current = paths[0].resolve(), Path.cwd().resolve()
    if folder == current or not folder.is_relative_to(current):
        return ""
    return f"{folder.relative_to(current).as_posix()}/"


def _planned_edits(paths: tuple[Path, ...]) -> Sequence[FileChange]:
    """Plan the code edits of a folder, for the fixes of a SARIF report."""
    root = paths[0] if paths else Path()
    if len(paths) > 1 or not is_folder(root):
        return ()
    from shield_ai.flow.plan.planned_edits import edits_of_folder

    return edits_of_folder(root)
