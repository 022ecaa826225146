"""Find the Compose files with services that would not get the variables that turn AWS on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.rewrite.project.describe import stage_variable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.file_reader import FileReader

SWITCH = "USE_AWS_SECRETS"
LISTED = (
    "{}: its services get only the variables that the file lists: "
    "add {}, {} and AWS_REGION to the services of the app"
)


def switch_steps(
    variables: Sequence[DeploymentVariable],
    edited: Collection[str],
    read: FileReader,
    *,
    django: bool,
) -> Iterator[str]:
    """Yield a step for each Compose file that lists the variables of the app's services.

    The variables in the .env file beside it, such as USE_AWS_SECRETS, don't reach such services.

    Args:
        variables: The lines that set variables.
        edited: The files that the plan edits.
        read: Returns the bytes of a file of the app.
        django: Whether the app uses Django.
    """
    forms: dict[str, set[ValueForm]] = {}
    for item in variables:
        if item.kind is DeploymentKind.COMPOSE and item.use is not Use.DEVELOPMENT:
            forms.setdefault(item.path, set()).add(item.form)
    for path, found in sorted(forms.items()):
        if path in edited or ValueForm.ENV_FILE in found:
            continue
        if SWITCH.encode() not in (read(path) or b""):
            yield LISTED.format(path, SWITCH, stage_variable(django=django))
