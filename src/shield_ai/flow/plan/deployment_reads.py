"""Find the variables that the code still reads from the environment after apply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.project.layout import is_test_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped


def find_reads(
    sites: Sequence[FoundSite], skipped: Sequence[Skipped]
) -> tuple[dict[str, str], set[str]]:
    """Separate the variables that production still reads from the environment from the others.

    The others are those whose reads are rewritten, and those of literals. A variable can be in
    both.

    Args:
        sites: The sites of the code.
        skipped: The sites that the plan does not rewrite.

    Returns:
        A place that still reads the variable, by variable; and the variables with rewritten reads.
    """
    skipped_reads = {(skip.path, skip.line, skip.name) for skip in skipped}
    remaining: dict[str, str] = {}
    rewritten: set[str] = set()
    for finding, site in sites:
        if is_test_settings(finding.path):
            continue  # production does not load them
        name = finding.env or finding.name
        is_file_skipped = (finding.path, 0, "") in skipped_reads
        is_skipped = is_file_skipped or (finding.path, finding.line, name) in skipped_reads
        if is_skipped and site.shape is not Shape.LITERAL:
            place = f"{finding.path}:{finding.line}"
            remaining.update(dict.fromkeys(site.variables, place))
        else:
            rewritten.update(site.variables)
    return remaining, rewritten
