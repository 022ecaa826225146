"""Find the values of a plan that the user is prompted for, and drop those without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.locator import Prompt
from shield_ai.model.naming import MANIFEST
from shield_ai.model.skip import SkipId

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.plan import Change, Plan


def prompted_variables(plan: Plan) -> list[str]:
    """Return the variables that applying a plan prompts for, in the order of the plan.

    Args:
        plan: The plan.
    """
    variables: dict[str, None] = {}
    for change in plan.changes:
        variables.update(dict.fromkeys(_prompted(change)))
    return list(variables)


def without_values(plan: Plan, variables: Collection[str], optional: Collection[str]) -> Plan:
    """Return a plan in which the secrets of some variables have no value.

    Args:
        plan: The plan.
        variables: The variables without an answer.
        optional: The full names of the optional secrets, which need no value.
    """
    changes: list[Change] = []
    missing = list(plan.missing)
    skipped = list(plan.skipped)
    for change in plan.changes:
        unanswered = [name for name in _prompted(change) if name in variables]
        if unanswered and change.name in optional:
            skipped.append(SkipId.OPTIONAL_WITHOUT_VALUE.reason().entry(MANIFEST, name=change.name))
        elif unanswered:
            missing.append(f"{change.name} ({', '.join(unanswered)})")
        else:
            changes.append(change)
    return msgspec.structs.replace(
        plan, changes=tuple(changes), missing=tuple(missing), skipped=tuple(skipped)
    )


def _prompted(change: Change) -> list[str]:
    sources = [origin.source for origin in change.origins]
    return [source.variable for source in sources if isinstance(source, Prompt)]
