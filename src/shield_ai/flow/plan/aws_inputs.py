"""Collect the inputs of the AWS part of a plan from an app, its journal and its account."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.apply.run import resolve_value
from shield_ai.flow.plan.aws_plan import AwsInputs, resource_keys
from shield_ai.flow.plan.desired_resources import desired_resources
from shield_ai.flow.plan.former_secrets import live_secrets, with_former_secrets
from shield_ai.flow.plan.renamed_secrets import applied_secrets, renamed_sources
from shield_ai.flow.plan.stored_values import StoredValues
from shield_ai.flow.value_sources import has_value
from shield_ai.model.plan import ValueState

if TYPE_CHECKING:
    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.journal.log import Journal
    from shield_ai.flow.plan.plan_values import PlanValues
    from shield_ai.model.plan import Origin
    from shield_ai.project.values import Values


def collect_aws_inputs(
    app: AppContext, aws: Account, journal: Journal, sources: PlanValues, values: Values
) -> AwsInputs:
    """Collect what the changes in AWS depend on.

    Args:
        app: The app.
        aws: The account.
        journal: The app's journal.
        sources: The sources of values.
        values: The opened sources that the plan may use.

    Raises:
        ShieldError: A source of values, the journal or the account can't be read.
    """
    target = app.target_manifest
    desired = desired_resources(app, aws)
    applied = journal.load().applied_settings(aws.id, target.app.region, app.environment)
    keys = {*resource_keys(applied), *(item.key for item in desired)}
    found = aws.resources.read(keys)
    live = live_secrets(app, aws, journal, found)
    desired = with_former_secrets(app, aws, desired, live)
    found |= aws.resources.read({item.key for item in desired} - keys)
    live = msgspec.structs.replace(live, resources=found)
    known = applied_secrets(app, aws.id, journal)
    renamed = renamed_sources(app, known, live, has_records=bool(journal.records))
    variables = target.variables()
    available = {**sources.available(values, variables), **renamed.locators}
    prompts = sources.prompts(target, live)

    stored = StoredValues(target, aws)

    def compare_value(name: str, version: str, origins: tuple[Origin, ...]) -> ValueState:
        value = resolve_value(origins, sources.open(sources.selected_env_files()))
        state = journal.compare_value(name, value, version)
        if state is ValueState.UNKNOWN and sources.options.compares_values:
            return stored.compare(name, value)
        return state

    return AwsInputs(
        live=live,
        available=available,
        renamed=renamed.locators,
        notes=renamed.notes,
        prompts=prompts,
        target=target,
        desired=desired,
        last_applied=applied,
        compare_value=compare_value,
        has_value=functools.partial(has_value, values),
        has_current_value=stored.has,
        may_overwrite=sources.options.may_overwrite,
    )
