"""Collect what a plan leaves to the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.aws_clients import existing_secret_steps
from shield_ai.flow.plan.app_roles import role_steps
from shield_ai.flow.plan.compose_switches import image_steps, switch_steps, switch_variables
from shield_ai.flow.plan.env_from import env_from_steps
from shield_ai.flow.plan.plan_warnings import plan_warnings
from shield_ai.flow.plan.prefix_variable import prefix_steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.deployment import Deployment
    from shield_ai.model.plan import Plan
    from shield_ai.project.values import Values


def next_steps(
    plan: Plan, app: AppContext, deployment: Deployment, values: Values
) -> Iterator[str]:
    """Yield a line for each manual step, and for each warning.

    Args:
        plan: The plan.
        app: The app.
        deployment: The lines that set variables; none if the plan changes only AWS.
        values: The opened sources of the plan's values.
    """
    manifest, edited = app.manifest, {change.path for change in plan.files}
    stage = app.scan_result.facts.stage
    yield from app.draft.notes  # none if shield.toml exists
    yield from plan.next_steps
    yield from switch_steps(deployment, edited, app.tree, manifest, stage=stage)
    yield from image_steps(deployment.variables, app.scan_result.kept)
    yield from prefix_steps(manifest, edited)
    if plan.files:
        yield from env_from_steps(app.tree.root, switch_variables(manifest, stage))
        yield from existing_secret_steps(app)
        yield from role_steps(manifest, app.tree.root)
    yield from plan_warnings(plan, app, values)
