"""Name the services beside the app that need the same values as the secrets in AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.finding import Kind
from shield_ai.model.plurals import shortened
from shield_ai.model.rotation_policy import PUBLIC_FIELDS
from shield_ai.scan.deployment.other_services import find_other_services

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from shield_ai.model.manifest import Secret

MAX_PLACES = 3
STEP = "{variable}: other services get it, too ({places}): if it changes in AWS, change it there"


def shared_secret_steps(secrets: Sequence[Secret], root: Path) -> Iterator[str]:
    """Yield a line for each secret that other services get from the deployment files.

    Args:
        secrets: The secrets in shield.toml.
        root: The app's folder.

    Raises:
        SourceError: The folder can't be listed.
    """
    variables: dict[str, None] = {}
    for secret in secrets:
        for variable, field in secret.variables().items():
            if field not in PUBLIC_FIELDS:
                variables[variable] = None
    own = {name for s in secrets if s.kind is not Kind.DATABASE for name in s.variables()}
    for variable, places in find_other_services(root, list(variables), own).items():
        yield STEP.format(variable=variable, places=shortened(places, MAX_PLACES))
