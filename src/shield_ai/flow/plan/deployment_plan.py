"""Collect what the edits of deployment files depend on, and plan them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.deployment_reads import find_reads
from shield_ai.flow.plan.deployment_values import KeptValues, kept_values
from shield_ai.flow.plan.job_files import plan_jobs
from shield_ai.flow.plan.misspelled_settings import misspelled_containers
from shield_ai.flow.plan.workflow_plan import export_command
from shield_ai.rewrite.project.deployment.containers import (
    DeploymentInputs,
    edit_deployment,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from shield_ai.flow.plan.deployment_sources import DeploymentSources
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped
    from shield_ai.rewrite.project.deployment.outcome import EditOutcome

EXTERNAL = "external = true: something other than the app's code reads it"
NOT_READ = "no code reads it with get_secret()"
PLAIN_READ = "{} reads it without get_secret()"
COMMAND_READ = "{} reads it"
AWS_NOT_READ = "with --only code, it is not known whether AWS has its value"
NOT_STORED = "AWS has no value for it"


def deployment_inputs(
    sources: DeploymentSources,
    manifest: Manifest,
    sites: Sequence[FoundSite],
    skipped: Sequence[Skipped],
    stored: Collection[str] | None,
    has_value: Callable[[str, str], bool | None] | None = None,
) -> DeploymentInputs:
    """Return the inputs of the edits.

    Args:
        sources: The deployment files, and who reads the variables.
        manifest: shield.toml.
        sites: The sites of the code.
        skipped: The sites that the plan does not rewrite.
        stored: The secrets with a value in AWS after apply; None if AWS is not read.
        has_value: Takes a variable and a text. Returns whether the text is the value that AWS has
            after apply; None if that value is not known. Without it, no values are compared.
    """
    different = kept_values(sources, has_value) if has_value else KeptValues({}, set())
    plain_reads, rewritten = find_reads(sites, skipped)
    read = rewritten | sources.migrated
    kept = {}
    for secret in manifest.secret:
        for variable in secret.variables():
            if secret.external:
                kept[variable] = EXTERNAL
            elif variable in plain_reads:
                kept[variable] = PLAIN_READ.format(plain_reads[variable])
            elif variable not in read:
                kept[variable] = NOT_READ
            elif variable in sources.command_reads:
                kept[variable] = COMMAND_READ.format(sources.command_reads[variable][0])
            elif stored is None:
                kept[variable] = AWS_NOT_READ
            elif secret.name not in stored:
                kept[variable] = NOT_STORED
            elif variable in different.reasons:
                kept[variable] = different.reasons[variable]
    return DeploymentInputs(
        sources.variables,
        sources.files,
        kept,
        unavailable=_unavailable(manifest, stored),
        different=different.reasons,
        other_values=frozenset(different.places),
    )


def plan_edits(
    sources: DeploymentSources, inputs: DeploymentInputs, target: Manifest, account: str
) -> EditOutcome:
    """Plan the edits of all deployment files.

    Args:
        sources: The deployment files.
        inputs: The inputs of the edits.
        target: shield.toml, with the settings of the environment.
        account: The ID of the AWS account; empty if AWS is not read.
    """
    command = export_command(account, sources.jobs.environment)
    inputs = inputs._replace(account=account, command=command)
    outcome = edit_deployment(target, inputs)
    edited = plan_jobs(sources.jobs, sources.variables, target, inputs)
    outcome.changes.extend(edited.changes)
    outcome.skipped.extend(edited.skipped)
    outcome.next_steps.extend(edited.next_steps)
    outcome.next_steps.extend(misspelled_containers(target, sources.files.values()))
    return outcome


def _unavailable(manifest: Manifest, stored: Collection[str] | None) -> dict[str, str]:
    """Return why a platform can't read a variable from AWS, by variable."""
    reasons = {}
    for secret in manifest.secret:
        for variable in secret.variables():
            if stored is None:
                reasons[variable] = AWS_NOT_READ
            elif secret.name not in stored:
                reasons[variable] = NOT_STORED
    return reasons
