"""Find what is probably wrong in shield.toml, the code or the values, and needs a manual step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.draft.copied_passwords import copy_steps
from shield_ai.flow.draft.development_defaults import default_lines
from shield_ai.flow.literal_variables import renamed_literals
from shield_ai.flow.misspelled_names import find_misspelled_names
from shield_ai.flow.plan.aws_endpoint import endpoint_warnings
from shield_ai.flow.plan.default_region import default_region_steps
from shield_ai.flow.plan.manifest_preconditions import importer_of
from shield_ai.flow.plan.misspelled_settings import misspelled_ignores
from shield_ai.flow.plan.other_values import other_values
from shield_ai.flow.plan.overriding_files import overriding_file_steps
from shield_ai.flow.plan.planned_logins import planned_logins
from shield_ai.flow.plan.shared_secrets import shared_secret_steps
from shield_ai.model.plan import RENAMED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.plan import Plan
    from shield_ai.project.values import Values


def plan_warnings(plan: Plan, app: AppContext, values: Values) -> Iterator[str]:
    """Yield a line for a missing map file, changed and misspelled names, values and copies.

    Args:
        plan: The plan.
        app: The app.
        values: The opened sources of the plan's values.
    """
    yield from _missing_map(plan, app)
    yield from planned_logins(plan, app, values)
    yield from other_values(plan, app, values)
    if app.only != "aws":
        yield from (found.text for found in find_misspelled_names(app))
        yield from misspelled_ignores(app)
    if plan.files:
        yield from _renamed_literals(plan, app)
        yield from endpoint_warnings(app)
        if app.manifest_on_disk:  # otherwise, the notes of the draft say so
            yield from default_lines(app.sites, app.manifest.secret)
        yield from copy_steps(app.manifest.secret, app.scan_result)
        yield from shared_secret_steps(app.manifest.secret, app.tree.root)
        yield from overriding_file_steps(app)
        yield from default_region_steps(app)


def _renamed_literals(plan: Plan, app: AppContext) -> Iterator[str]:
    edited = {file.path for file in plan.files}
    for finding, site in renamed_literals(app.sites, app.manifest.app.name):
        if finding.path in edited:
            yield (
                f"{finding.path}:{finding.line}: {finding.name}{RENAMED}{site.variable},"
                f" because something else may set or read {finding.name}"
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
