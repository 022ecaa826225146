"""`shield export`: export the AWS resources for other infrastructure tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.lambda_package import build_function_zip
from shield_ai.aws.export import FORMATS, secret_resources
from shield_ai.aws.export.operator import operator_policy
from shield_ai.cli.console import echo, write_output
from shield_ai.cli.options import APP, ENVIRONMENT, OUTPUT
from shield_ai.flow.app_session import AppSession
from shield_ai.model.errors import DONE, ShieldError
from shield_ai.project import safe_write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.resource import Resource

POLICIES = {
    "app-policy": lambda manifest, account, _region: policy_document(manifest, account),
    "operator-policy": operator_policy,
}


@click.command()
@APP
@ENVIRONMENT
@click.option(
    "--format",
    "output_format",
    type=click.Choice([*FORMATS, *POLICIES]),
    default="cloudformation",
    show_default=True,
    help="Output format.",
)
@click.option("--account", help="AWS account ID; read from AWS by default.")
@OUTPUT
@click.option(
    "--rotation-code",
    "code_folder",
    type=click.Path(path_type=Path),
    help="Also write the zip files of the rotation functions to this folder.",
)
def export(
    app: Path,
    environment: str,
    output_format: str,
    account: str | None,
    output: Path | None,
    code_folder: Path | None,
) -> int:
    """Export the AWS resources for other tools.

    The formats are CloudFormation, Terraform, AWS CLI commands, JSON and IAM policies. Secrets are
    exported without values. app-policy is the IAM policy of the app; operator-policy is the IAM
    policy of the person or pipeline that runs shield.
    """
    session = AppSession(app, environment=environment)
    manifest = session.target_manifest
    region = manifest.app.region
    account_id = _account_id(session, account)
    desired = resources(manifest, account_id, region, session.tree.read)
    if code_folder:
        _write_function_zips(code_folder, desired, session)
    if output_format in POLICIES:
        policy = POLICIES[output_format](manifest, account_id, region)
        text = json.dumps(policy, indent=2) + "\n"
    else:
        text = FORMATS[output_format]([*secret_resources(manifest), *desired], region)
    if output:
        write_output(output, text)
        echo(f"{output} written", err=True)
    else:
        echo(text, nl=False)
    return DONE


def _account_id(session: AppSession, account: str | None) -> str:
    if account is None and session.aws:
        account = session.aws.id
    if not account or not account.isdigit():
        raise ShieldError(
            f"invalid AWS account ID {account!r}", "give the 12 digits of the account to --account"
        )
    return account


def _write_function_zips(folder: Path, desired: Sequence[Resource], session: AppSession) -> None:
    """Write each rotation function's zip under the name that the exported template expects."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for resource in desired:
            if resource.kind != "function":
                continue
            path = folder / f"{resource.name}.zip"
            content = build_function_zip(resource.settings["environment"], session.tree.read)
            safe_write.write_output(path, content)
            echo(f"{path} written", err=True)
    except OSError as error:
        raise ShieldError(
            f"{folder} can't be written: {error.strerror}", "give a writable folder"
        ) from None
