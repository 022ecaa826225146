"""Find the database logins that a plan would store in a second secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.apply.run import resolve_value
from shield_ai.flow.rotate.environment_secrets import label
from shield_ai.flow.rotate.shared_logins import SharedLogin, find_shared_logins
from shield_ai.model.locator import CodeLiteral, Copy, DotenvLine, EnvVar
from shield_ai.model.rotation_policy import changes_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Secret
    from shield_ai.model.plan import Plan
    from shield_ai.project.values import Values

# The sources that the plan may read without a prompt or a call to AWS.
_LOCAL_SOURCES = (EnvVar, DotenvLine, CodeLiteral)


def planned_logins(plan: Plan, app: AppContext, values: Values) -> Iterator[str]:
    """Yield a line for each secret to store with a login that another secret contains, too.

    Args:
        plan: The plan.
        app: The app.
        values: The opened sources of the plan's values.
    """
    prefix = app.target_manifest.app.prefix
    planned: dict[str, Hidden] = {}
    for change in plan.changes:
        sources = [origin.source for origin in change.origins]
        if sources and all(isinstance(source, _LOCAL_SOURCES) for source in sources):
            name = change.name.removeprefix(prefix)
            planned[name] = resolve_value(change.origins, values)
    secrets = app.target_manifest.secret
    for shared in (*find_shared_logins(secrets, planned), *_copied_logins(plan, secrets, prefix)):
        yield f"{shared.text}: {shared.advice}"


def _copied_logins(plan: Plan, secrets: Sequence[Secret], prefix: str) -> Iterator[SharedLogin]:
    """Yield the database logins that the plan copies from another environment."""
    rotated = {prefix + secret.name: secret.name for secret in secrets if changes_database(secret)}
    for change in plan.changes:
        sources = [origin.source for origin in change.origins]
        copies = [source for source in sources if isinstance(source, Copy)]
        if copies and change.name in rotated:
            others = {label(source.secret, source.environment): None for source in copies}
            yield SharedLogin(rotated[change.name], (), tuple(others))
