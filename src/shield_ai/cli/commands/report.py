"""`shield report`: write a report on the state of an app's secrets."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import click
import msgspec

from shield_ai.cli.commands.audit import SINCE, TRAILS
from shield_ai.cli.console import echo, note, write_output
from shield_ai.cli.load_settings import LOAD_OPTIONS, LoadOptions, settings_options
from shield_ai.cli.options import APP, ENVIRONMENT, OUTPUT, grouped_options
from shield_ai.cli.progress import progress_bar
from shield_ai.cli.report_output import EVIDENCE_FORMATS, render_report
from shield_ai.flow.access_audit import TrailQuery
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions, Scope
from shield_ai.model.errors import DONE, ShieldError
from shield_ai.reports.app_report.collect import collect_report
from shield_ai.reports.app_report.trend import read_figures
from shield_ai.reports.app_report.verdict import verdict


class TrailOptions(msgspec.Struct, frozen=True):
    """The CloudTrail events to include."""

    since: str | None
    trails: tuple[Path, ...]


class ReportScope(msgspec.Struct, frozen=True):
    """What the report covers."""

    only: Scope | None
    environment: str


@click.command()
@APP
@OUTPUT
@click.option(
    "--format",
    "output_format",
    type=click.Choice(["html", "markdown", "json", *EVIDENCE_FORMATS]),
    help="Report format.  [default: markdown for an --output file that ends in .md, else html]",
)
@grouped_options(
    "scope",
    ReportScope,
    click.option("--only", type=click.Choice(["code"]), help="Limit to code; make no AWS calls."),
    ENVIRONMENT,
)
@LOAD_OPTIONS
@grouped_options("events", TrailOptions, SINCE, TRAILS)
def report(
    app: Path,
    output: Path | None,
    output_format: str | None,
    scope: ReportScope,
    loading: LoadOptions,
    events: TrailOptions,
) -> int:
    """Write a report on the state of the app's secrets.

    It covers findings, changes, secrets, access, alarms, cost, rollout and controls. The HTML page
    is self-contained and safe to share: it holds no secret values and loads no external resources.
    It is not printed on a terminal: use --output. Markdown is a summary for pull request comments,
    and json holds the same data for programs. oscal (NIST), asff (AWS Security Hub) and ocsf hold
    the controls and their evidence, for compliance tools. The report says what could not be
    checked, for example AWS without credentials. None of the app's code runs, unless you allow it
    with --run-settings.
    """
    is_markdown = output is not None and output.suffix == ".md"
    output_format = output_format or ("markdown" if is_markdown else "html")
    if output is None and output_format == "html" and sys.stdout.isatty():
        raise ShieldError(
            "the HTML report is not readable on a terminal",
            "use -o report.html, or --format markdown to read a summary here",
        )
    options = AppOptions(
        only=scope.only, environment=scope.environment, on_progress=progress_bar().update
    )
    context = AppContext(app, options)
    settings = settings_options(context, loading)
    query = TrailQuery(since=events.since, trails=events.trails, now=dt.datetime.now(dt.UTC))
    data = collect_report(context, query, settings)
    if output and output_format == "html":
        data = msgspec.structs.replace(data, previous=read_figures(output))
    text = render_report(data, output_format)
    if output:
        write_output(output, text)
        state = verdict(data).state
        note(f"{state}. {data.headline} Report written to {output}")
    else:
        echo(text, nl=False)
    return DONE
