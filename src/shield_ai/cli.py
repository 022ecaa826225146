"""The commands: parse, call one function after the other, show the result."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
import msgspec

from shield_ai.errors import DONE, FINDINGS, ShieldError
from shield_ai.reports.colour import wanted
from shield_ai.reports.edited import edited_text
from shield_ai.reports.json import plan_json, scan_json
from shield_ai.reports.plan import checks_text, plan_text, proof_text, receipts_text
from shield_ai.work import Half, Work

if TYPE_CHECKING:
    from shield_ai.model import Plan, Receipt

APP = click.argument("app", default=".", type=click.Path(path_type=Path))
ONLY = click.option("--only", type=click.Choice(["code", "aws"]), help="leave the other half alone")
ENV_FILES = click.option(
    "--env-file", "env_files", multiple=True, type=click.Path(), help="take values from here; the last one wins"
)
YES = click.option("--yes", "-y", is_flag=True, help="do not ask")
JSON = click.option("--json", "as_json", is_flag=True, help="print JSON")


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "SHIELD"},
    epilog="Start with: shield scan; then shield plan. Nothing is changed before shield apply.",
)
@click.version_option(package_name="shield-ai", message="%(prog)s %(version)s")
def cli() -> None:
    """Move an app's secrets out of code and .env files into AWS Secrets Manager, and back."""


@cli.command()
@APP
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="write to a file")
def scan(app: Path, form: str, output: Path | None) -> int:
    """Find the secrets of an app: in code, .env files and environment reads.

    Exits with 1 when there is any finding, or a file that could not be looked at; with SARIF, 0.
    """
    work = Work(app)
    text = _findings(work, form, colour=output is None and _colour(sys.stdout))
    if output:
        _write(output, text)
        click.echo(f"{len(work.findings)} findings in {output}", err=True)
    else:
        click.echo(text, nl=False)
    return FINDINGS if (work.findings or work.unseen) and form != "sarif" else DONE


@cli.command()
@APP
def draft(app: Path) -> int:
    """Write shield.toml, the list of what is to be moved, or add to it what is new.

    Names only, never a value. Review it, edit it, commit it.
    """
    work = Work(app)
    click.echo(work.write_manifest(), err=True)
    return DONE


@cli.command()
@APP
@ONLY
@ENV_FILES
@JSON
@click.option("-o", "--output", type=click.Path(path_type=Path), help="write the plan to a file, for shield apply")
def plan(app: Path, only: Half | None, env_files: tuple[str, ...], output: Path | None, *, as_json: bool) -> int:
    """Show every edit as a diff, and every change in AWS. Changes nothing."""
    work = Work(app, only=only, env_files=env_files)
    made = work.plan()
    if output:
        _write(output, plan_json(made))
    if as_json:
        click.echo(plan_json(made), nl=False)
    else:
        click.echo(_diffs(work, made, colour=_colour(sys.stdout)))
        click.echo(plan_text(made), nl=False)
    return DONE


@cli.command()
@click.argument("target", default=".", type=click.Path(path_type=Path), metavar="[APP|plan.json]")
@ONLY
@ENV_FILES
@YES
@click.option("--allow-dirty", is_flag=True, help="go on with uncommitted changes in the git tree")
@click.option("--allow-missing", is_flag=True, help="go on without a value for a secret that the app needs")
@click.option("--no-proof", is_flag=True, help="do not load the settings before and after, to compare them")
def apply(  # noqa: PLR0913  # one argument a flag
    target: Path,
    only: Half | None,
    env_files: tuple[str, ...],
    *,
    yes: bool,
    allow_dirty: bool,
    allow_missing: bool,
    no_proof: bool,
) -> int:
    """Do it: create the secrets in AWS, then rewrite the code. Scans, drafts and plans where needed.

    May be run again at any time: what is done already is left as it is, what was cut off is finished.
    """
    from_file = target if target.is_file() else None
    work = Work(Path() if from_file else target, only=only, env_files=env_files)
    made = work.load(from_file) if from_file else work.plan()
    if work.nothing(made):
        click.echo("nothing to do: everything is as planned", err=True)
        return DONE
    with work.locked():
        if work.cut_off and not from_file:
            made = work.plan(recover_first=True)
        work.refuse(made, allow_dirty=allow_dirty, allow_missing=allow_missing)
        click.echo(plan_text(made), err=True, nl=False)
        _ask("apply this plan?", yes=yes)
        receipts = work.apply(made, tell=_tell, prove=not no_proof)
    click.echo(receipts_text(receipts), err=True)
    click.echo(proof_text(work.proved, work.unproved), err=True)
    return DONE


@cli.command()
@APP
@ONLY
@JSON
def verify(app: Path, only: Half | None, *, as_json: bool) -> int:
    """Check that the app reads its secrets from AWS, and that AWS holds what it asks for. Exits with 1 if not."""
    work = Work(app, only=only)
    checks = work.verify()
    click.echo(msgspec.json.encode(checks) if as_json else checks_text(checks), nl=as_json)
    return FINDINGS if any(check.status == "failed" for check in checks) else DONE


@cli.command()
@APP
@ONLY
@YES
@click.option("--force", is_flag=True, help="restore files that were edited since, and keep a copy of each")
def rollback(app: Path, only: Half | None, *, yes: bool, force: bool) -> int:
    """Undo the last apply: files byte for byte, secrets into deletion with a recovery window."""
    work = Work(app, only=only)
    with work.locked():
        steps = work.undoable()
        if not steps:
            click.echo("nothing to undo", err=True)
            return DONE
        for path, ours, now in work.differences(steps):
            click.echo(edited_text(path, ours, now), err=True)
        _ask(f"undo {len(steps)} steps?", yes=yes)
        receipts = work.rollback(steps, force=force, tell=_tell)
    click.echo(receipts_text(receipts), err=True)
    return DONE


@cli.command()
@click.argument("rule")
def explain(rule: str) -> int:
    """Say what a rule means and what to do."""
    from shield_ai.pattern import explain as text  # noqa: PLC0415  # only this command reads the texts

    click.echo(text(rule))
    return DONE


@cli.command()
@click.option("--port", type=int, default=0, help="listen here; a free port by default")
def local(port: int) -> int:
    """Hold an embedded AWS open, and print what points any tool at it. Ctrl-C ends it; nothing is kept."""
    from shield_ai.localaws.server import serve_forever  # noqa: PLC0415  # an extra of its own

    serve_forever(click.echo, port)
    return DONE


@cli.command()
@click.option("--keep", type=click.Path(path_type=Path), help="leave the sample app here")
def demo(keep: Path | None) -> int:
    """Run the whole journey on a sample shop, an embedded AWS and a real PostgreSQL."""
    from shield_ai.demo import demo as run  # noqa: PLC0415  # an extra of its own

    return run(keep)


def _findings(work: Work, form: str, *, colour: bool) -> str:
    """Show a scan; each form of report is loaded only when it is asked for."""
    if form == "json":
        return scan_json(work.findings, work.unseen)
    if form == "sarif":
        from shield_ai.reports.sarif import sarif  # noqa: PLC0415

        return sarif(work.findings, work.edits())
    from shield_ai.reports.text import scan_text  # noqa: PLC0415

    return scan_text(work.findings, work.tree.read, work.unseen, colour=colour)


def _diffs(work: Work, made: Plan, *, colour: bool) -> str:
    from shield_ai.reports.diff import diff_text  # noqa: PLC0415  # not needed where no diff is shown

    names = {name for secret in work.manifest.secret for name in (secret.name, *secret.variables())}
    parts = []
    for file in made.files:
        spans = [(f.site.start, f.site.end) for f in work.findings if f.path == file.path and f.site and not f.env]
        parts.append(diff_text(file, work.tree.read(file.path), keep=names, spans=spans, colour=colour))
    return "\n".join(parts)


def _write(output: Path, text: str) -> None:
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ShieldError(
            f"{output} can't be written: {error.strerror}", "name a file in a folder that exists"
        ) from None


def _colour(stream: TextIO) -> bool:
    return wanted(os.environ, tty=stream.isatty())


def _ask(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise ShieldError("this needs a yes, and there is no terminal to ask on", "add --yes")
    click.confirm(question, abort=True, err=True)


def _tell(receipt: Receipt) -> None:
    mark = {"kept": "!", "unchanged": "="}.get(receipt.status, "-" if receipt.status == "undone" else "+")
    click.echo(f"  {mark} {receipt.what}  {receipt.detail}", err=True)
