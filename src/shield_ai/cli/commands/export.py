"""`shield export`: export the AWS resources for other infrastructure tools."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.aws.desired import resources
from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.lambda_package import build_function_zip
from shield_ai.aws.export import FORMATS, PLATFORMS, secret_resources
from shield_ai.aws.export.operator import operator_policy
from shield_ai.aws.export.platform import Target
from shield_ai.aws.export.terraform import to_terraform
from shield_ai.cli.console import echo, note, write_output
from shield_ai.cli.options import APP, ENVIRONMENT, OUTPUT, grouped_options
from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions
from shield_ai.flow.terraform_imports import find_import_ids
from shield_ai.model.errors import DONE, ShieldError
from shield_ai.project import safe_write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.resource import Resource

POLICIES = {
    "app-policy": policy_document,
    "operator-policy": operator_policy,
}


class ExportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options that determine the content of the output."""

    output_format: str
    account: str | None
    repository: str
    branch: str
    github_environment: str


@click.command()
@APP
@ENVIRONMENT
@grouped_options(
    "options",
    ExportOptions,
    click.option(
        "--format",
        "output_format",
        type=click.Choice([*FORMATS, *PLATFORMS, *POLICIES]),
        metavar="FORMAT",
        default="cloudformation",
        show_default=True,
        help=f"Output format: {', '.join([*FORMATS, *PLATFORMS])}, or {' or '.join(POLICIES)}.",
    ),
    click.option(
        "--account",
        help="AWS account ID. Without it, the ID and, for terraform, what to import are read "
        "from AWS.",
    ),
    click.option(
        "--repository",
        default="",
        help="GitHub repository for github-actions, as OWNER/NAME; GitLab project for gitlab-ci, "
        "as GROUP/PROJECT or https://HOST/GROUP/PROJECT.",
    ),
    click.option(
        "--branch",
        default="main",
        show_default=True,
        help="Branch of the repository.",
    ),
    click.option(
        "--github-environment",
        default="",
        help="Environment of the GitHub repository, for jobs that have one: its role trusts any "
        "branch that the environment allows.",
    ),
)
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
    options: ExportOptions,
    output: Path | None,
    code_folder: Path | None,
) -> int:
    """Export the AWS resources for other tools.

    The formats are CloudFormation, Terraform, AWS CLI commands, JSON and IAM policies. Secrets are
    exported without values. app-policy is the IAM policy of the app; operator-policy is the IAM
    policy of the person or pipeline that runs shield.

    ecs, external-secrets, sam, github-actions and gitlab-ci export references to the secrets, with
    which the platform sets the environment variables of an app that does not call get_secret().
    """
    context = AppContext(app, AppOptions(environment=environment))
    account = _account_id(context, options.account)
    if code_folder:
        _write_function_zips(code_folder, _desired(context, account), context)
    text = _export(context, account, options)
    if output:
        write_output(output, text)
        note(f"{output} written")
    else:
        echo(text, nl=False)
    return DONE


def _export(context: AppContext, account: str, options: ExportOptions) -> str:
    """Return the output."""
    manifest = context.target_manifest
    output_format = options.output_format
    if output_format in POLICIES:
        policy = POLICIES[output_format](manifest, account)
        return json.dumps(policy, indent=2) + "\n"
    if output_format in PLATFORMS:
        target = Target(
            manifest=manifest,
            account=account,
            repository=options.repository,
            branch=options.branch,
            github_environment=options.github_environment,
        )
        return PLATFORMS[output_format](target)
    desired = _desired(context, account)
    exported = [*secret_resources(manifest), *desired]
    if output_format == "terraform" and options.account is None:
        import_ids = find_import_ids(context, context.require_aws(), desired)
        return to_terraform(exported, manifest.app.region, import_ids)
    return FORMATS[output_format](exported, manifest.app.region)


def _desired(context: AppContext, account: str) -> tuple[Resource, ...]:
    return resources(context.target_manifest, account, context.tree.read)


def _account_id(context: AppContext, account: str | None) -> str:
    if account is None and context.aws:
        account = context.aws.id
    if account is None or not re.fullmatch(r"[0-9]{12}", account):
        raise ShieldError(
            f"invalid AWS account ID {account!r}", "give the 12 digits of the account to --account"
        )
    return account


def _write_function_zips(folder: Path, desired: Sequence[Resource], context: AppContext) -> None:
    """Write each rotation function's zip under the name that the exported template expects."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for resource in desired:
            if resource.kind != "function":
                continue
            path = folder / f"{resource.name}.zip"
            content = build_function_zip(resource.settings["environment"], context.tree.read)
            safe_write.write_output(path, content)
            note(f"{path} written")
    except OSError as error:
        raise ShieldError(
            f"{folder} can't be written: {error.strerror}", "give a writable folder"
        ) from None
