"""`shield scan`: find an app's secrets."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from shield_ai.cli.console import echo, has_color, shows_progress, write_output
from shield_ai.cli.options import grouped_options
from shield_ai.cli.progress import CountLine
from shield_ai.model.errors import DONE, FINDINGS, ShieldError
from shield_ai.model.finding import Severity
from shield_ai.reports.plurals import count
from shield_ai.scan import baseline as baselines
from shield_ai.scan.merge import ScanResult
from shield_ai.scan.runner import is_folder, scan_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.edit import FileChange

# Not readable=True: an unreadable path is reported, and the others are scanned.
PATH = click.Path(path_type=Path, readable=False, allow_dash=True)
FILE = click.Path(path_type=Path)
LEVELS = [str(level) for level in Severity]


class ScanOptions(msgspec.Struct, frozen=True):
    """The options of shield scan."""

    output_format: Literal["text", "json", "sarif"]
    output: Path | None
    repos: Path | None
    engine: Literal["local", "ray"]
    staged: bool
    whole_files: bool
    history: bool
    baseline: Path | None
    write_baseline: Path | None
    show_all: bool
    fail_on: str
    jobs: int | None


@click.command()
@click.argument("paths", nargs=-1, type=PATH, metavar="[PATH|-]...")
@grouped_options(
    "options",
    ScanOptions,
    click.option(
        "--format",
        "output_format",
        type=click.Choice(["text", "json", "sarif"]),
        default="text",
        show_default=True,
        help="Output format.",
    ),
    click.option(
        "-o", "--output", type=FILE, help="Write to this file; to this folder with --repos."
    ),
    click.option(
        "--repos", type=FILE, help="Scan the repositories listed in this file, one per line."
    ),
    click.option(
        "--engine",
        type=click.Choice(["local", "ray"]),
        default="local",
        show_default=True,
        help="Where --repos runs the scans.",
    ),
    click.option("--staged", is_flag=True, help="Scan the lines staged in the git index."),
    click.option(
        "--whole-files", is_flag=True, help="With --staged, include lines that are not changed."
    ),
    click.option("--history", is_flag=True, help="Scan every version of every file in git."),
    click.option("--baseline", type=FILE, help="Ignore the findings recorded in this file."),
    click.option(
        "--write-baseline", type=FILE, help="Record the current findings in this baseline file."
    ),
    click.option(
        "--all",
        "show_all",
        is_flag=True,
        help="Include likely placeholders, and list each finding in tests and examples.",
    ),
    click.option(
        "--fail-on",
        type=click.Choice(LEVELS),
        default=LEVELS[0],
        show_default=True,
        help="Lowest severity that exits with 1.",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(1),
        default=None,
        help="Number of processes for a large tree; one per CPU by default.",
    ),
)
def scan(paths: tuple[Path, ...], options: ScanOptions) -> int:
    """Find an app's secrets.

    Scans code, .env files, configuration files and environment reads. Exits with 1 if there are
    findings or a file could not be scanned, except with --format sarif. Findings in .env files that
    git ignores do not count.
    """
    if options.repos:
        from shield_ai.cli.commands.fleet import scan_fleet

        folder = options.output or Path("shield-fleet")
        return scan_fleet(
            options.repos, folder, output_format=options.output_format, engine=options.engine
        )
    _reject_conflicts(options)
    _tune_garbage_collector()
    result = _run(paths or (Path(),), options)
    if options.write_baseline:
        number = baselines.write_baseline(options.write_baseline, result.findings)
        written = f"{count(number, 'finding')} written to {options.write_baseline}"
        echo(written + _not_scanned(result), err=True)
        return DONE
    if options.baseline:
        baseline = baselines.read_baseline(options.baseline)
        findings = baselines.remove_known(result.findings, baseline)
        result = result._replace(findings=findings)
    text = _format_result(result, paths, options)
    if options.output:
        write_output(options.output, text)
        found = f"{count(len(result.findings), 'finding')} in {options.output}"
        echo(found + _not_scanned(result), err=True)
    else:
        echo(text, nl=False)
    if options.output_format == "sarif":
        return DONE
    return FINDINGS if _has_failed(result, options.fail_on) else DONE


def _reject_conflicts(options: ScanOptions) -> None:
    if options.history and options.staged:
        raise ShieldError("--history can't be combined with --staged", "use only one of them")
    if options.whole_files and not options.staged:
        raise ShieldError("--whole-files works only with --staged", "add --staged, or omit it")
    if options.baseline and options.write_baseline:
        raise ShieldError(
            "--baseline can't be combined with --write-baseline",
            "use --write-baseline alone to replace the baseline file",
        )


def _tune_garbage_collector() -> None:
    """Run the collector less often: it takes 10% of the time, but syntax trees have no cycles."""
    gc.freeze()
    gc.set_threshold(50_000, 20)


def _run(paths: Sequence[Path], options: ScanOptions) -> ScanResult:
    if options.history:
        return _scan_history(paths, include_low_confidence=options.show_all)
    return scan_paths(
        paths,
        include_low_confidence=options.show_all,
        staged=options.staged,
        whole_files=options.whole_files,
        jobs=options.jobs or os.cpu_count() or 1,
        progress=CountLine("files"),
    )


def _scan_history(paths: Sequence[Path], *, include_low_confidence: bool) -> ScanResult:
    from shield_ai.scan.git_history import scan_history

    if len(paths) != 1 or not is_folder(paths[0]):
        raise ShieldError(
            "--history takes one folder", "give one folder, or none to scan the current folder"
        )
    progress = CountLine("commits") if shows_progress() else None
    found = scan_history(paths[0], include_low_confidence=include_low_confidence, progress=progress)
    return ScanResult(found.findings, found.skipped, 0, lambda _: None, found.patterns)


def _unscanned(result: ScanResult) -> set[str]:
    """Return the files that could not be scanned completely, except archives."""
    return {skip.path for skip in result.skipped if skip.name != "archive"}


def _not_scanned(result: ScanResult) -> str:
    paths = _unscanned(result)
    return f"; {count(len(paths), 'file')} not scanned completely" if paths else ""


def _has_failed(result: ScanResult, fail_on: str) -> bool:
    """Check for findings at or above a severity, and for files that could not be scanned.

    The values for development in a .env file that git ignores are not a failure.
    """
    if _unscanned(result):
        return True
    threshold = LEVELS.index(fail_on)
    return any(
        LEVELS.index(finding.severity) >= threshold
        for finding in result.findings
        if finding.path not in result.ignored
    )


def _format_result(result: ScanResult, paths: tuple[Path, ...], options: ScanOptions) -> str:
    if options.output_format == "json":
        from shield_ai.reports.json import scan_json

        return scan_json(result.findings, result.skipped)
    if options.output_format == "sarif":
        return _sarif(result, paths)
    from shield_ai.reports.text import scan_text

    return scan_text(
        result.findings,
        result.read,
        result.skipped,
        notes=_notes(result),
        each=options.show_all,
        color=options.output is None and has_color(sys.stdout),
    )


def _notes(result: ScanResult) -> list[str]:
    """Return the parts of the summary about findings that are not listed or do not count."""
    ignored = sum(finding.path in result.ignored for finding in result.findings)
    numbers = {
        "{} more with --all": result.hidden,
        "{} suppressed by comments": result.suppressed,
        "{} more in unchanged lines with --whole-files": result.unchanged,
        "{} not counted: in .env files that git ignores": ignored,
    }
    return [text.format(number) for text, number in numbers.items() if number]


def _sarif(result: ScanResult, paths: tuple[Path, ...]) -> str:
    """Format as SARIF with paths relative to the current folder, usually the repository's root.

    Code-scanning services resolve paths from there.
    """
    from shield_ai.reports.sarif import sarif

    prefix = _path_prefix(paths)
    findings = [
        msgspec.structs.replace(finding, path=prefix + finding.path) for finding in result.findings
    ]
    changes = [
        msgspec.structs.replace(change, path=prefix + change.path)
        for change in _planned_edits(paths)
    ]
    skipped = [msgspec.structs.replace(skip, path=prefix + skip.path) for skip in result.skipped]
    return sarif(findings, changes, result.patterns, skipped)


def _path_prefix(paths: tuple[Path, ...]) -> str:
    """Return the path from the current folder to the scanned folder, with a final slash."""
    if len(paths) != 1 or not is_folder(paths[0]):
        return ""
    relative = os.path.relpath(paths[0].resolve(), Path.cwd().resolve()).replace(os.sep, "/")
    if relative == "." or relative.startswith(".."):
        return ""
    return f"{relative}/"


def _planned_edits(paths: tuple[Path, ...]) -> Sequence[FileChange]:
    """Plan the code edits of a folder, for the fixes of a SARIF report."""
    root = paths[0] if paths else Path()
    if len(paths) > 1 or not is_folder(root):
        return ()
    from shield_ai.flow.app_session import AppSession

    return AppSession(root).planned_edits()
