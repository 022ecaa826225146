"""`shield pull`: write the current values of the secrets into an env file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo, print_json
from shield_ai.cli.options import APP, ENVIRONMENT, JSON, YES
from shield_ai.cli.prompts import confirm
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.flow.current_values import ABSENT_HINT, read_current_values
from shield_ai.flow.pull import compare_env_file, write_update
from shield_ai.flow.rotate.secret_selection import select_secrets
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.model.output_options import OUTPUT
from shield_ai.model.plurals import count
from shield_ai.reports.documents import PullDocument

if TYPE_CHECKING:
    from collections.abc import Sequence


@click.command()
@APP
@click.option(
    "--env-file",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write; it is created with mode 0600.",
)
@click.option("--only", multiple=True, metavar="NAME", help="Limit to this secret. Repeatable.")
@ENVIRONMENT
@YES
@JSON
def pull(
    app: Path, env_file: Path, only: tuple[str, ...], environment: str, *, yes: bool, as_json: bool
) -> int:
    """Write the current values from AWS into an env file.

    Run it after a rotation: otherwise, the app can't use the new values with AWS off or after
    shield rollback. Only the values of the secrets' variables are replaced or added; other lines
    are kept. Prints the names of the variables, never the values. Fails if git does not ignore the
    file. Exits with 1 if a required secret is not in AWS.

    Example: shield pull --env-file .env
    """
    context = AppContext(app, AppOptions(environment=environment))
    manifest = context.target_manifest  # a draft if rollback removed shield.toml
    secrets = select_secrets(manifest, only)
    current = read_current_values(manifest, secrets, context.require_aws())
    update = compare_env_file(env_file, current)
    if update.replaced:
        number = count(len(update.replaced), "value")
        confirm(f"Replace {number} in {env_file} ({', '.join(update.replaced)})?", yes=yes)
    write_update(update)
    if not OUTPUT.quiet:
        _print_names(f"written to {env_file}", update.to_write)
        _print_names("unchanged", update.unchanged)
    _print_names("not in AWS", current.missing)
    if current.missing:
        echo(f"hint: {ABSENT_HINT}", err=True)
    _print_names("optional, not in AWS", current.skipped)
    _print_names("multiline values, which django-environ can't read", update.several_lines)
    if as_json:
        print_json(
            PullDocument(
                env_file=str(env_file),
                written=update.to_write,
                unchanged=update.unchanged,
                missing=current.missing,
                optional=current.skipped,
                multiline=update.several_lines,
            )
        )
    return FINDINGS if current.missing else DONE


def _print_names(label: str, names: Sequence[str]) -> None:
    if names:
        echo(f"{label}: {', '.join(names)}", err=True)
