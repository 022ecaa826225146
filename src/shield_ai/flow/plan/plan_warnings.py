"""Find what is probably wrong in shield.toml, the code or the values, and needs a manual step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.apply.run import resolve_value
from shield_ai.flow.literal_variables import renamed_literals
from shield_ai.flow.misspelled_names import find_misspelled_names
from shield_ai.flow.plan.aws_endpoint import endpoint_warnings
from shield_ai.flow.plan.manifest_preconditions import importer_of
from shield_ai.flow.plan.misspelled_settings import misspelled_ignores
from shield_ai.flow.plan.other_values import other_values
from shield_ai.flow.rotate.environment_secrets import label
from shield_ai.flow.rotate.shared_logins import SharedLogin, find_shared_logins
from shield_ai.model.locator import CodeLiteral, Copy, DotenvLine, EnvVar
from shield_ai.model.manifest import has_default_region
from shield_ai.model.naming import MANIFEST
from shield_ai.model.rotation_policy import changes_database

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Secret
    from shield_ai.model.plan import Plan
    from shield_ai.project.values import Values

DEFAULT_REGION_STEP = (
    "{} is only the default region: before shield apply creates the secrets there, check `region`"
    " in shield.toml"
)
# The sources that the plan may read without a prompt or a call to AWS.
_LOCAL_SOURCES = (EnvVar, DotenvLine, CodeLiteral)


def plan_warnings(plan: Plan, app: AppContext, values: Values) -> Iterator[str]:
    """Yield a line for a missing map file, changed and misspelled names, values and endpoints.

    Args:
        plan: The plan.
        app: The app.
        values: The opened sources of the plan's values.
    """
    yield from _missing_map(plan, app)
    yield from _shared_logins(plan, app, values)
    yield from other_values(plan, app, values)
    if app.only != "aws":
        yield from (found.text for found in find_misspelled_names(app))
        yield from misspelled_ignores(app)
    if plan.files:
        yield from _renamed_literals(plan, app)
        yield from endpoint_warnings(app)
        yield from _default_region(app)


def _default_region(app: AppContext) -> Iterator[str]:
    region = app.manifest.app.region
    if has_default_region(app.manifest, app.tree.read(MANIFEST)):
        yield DEFAULT_REGION_STEP.format(region)


def _renamed_literals(plan: Plan, app: AppContext) -> Iterator[str]:
    edited = {file.path for file in plan.files}
    for finding, site in renamed_literals(app.sites):
        if finding.path in edited:
            yield (
                f"{finding.path}:{finding.line}: {finding.name} moves to the variable"
                f" {site.variable}, because something else may set or read {finding.name}"
            )


def _missing_map(plan: Plan, app: AppContext) -> Iterator[str]:
    """Yield a line if the plan creates the map file, and the code already imports it."""
    path = app.manifest.app.runtime
    if not any(file.path == path and file.before is None for file in plan.files):
        return
    caller = importer_of(path, app)
    if caller:
        yield (
            f"{path} is missing, but {caller} imports it: if shield apply was run elsewhere,"
            " the files that it created there were not committed; commit them"
        )


def _shared_logins(plan: Plan, app: AppContext, values: Values) -> Iterator[str]:
    """Yield a line for each secret to store with a login that another secret contains, too."""
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
