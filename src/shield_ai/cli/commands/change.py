"""`shield plan`, `shield apply` and `shield rollback`: what would be done, doing it, undoing it."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import (
    ask_in,
    ask_value,
    colour,
    replacer,
    step,
    tell,
    write,
)
from shield_ai.cli.options import (
    APP,
    CONFLICT,
    COPY_FROM,
    ENV_FILES,
    ENVIRONMENT,
    JSON,
    ONLY,
    PROMPT,
    YES,
)
from shield_ai.cli.progress import bar
from shield_ai.flow.app_session import AppSession, Scope
from shield_ai.model.errors import DONE
from shield_ai.model.plan import Action
from shield_ai.reports.edited import edited_text
from shield_ai.reports.json import plan_json
from shield_ai.reports.plan import nothing_text, plan_text, proof_text, receipts_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from shield_ai.cli.progress import Bar
    from shield_ai.model.plan import Plan, Receipt

LITERALS = click.option(
    "--remove-literals",
    is_flag=True,
    help="take secrets out of the code: their values go into the untracked .env",
)


@click.command()
@APP
@ONLY
@ENVIRONMENT
@ENV_FILES
@PROMPT
@COPY_FROM
@LITERALS
@CONFLICT
@JSON
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="write the plan to a file, for shield apply",
)
def plan(  # noqa: PLR0913, PLR0917  # one argument a flag
    app: Path,
    only: Scope | None,
    environment: str,
    env_files: tuple[str, ...],
    copy_from: str,
    conflict: str,
    output: Path | None,
    *,
    prompt: bool,
    remove_literals: bool,
    as_json: bool,
) -> int:
    """Show every edit as a diff, and every change in AWS. Changes nothing."""
    session = AppSession(
        app,
        only=only,
        env_files=env_files,
        remove_literals=remove_literals,
        environment=environment,
    )
    session.may_overwrite, session.copy_from, session.prompt = (
        replacer(conflict),
        copy_from,
        ask_value if prompt else None,
    )
    session.on_progress = bar().tick
    made = session.plan()
    if output:
        write(output, plan_json(made))
    if as_json:
        click.echo(plan_json(made), nl=False)
    else:
        click.echo(_diffs(session, made, colour=colour(sys.stdout)))
        click.echo(plan_text(made), nl=False)
    return DONE


@click.command()
@click.argument("target", default=".", type=click.Path(path_type=Path), metavar="[APP|plan.json]")
@ONLY
@ENVIRONMENT
@ENV_FILES
@PROMPT
@COPY_FROM
@LITERALS
@CONFLICT
@YES
@click.option("--allow-dirty", is_flag=True, help="go on with uncommitted changes in the git tree")
@click.option(
    "--allow-missing", is_flag=True, help="go on without a value for a secret that the app needs"
)
@click.option("--allow-placeholders", is_flag=True, help="store values such as changeme")
@click.option(
    "--no-proof", is_flag=True, help="do not load the settings before and after, to compare them"
)
@click.option(
    "--rotate-immediately",
    is_flag=True,
    help="rotate each secret whose rotation is new, and wait for it",
)
def apply(  # noqa: PLR0913  # one argument a flag
    target: Path,
    only: Scope | None,
    environment: str,
    env_files: tuple[str, ...],
    copy_from: str,
    conflict: str,
    *,
    prompt: bool,
    remove_literals: bool,
    yes: bool,
    allow_dirty: bool,
    allow_missing: bool,
    allow_placeholders: bool,
    no_proof: bool,
    rotate_immediately: bool,
) -> int:
    """Do it: create the secrets in AWS, then rewrite the code. Scans, drafts and plans where needed.

    May be run again at any time: what is done already is left as it is, what was cut off is finished.
    """
    from_file = target if target.is_file() else None
    session = AppSession(
        Path() if from_file else target,
        only=only,
        env_files=env_files,
        remove_literals=remove_literals,
        environment=environment,
    )
    session.may_overwrite, session.copy_from, session.prompt = (
        replacer(conflict),
        copy_from,
        ask_value if prompt else None,
    )
    shown = bar()
    session.on_progress = shown.tick
    made = session.load_plan(from_file) if from_file else session.plan()
    if session.has_nothing_to_do(made):
        click.echo(nothing_text(made), err=True)
        return DONE
    with session.locked():
        if session.is_interrupted:
            made = session.resume(made if from_file else None)
        session.require_safe(
            made,
            allow_dirty=allow_dirty,
            allow_missing=allow_missing,
            allow_placeholders=allow_placeholders,
        )
        click.echo(plan_text(made), err=True, nl=False)
        ask_in(session, "apply this plan?", yes=yes)
        receipts = session.apply(made, tell=teller(shown, made), compare_settings=not no_proof)
    click.echo(receipts_text(receipts), err=True)
    if any(file.before and file.path.endswith(".py") for file in made.files):
        click.echo(proof_text(session.compared_modules, session.comparison_problems), err=True)
    if rotate_immediately:
        # boto3 costs 0.4 s to load
        from shield_ai.cli.commands.rotate import rotate_now

        new = [
            c.name for c in made.changes if c.resource == "rotation" and c.action is Action.CREATE
        ]
        rotate_now(session, new)
    return DONE


@click.command()
@APP
@ONLY
@ENVIRONMENT
@YES
@click.option(
    "--force",
    is_flag=True,
    help="restore files that were edited since, and keep a copy of each in .shield/edited",
)
def rollback(app: Path, only: Scope | None, environment: str, *, yes: bool, force: bool) -> int:
    """Undo the last apply: files byte for byte, secrets into deletion with a recovery window."""
    session = AppSession(app, only=only, environment=environment)
    with session.locked():
        steps = session.steps_to_undo()
        if not steps:
            click.echo("nothing to undo", err=True)
            return DONE
        for path, ours, now in session.edited_files(steps):
            click.echo(edited_text(path, ours, now), err=True)
        ask_in(session, f"undo {len(steps)} steps?", yes=yes)
        receipts = session.rollback(steps, force=force, tell=tell)
    click.echo(receipts_text(receipts), err=True)
    return DONE


def teller(shown: Bar, made: Plan) -> Callable[[Receipt], None]:
    """Show each step as it is done, and how many there are still."""
    total = len(made.files) + sum(
        change.action not in {Action.KEEP, Action.DRIFT} for change in made.changes
    )
    number = itertools.count(1)

    def told(receipt: Receipt) -> None:
        shown.say(step(receipt))
        shown.tick("steps done", next(number), total)

    return told


def _diffs(session: AppSession, made: Plan, *, colour: bool) -> str:
    # not needed where no diff is shown
    from shield_ai.reports.diff import diff_text

    names = {
        name for secret in session.manifest.secret for name in (secret.name, *secret.variables())
    }
    parts = []
    for file in made.files:
        spans = [
            (f.site.start, f.site.end)
            for f in session.findings
            if f.path == file.path and f.site and not f.env
        ]
        parts.append(
            diff_text(file, session.tree.read(file.path), keep=names, spans=spans, colour=colour)
        )
    return "\n".join(parts)
