"""`shield export`: what apply would make in AWS, for teams that review infrastructure elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.lambda_package import code_for
from shield_ai.aws.desired.operator import operator_policy
from shield_ai.aws.export import FORMATS, secrets
from shield_ai.cli.console import write
from shield_ai.cli.options import APP, ENVIRONMENT
from shield_ai.flow.app_session import AppSession
from shield_ai.model.errors import DONE, ShieldError

POLICIES = {
    "app-policy": lambda manifest, account, _region: policy_document(manifest, account),
    "operator-policy": operator_policy,
}

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.resource import Resource


@click.command()
@APP
@ENVIRONMENT
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS, *POLICIES]),
    default="cloudformation",
    show_default=True,
)
@click.option("--account", help="the id of the AWS account; asked of AWS by default")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="write to a file")
@click.option(
    "--rotation-code",
    "folder",
    type=click.Path(path_type=Path),
    help="also write the rotation functions' zips here",
)
def export(  # one argument an option
    app: Path,
    environment: str,
    form: str,
    account: str | None,
    output: Path | None,
    folder: Path | None,
) -> int:
    """Write the secrets (without values), policies and alarms as CloudFormation, Terraform, AWS CLI or JSON.

    app-policy and operator-policy are the IAM policies of the app, and of whoever runs shield.
    """
    session = AppSession(app, environment=environment)
    if account is None and session.aws:
        account = session.aws.id
    if not account or not account.isdigit():
        raise ShieldError(f"{account!r} is no AWS account", "give its twelve digits with --account")
    region = session.target_manifest.app.region
    things = resources(session.target_manifest, account, region, session.tree.read)
    if folder:
        _write_code(folder, things, session)
    if form in POLICIES:
        document = POLICIES[form](session.target_manifest, account, region)
        text = json.dumps(document, indent=2) + "\n"
    else:
        text = FORMATS[form]([*secrets(session.target_manifest), *things], region)
    if output:
        write(output, text)
        click.echo(f"{output}: written", err=True)
    else:
        click.echo(text, nl=False)
    return DONE


def _write_code(folder: Path, things: Sequence[Resource], session: AppSession) -> None:
    """Write each function's zip under its name, as the template and the configuration expect it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for thing in (thing for thing in things if thing.kind == "function"):
            (folder / f"{thing.name}.zip").write_bytes(
                code_for(thing.settings["environment"], session.tree.read)
            )
            click.echo(f"{folder / thing.name}.zip: written", err=True)
    except OSError as error:
        raise ShieldError(f"{folder} can't be written: {error.strerror}", "name a folder") from None
