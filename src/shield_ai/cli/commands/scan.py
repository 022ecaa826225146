"""`shield scan` and `shield explain`: what is there, and what it means."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
import msgspec

from shield_ai.cli.console import colour, progress, write
from shield_ai.model.errors import DONE, FINDINGS, ShieldError
from shield_ai.model.finding import Severity
from shield_ai.scan import baseline as accept
from shield_ai.scan.runner import Survey, is_folder, survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.edit import FileChange

# one that can't be read stops no other
PATHS = click.Path(path_type=Path, readable=False, allow_dash=True)
LEVELS = [str(level) for level in Severity]


@click.command()
@click.argument("paths", nargs=-1, type=PATHS, metavar="[PATH|-]...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    show_default=True,
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="write to a file; a folder, with --repos",
)
@click.option(
    "--repos",
    type=click.Path(path_type=Path),
    help="scan each repository that this file lists, one a line",
)
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    help="where --repos does its work",
)
@click.option("--staged", is_flag=True, help="scan what git would commit, as it lies in the index")
@click.option("--history", "past", is_flag=True, help="scan every version that git has, each once")
@click.option(
    "--baseline", type=click.Path(path_type=Path), help="leave out what this file accepts"
)
@click.option(
    "--write-baseline",
    type=click.Path(path_type=Path),
    help="accept all that is found now, in this file",
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="also what is likely a placeholder, and each finding in tests",
)
@click.option(
    "--fail-on",
    type=click.Choice(LEVELS),
    default=LEVELS[0],
    show_default=True,
    help="exit with 1 from here on",
)
@click.option(
    "--jobs",
    type=click.IntRange(1),
    default=None,
    help="processes for a large tree; those of the machine",
)
def scan(  # noqa: PLR0913  # one argument a flag
    paths: tuple[Path, ...],
    form: str,
    output: Path | None,
    repos: Path | None,
    engine: Literal["local", "ray"],
    *,
    staged: bool,
    past: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    everything: bool,
    fail_on: str,
    jobs: int | None,
) -> int:
    """Find the secrets of an app: in code, .env and configuration files, and environment reads.

    Exits with 1 when there is any finding, or a file that could not be looked at; with SARIF, 0.
    """
    if repos:
        # only --repos needs it
        from shield_ai.cli.commands.fleet import scan_fleet

        return scan_fleet(repos, output or Path("shield-fleet"), form=form, engine=engine)
    gc.freeze()  # nothing that is loaded will go
    # syntax trees are many objects without circles: looking for some takes a tenth
    gc.set_threshold(50_000, 20)
    named = paths or (Path(),)
    if past and staged:
        raise ShieldError("--history and --staged look at different things", "give one of them")
    if baseline and write_baseline:
        raise ShieldError(
            "--baseline and --write-baseline exclude each other",
            "write the new one over the old one",
        )
    if past:
        seen = _history(named, everything=everything)
    else:
        seen = survey(
            named,
            everything=everything,
            staged=staged,
            jobs=jobs or os.cpu_count() or 1,
            tell=progress,
        )
    if write_baseline:
        count = accept.write(write_baseline, seen.findings)
        click.echo(f"{count} findings are accepted in {write_baseline}", err=True)
        return DONE
    if baseline:
        left = accept.new(seen.findings, accept.read(baseline))
        seen = seen._replace(findings=left)
    text = _report(
        seen, form, paths, everything=everything, tinted=output is None and colour(sys.stdout)
    )
    if output:
        write(output, text)
        click.echo(f"{len(seen.findings)} findings in {output}", err=True)
    else:
        click.echo(text, nl=False)
    levels = list(Severity)
    failed = [
        f for f in seen.findings if levels.index(f.severity) >= levels.index(Severity(fail_on))
    ]
    missed = [skip for skip in seen.unseen if skip.name != "archive"]
    return FINDINGS if (failed or missed) and form != "sarif" else DONE


@click.command()
@click.argument("rule")
def explain(rule: str) -> int:
    """Say what a rule means and what to do."""
    # only this command reads the texts
    from shield_ai.scan.rules.pattern import explain as text
    from shield_ai.scan.rules.pattern import own  # as above

    click.echo(text(rule, own(Path())))
    return DONE


def _history(paths: Sequence[Path], *, everything: bool) -> Survey:
    from shield_ai.scan.git_history import history  # only --history needs it

    if len(paths) != 1 or not is_folder(paths[0]):
        raise ShieldError(
            "the history is that of one folder", "give a folder, or none for the current one"
        )
    found, unseen, patterns = history(paths[0], everything=everything)
    return Survey(found, unseen, 0, lambda _: None, patterns)


def _report(
    seen: Survey, form: str, paths: tuple[Path, ...], *, everything: bool, tinted: bool
) -> str:
    """Show a scan; each form of report is loaded only when it is asked for."""
    if form == "json":
        from shield_ai.reports.json import scan_json

        return scan_json(seen.findings, seen.unseen)
    if form == "sarif":
        from shield_ai.reports.sarif import sarif

        # services show an alert in the file of that name below the top of the repository
        above = _above(paths)
        findings = [
            msgspec.structs.replace(finding, path=above + finding.path) for finding in seen.findings
        ]
        changes = [
            msgspec.structs.replace(change, path=above + change.path) for change in _edits(paths)
        ]
        return sarif(findings, changes, seen.patterns)
    from shield_ai.reports.text import scan_text

    hidden = seen.hidden, seen.accepted
    return scan_text(
        seen.findings, seen.read, seen.unseen, hidden=hidden, each=everything, colour=tinted
    )


def _above(paths: tuple[Path, ...]) -> str:
    """Return what is in front of the names of one folder's files, seen from where the command runs."""
    if len(paths) != 1 or not is_folder(paths[0]):
        return ""
    inside = os.path.relpath(paths[0].resolve(), Path.cwd().resolve()).replace(os.sep, "/")
    return "" if inside == "." or inside.startswith("..") else f"{inside}/"


def _edits(paths: tuple[Path, ...]) -> Sequence[FileChange]:
    """Plan the code of a folder, for the fixes of a report."""
    root = paths[0] if paths else Path()
    if len(paths) > 1 or not is_folder(root):
        return ()
    from shield_ai.flow.app_session import AppSession  # plans are not needed without it

    return AppSession(root).planned_edits()
