"""Find Compose and Kubernetes files that leave out the variables that turn AWS on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.prefix_variable import PREFIX_VARIABLE
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.file_reader import FileReader

SWITCH = "USE_AWS_SECRETS"
LISTED = (
    "{path}: its {containers} get only the variables that the file lists: "
    "add {added} and AWS_REGION to the {containers} of the app"
)
CONTAINERS = {DeploymentKind.COMPOSE: "services", DeploymentKind.KUBERNETES: "containers"}
# A Kubernetes container with it may get the variables from a ConfigMap or a Secret.
ALL_OF_OBJECT = b"envFrom"


def switch_steps(
    variables: Sequence[DeploymentVariable],
    edited: Collection[str],
    read: FileReader,
    *,
    stage: str,
    needs_prefix: bool = False,
) -> Iterator[str]:
    """Yield a step for each file that lists the variables of the app's services or containers.

    The variables in the .env file beside it, such as USE_AWS_SECRETS, don't reach such services.

    Args:
        variables: The lines that set variables.
        edited: The files that the plan edits.
        read: Returns the bytes of a file of the app.
        stage: The variable with the stage of the process.
        needs_prefix: Whether the app needs the variable with the prefix, too.
    """
    names = [SWITCH, stage]
    if needs_prefix:
        names.append(PREFIX_VARIABLE)
    for (path, kind), found in sorted(_forms(variables).items()):
        if path in edited or ValueForm.ENV_FILE in found:
            continue
        raw = read(path) or b""
        if SWITCH.encode() not in raw and ALL_OF_OBJECT not in raw:
            yield LISTED.format(path=path, containers=CONTAINERS[kind], added=", ".join(names))


def _forms(
    variables: Sequence[DeploymentVariable],
) -> dict[tuple[str, DeploymentKind], set[ValueForm]]:
    """Return how each file for production, with its kind, sets variables."""
    forms: dict[tuple[str, DeploymentKind], set[ValueForm]] = {}
    for item in variables:
        if item.kind in CONTAINERS and item.use is not Use.DEVELOPMENT:
            forms.setdefault((item.path, item.kind), set()).add(item.form)
    return forms
