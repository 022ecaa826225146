"""Find files for production with other values than the ones that AWS is about to get.

The file of --env-file can be the one of a developer's computer, with other passwords and hosts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.deployment_sources import EDITABLE, PIPELINES, DeploymentSources
from shield_ai.flow.plan.deployment_values import file_values
from shield_ai.model.locator import DotenvLine, EnvVar
from shield_ai.scan.deployment.blocks import find_environments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.plan import Plan
    from shield_ai.project.values import Values


def other_values(plan: Plan, app: AppContext, values: Values) -> Iterator[str]:
    """Yield a line for each file for production with another value than the one to store.

    Files that shield edits are left out: their containers keep such variables.

    Args:
        plan: The plan.
        app: The app.
        values: The opened sources of the plan's values.
    """
    planned = _planned_variables(plan)
    if not planned or app.manifest.deployment.edit:
        return
    differing: dict[str, list[str]] = {}
    for variable, text, (path, _) in file_values(_sources(app)):
        if text is None or variable not in planned:
            continue
        if values.resolve(planned[variable]).reveal() != text:
            names = differing.setdefault(path, [])
            if variable not in names:
                names.append(variable)
    for path, names in differing.items():
        shown = names[0] if len(names) == 1 else f"{len(names)} variables, such as {names[0]},"
        place = _place(planned[names[0]])
        yield (
            f"{path} sets {shown} to another value than {place}: "
            "AWS gets the latter, so check that it is the one for production"
        )


def _planned_variables(plan: Plan) -> dict[str, DotenvLine | EnvVar]:
    """Return the sources of the values to store in AWS, by variable."""
    planned = {}
    for change in plan.changes:
        for origin in change.origins:
            source = origin.source
            if isinstance(source, DotenvLine | EnvVar):
                planned[source.variable] = source
    return planned


def _sources(app: AppContext) -> DeploymentSources:
    files = {}
    for item in app.deployment.variables:
        if item.kind in EDITABLE - PIPELINES and item.path not in files:
            files[item.path] = find_environments(app.tree.read(item.path) or b"", item.kind)
    return DeploymentSources(
        variables=app.deployment.variables,
        files=files,
        command_reads={},
        migrated=frozenset(),
        read=app.tree.read,
    )


def _place(source: DotenvLine | EnvVar) -> str:
    return source.path if isinstance(source, DotenvLine) else "the environment"
