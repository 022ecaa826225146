"""Find the former secrets of an app that its role must still be allowed to read.

The deployed version reads a renamed secret under its former name until the next deployment.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from shield_ai.aws.desired.iam import allow_former_secrets, granted_names
from shield_ai.flow.plan.renamed_secrets import (
    applied_secrets,
    former_names,
    leftover_secrets,
    listed_names,
)
from shield_ai.model.errors import AwsDeniedError
from shield_ai.rewrite.project.iam_policy import names_in_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.journal.log import Journal
    from shield_ai.model.resource import Live, Resource, Settings


def live_secrets(
    app: AppContext,
    aws: Account,
    journal: Journal,
    resources: Mapping[tuple[str, str], Settings | None],
) -> Live:
    """Return the state of the secrets in shield.toml, and of those that the app may have had.

    The latter are in the map file, the journal, the policy file or the policy of the role in AWS.

    Args:
        app: The app.
        aws: The account.
        journal: The loaded journal.
        resources: The live settings of the app's resources.
    """
    listed = listed_names(app.target_manifest)
    former = former_names(app, applied_secrets(app, aws.id, journal))
    granted = _granted(resources, aws.id, app.target_manifest.app.region)
    return _live_state(app, aws, listed | former, granted)


def live_former_secrets(app: AppContext, aws: Account, journal: Journal) -> Live:
    """Return the state of the former secrets, without those in the live policies.

    Args:
        app: The app.
        aws: The account.
        journal: The loaded journal.
    """
    return _live_state(app, aws, former_names(app, applied_secrets(app, aws.id, journal)), set())


def _live_state(app: AppContext, aws: Account, names: set[str], granted: set[str]) -> Live:
    """Return the state of secrets, and of those that a policy of the app allows reading.

    Args:
        app: The app.
        aws: The account.
        names: The names in AWS of the secrets.
        granted: The names in AWS of the secrets in the live policies.
    """
    target = app.target_manifest
    live = aws.live_state(names)
    secrets = dict(live.secrets)
    if not app.environment:  # the file is the policy without an environment
        granted = granted | names_in_file(app.tree.read, aws.id, target.app.region)
    for name in sorted(granted - names - listed_names(target)):
        # Somebody may have added the secret of another app to the policy.
        with contextlib.suppress(AwsDeniedError):
            state = aws.secrets.state(name)
            if state:
                secrets[name] = state
    return msgspec.structs.replace(live, secrets=secrets)


def _granted(
    resources: Mapping[tuple[str, str], Settings | None], account: str, region: str
) -> set[str]:
    names: set[str] = set()
    for (kind, _), settings in resources.items():
        if kind == "policy" and settings:
            names |= granted_names(settings.get("document"), account, region)
    return names


def former_secrets(app: AppContext, live: Live) -> list[str]:
    """Return the names in AWS of former secrets that the app's role may still read, sorted.

    Args:
        app: The app.
        live: From `live_secrets`.
    """
    target = app.target_manifest
    return leftover_secrets(target, live) if target.app.role else []


def with_former_secrets(
    app: AppContext, aws: Account, desired: Sequence[Resource], live: Live
) -> tuple[Resource, ...]:
    """Return the desired resources, with policies that also allow reading the former secrets.

    Args:
        app: The app.
        aws: The account.
        desired: The resources that shield.toml describes.
        live: From `live_secrets`.
    """
    return allow_former_secrets(desired, app.target_manifest, aws.id, former_secrets(app, live))
