"""`shield plan`: show what apply would change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.cli.console import echo, has_color, write_output
from shield_ai.cli.options import APP, JSON
from shield_ai.cli.planning import PLAN_OPTIONS, open_apply_session
from shield_ai.flow.plan.plan_entries import count_fixed
from shield_ai.model.errors import DONE, FINDINGS, AwsCredentialsError
from shield_ai.reports.json import plan_json
from shield_ai.reports.plan import plan_text

if TYPE_CHECKING:
    from shield_ai.cli.planning import PlanOptions
    from shield_ai.flow.apply.apply_session import ApplySession
    from shield_ai.model.plan import Plan


@click.command()
@APP
@PLAN_OPTIONS
@JSON
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Also write the plan to this file, for shield apply.",
)
@click.option("--all", "show_all", is_flag=True, help="Show all lines of new files.")
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 1 if there are changes. Errors use exit codes of 2 and higher.",
)
def plan(
    app: Path,
    options: PlanOptions,
    output: Path | None,
    *,
    as_json: bool,
    show_all: bool,
    detailed_exitcode: bool,
) -> int:
    """Show the planned code edits and AWS changes without making them.

    Without AWS credentials, only the code edits are shown. With --json, --output,
    --detailed-exitcode or --only aws, missing credentials are an error.
    """
    session = open_apply_session(app, options)
    credentials_error: AwsCredentialsError | None = None
    try:
        planned = session.plan()
    except AwsCredentialsError as error:
        if output or as_json or detailed_exitcode or session.only:
            raise
        credentials_error = error
        # no env files: code edits need no values, and standard input can be read only once
        options = msgspec.structs.replace(options, only="code", env_files=())
        session = open_apply_session(app, options, scan=session.scan_result)
        planned = session.plan()
    if output:
        write_output(output, plan_json(planned), mask=False)
    if as_json:
        echo(plan_json(planned), nl=False)
    else:
        diffs = _diffs(session, planned, show_all=show_all)
        if diffs:
            echo(diffs)
        fixed = count_fixed(session.scan_result.findings, planned)
        echo(plan_text(planned, session.tree.read, fixed=fixed), nl=False, wraps=True)
    if credentials_error:
        message, hint = credentials_error.message, credentials_error.hint
        echo(f"\nThe changes in AWS are not shown: {message}.\n\nhint: {hint}", err=True)
    if detailed_exitcode and not session.has_nothing_to_do(planned):
        return FINDINGS
    return DONE


def _diffs(session: ApplySession, planned: Plan, *, show_all: bool) -> str:
    from shield_ai.project.runtime_names import is_copied_file
    from shield_ai.reports.diff import diff_text, literal_spans

    names = session.manifest.names()
    diffs = []
    for file in planned.files:
        if is_copied_file(file.path):
            continue  # the same in every app; plan_text() has a line for the folder
        before = session.tree.read(file.path)
        spans = literal_spans(session.scan_result.findings, file.path)
        text = diff_text(
            file,
            before,
            keep=names,
            spans=spans,
            show_all=show_all,
            color=has_color(sys.stdout),
        )
        diffs.append(text)
    return "\n".join(diffs)
