"""`shield scan`: find an app's secrets."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from shield_ai.cli.console import echo, has_color, note, write_output
from shield_ai.cli.options import grouped_options
from shield_ai.cli.progress import can_show_progress, count_line
from shield_ai.cli.scan_output import (
    FORMATS,
    GITHUB,
    JSON,
    SARIF,
    TEXT,
    Outputs,
    Scan,
    format_scan,
    parse_output_options,
)
from shield_ai.model.errors import BUG, DONE, FINDINGS, ShieldError
from shield_ai.model.finding import Severity
from shield_ai.model.output_options import OUTPUT
from shield_ai.model.plurals import count
from shield_ai.model.skip import SkipId
from shield_ai.scan import baseline as baselines
from shield_ai.scan.merge import ScanResult
from shield_ai.scan.runner import is_folder, scan_paths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.finding import Finding

# Not readable=True: an unreadable path is reported, and the others are scanned.
PATH = click.Path(path_type=Path, readable=False, allow_dash=True)
FILE = click.Path(path_type=Path)
LEVELS = [str(level) for level in Severity]
NEVER = "never"


class ScanOptions(msgspec.Struct, frozen=True):
    """The options of shield scan."""

    output_format: str
    output: tuple[str, ...]
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
        type=click.Choice(FORMATS),
        default=TEXT,
        show_default=True,
        help="Output format.",
    ),
    click.option(
        "-o",
        "--output",
        type=click.Path(),  # splits an environment variable at ":", not at spaces
        multiple=True,
        metavar="[FORMAT=]FILE",
        help="Write to this file; to this folder with --repos. With FORMAT=, write the file in "
        "addition to standard output; can be repeated.",
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
        type=click.Choice([*LEVELS, NEVER]),
        default=LEVELS[0],
        show_default=True,
        help="Lowest severity that exits with 1; with never, it exits with 0 even if a file "
        "could not be scanned.",
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
    outputs = parse_output_options(options.output, options.output_format)
    if options.repos:
        _reject_conflicts_with_repos(paths, options, outputs)
        return _scan_repositories(options.repos, outputs, options)
    _reject_conflicts(options)
    _tune_garbage_collector()
    result = _run(paths or (Path(),), options)
    if options.write_baseline:
        number = baselines.write_baseline(options.write_baseline, result.findings)
        written = f"{count(number, 'finding')} written to {options.write_baseline}"
        echo(written + _unscanned_text(result), err=True)
        return DONE
    if options.baseline:
        baseline = baselines.read_baseline(options.baseline)
        findings = baselines.remove_known(result.findings, baseline)
        result = result._replace(findings=findings)
    _write(result, paths, options, outputs)
    if options.output_format == SARIF:
        return DONE
    if options.fail_on == NEVER:
        return DONE
    if any(skip.id is SkipId.SCANNER_BUG for skip in result.skipped):
        return BUG
    return FINDINGS if _has_failed(result, options.fail_on) else DONE


def _scan_repositories(repos: Path, outputs: Outputs, options: ScanOptions) -> int:
    from shield_ai.cli.fleet_scan import scan_fleet

    folder = next(iter(outputs.files), Path("shield-fleet"))
    as_json = options.output_format == JSON
    outcomes = scan_fleet(repos, folder, as_json=as_json, engine=options.engine)
    if options.fail_on == NEVER:
        return DONE
    failing = LEVELS[LEVELS.index(options.fail_on) :]
    for outcome in outcomes:
        if outcome.error or outcome.unseen or not outcome.found.keys().isdisjoint(failing):
            return FINDINGS
    return DONE


def _reject_conflicts_with_repos(
    paths: tuple[Path, ...], options: ScanOptions, outputs: Outputs
) -> None:
    if outputs.files and outputs.printed:
        raise ShieldError(
            "--output FORMAT=FILE can't be combined with --repos",
            "use --output FOLDER, which gets the findings of each repository as JSON",
        )
    if options.output_format not in {TEXT, JSON}:
        raise ShieldError(
            f"--format {options.output_format} can't be combined with --repos",
            f"use --format {TEXT} or --format {JSON}",
        )
    if paths:
        raise ShieldError(
            f"the path {paths[0]} can't be combined with --repos",
            f"add it to {options.repos}, or omit it",
        )
    conflicts = {
        "--staged": options.staged,
        "--whole-files": options.whole_files,
        "--history": options.history,
        "--baseline": options.baseline,
        "--write-baseline": options.write_baseline,
    }
    for option, value in conflicts.items():
        if value:
            raise ShieldError(
                f"{option} can't be combined with --repos",
                "use it in each repository, without --repos",
            )


def _write(
    result: ScanResult, paths: tuple[Path, ...], options: ScanOptions, outputs: Outputs
) -> None:
    """Write the files, then standard output, so that a file is complete if the output is cut."""
    fails = [_is_failure(finding, result, options.fail_on) for finding in result.findings]
    scan = Scan(result, paths, options.show_all, fails)
    for path, output_format in outputs.files.items():
        text = format_scan(scan, output_format)
        write_output(path, text, commands=output_format == GITHUB)
    if outputs.printed:
        text = format_scan(
            scan, outputs.printed, color=has_color(sys.stdout), add_summary=not OUTPUT.quiet
        )
        echo(text, nl=False, commands=outputs.printed == GITHUB)
    for path in outputs.files:
        found = f"{count(len(result.findings), 'finding')} in {path}"
        found += _unscanned_text(result)
        if _unscanned_paths(result):
            echo(found, err=True)
        else:
            note(found)


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
        progress=count_line("files"),
    )


def _scan_history(paths: Sequence[Path], *, include_low_confidence: bool) -> ScanResult:
    from shield_ai.scan.git_history import scan_history

    if len(paths) != 1 or not is_folder(paths[0]):
        raise ShieldError(
            "--history takes one folder", "give one folder, or none to scan the current folder"
        )
    progress = count_line("commits") if can_show_progress() else None
    found = scan_history(paths[0], include_low_confidence=include_low_confidence, progress=progress)
    return ScanResult(
        findings=found.findings,
        skipped=found.skipped,
        hidden=0,
        read=lambda _path: None,  # the findings are in old versions of the files
        patterns=found.patterns,
    )


def _unscanned_paths(result: ScanResult) -> set[str]:
    """Return the files that could not be scanned completely, except archives."""
    return {skip.path for skip in result.skipped if skip.name != "archive"}


def _unscanned_text(result: ScanResult) -> str:
    text = ""
    if paths := _unscanned_paths(result):
        text = f"; {count(len(paths), 'file')} not scanned completely"
    if archives := {skip.path for skip in result.skipped} - paths:
        text += f"; {count(len(archives), 'archive')} not scanned"
    return text


def _has_failed(result: ScanResult, fail_on: str) -> bool:
    """Return whether a finding fails the scan, or a file could not be scanned."""
    return bool(_unscanned_paths(result)) or any(
        _is_failure(finding, result, fail_on) for finding in result.findings
    )


def _is_failure(finding: Finding, result: ScanResult, fail_on: str) -> bool:
    """Return whether a finding fails the scan: its severity is at least `fail_on`.

    Findings in .env files that git ignores never fail it: their values are for development. Nor do
    reads of variables that shield.toml ignores.
    """
    is_ignored = finding.reason is not None and finding.reason.id is SkipId.IGNORED
    if fail_on == NEVER or is_ignored or finding.path in result.ignored:
        return False
    return LEVELS.index(finding.severity) >= LEVELS.index(fail_on)
