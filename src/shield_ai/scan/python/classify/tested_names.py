"""Find the loops that test whether a variable with a computed name is set, and read it.

Each call that replaces a test or a read under a computed name lists all variables and secrets.
With two of them, nobody would want to edit the loop again.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.scan.python.classify.candidates import Candidate


def explain_tested_names(candidates: Sequence[Candidate]) -> None:
    """Set the reason of the tests and reads of a computed name that the code both tests and reads.

    Args:
        candidates: The candidates of a file. `is_guarded` must be set.
    """
    uses = defaultdict(list)
    for candidate in candidates:
        if candidate.name_expr:
            key = (candidate.scope, candidate.name_expr, candidate.possible_variables)
            uses[key].append(candidate)
    for same in uses.values():
        if len(same) > 1 and any(map(_tests, same)):
            for candidate in same:
                candidate.reason = candidate.reason or SkipId.TESTED_NAME.reason()


def _tests(candidate: Candidate) -> bool:
    """Return whether a candidate is a presence test, or a read after a test."""
    return candidate.shape is Shape.PRESENCE or candidate.is_guarded
