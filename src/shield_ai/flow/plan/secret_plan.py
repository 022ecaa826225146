"""Plan one secret: choose the sources of its value, then its change in AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow.draft.origins import choose_origins, missing_variables
from shield_ai.flow.plan.secret_change import secret_change
from shield_ai.model.naming import MANIFEST
from shield_ai.model.skip import SkipId, Skipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.flow.plan.aws_plan import AwsInputs
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.plan import Change
    from shield_ai.model.site import FoundSite


class PlannedSecret(NamedTuple):
    """The change of one secret, or why it has none."""

    change: Change | None
    skipped: Sequence[Skipped]
    missing: str = ""  # the secret and its variables without a value


def plan_secret(
    secret: Secret,
    target: Manifest,
    sources: Sequence[FoundSite],
    sites: Sequence[FoundSite],
    read: FileReader,
    inputs: AwsInputs,
) -> PlannedSecret:
    """Plan one secret.

    Args:
        secret: The secret.
        target: shield.toml, with the settings of the environment.
        sources: The sites that values may come from.
        sites: The sites that the plan migrates.
        read: Returns the bytes of a file of the app.
        inputs: The inputs of the AWS part of the plan.
    """
    origins, ambiguous = choose_origins(secret, sources, read, inputs.available, inputs.prompts)
    missing = missing_variables(secret, origins, sites)
    change = secret_change(secret, target, () if missing else origins, inputs)
    if change:
        return PlannedSecret(change, ambiguous)
    if missing:
        return PlannedSecret(None, ambiguous, f"{secret.name} ({', '.join(missing)})")
    reason = SkipId.OPTIONAL_WITHOUT_VALUE.reason()
    return PlannedSecret(None, [*ambiguous, reason.entry(MANIFEST, name=secret.name)])
