"""Find the variables that production may lack: no deployment file sets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.compose_switches import ALL_OF_OBJECT
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.deployment import Deployment
    from shield_ai.model.file_reader import FileReader

# Jobs of CI and templates do not say what a container gets.
OTHER_KINDS = frozenset(
    {
        DeploymentKind.GITHUB,
        DeploymentKind.GITLAB,
        DeploymentKind.CI,
        DeploymentKind.ENV_TEMPLATE,
        DeploymentKind.ENV_REFERENCES,
        DeploymentKind.OTHER,
    }
)


def unset_variables(deployment: Deployment, variables: Iterable[str], read: FileReader) -> set[str]:
    """Return the variables that no deployment file sets, although the files set others.

    Empty if a file was not searched completely, or gets all variables of another object.

    Args:
        deployment: The lines that set variables.
        variables: The variables of the secrets.
        read: Returns the bytes of a file of the app.
    """
    places = [item for item in deployment.variables if item.use is not Use.DEVELOPMENT]
    found = {item.variable for item in places}
    in_containers = {
        item.path
        for item in places
        if item.kind not in OTHER_KINDS and item.form is not ValueForm.READ
    }
    if not in_containers or deployment.unread or "" in found:
        return set()
    if any(ALL_OF_OBJECT in (read(path) or b"") for path in in_containers):
        return set()
    return set(variables) - found
