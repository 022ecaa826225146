"""Find the variables that are read only without a variable of an add-on, and stay with it.

url = os.environ.get("DATABASE_URL") or os.environ.get("POSTGRES_URL")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app.fallback_reads import find_fallback_reads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason


def find_addon_fallbacks(
    sites: Sequence[FoundSite],
    contents: Iterable[tuple[str, bytes]],
    reserved: Mapping[str, SkipReason],
) -> dict[str, SkipReason]:
    """Map the variables that replace a missing variable of an add-on to the reason to skip them.

    Moving only the replacement would migrate a value that production does not use.

    Args:
        sites: All sites of the app.
        contents: Path and content of the files that may read variables.
        reserved: Why variables stay in the environment.
    """
    held = {name for name, reason in reserved.items() if reason.id is SkipId.SET_BY_ADDON}
    found: dict[str, SkipReason] = {}
    for _, first, second in find_fallback_reads(sites, contents) if held else ():
        if first.variable in held or first.variable in found:
            reason = SkipId.OVERRIDDEN.reason(reader="the app", other=first.variable)
            found.setdefault(second.variable, reason)
    return found
