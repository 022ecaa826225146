"""Choose base classes in other files from which pydantic settings classes inherit the source."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.site import Shape

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from shield_ai.model.site import FoundSite, Site

    Class = tuple[str, int]  # the path of its file, and its byte offset

MIN_HEIRS = 2  # classes with secrets that share the method of a base class without secrets


class SharedBases(NamedTuple):
    """Where the source is added once for the classes of several files."""

    hosts: Mapping[str, frozenset[int]] = {}  # the offsets of the base classes, by file
    heirs: Mapping[str, frozenset[int]] = {}  # of the classes that inherit the source, by file


def choose_shared_bases(sites: Sequence[FoundSite], variables: Collection[str]) -> SharedBases:
    """Return the base classes that get the source, and the classes that inherit it.

    Args:
        sites: The sites of the app.
        variables: The variables of the secrets to move.
    """
    heirs: defaultdict[Class, set[Class]] = defaultdict(set)  # by base class
    classes: set[Class] = set()  # with secrets
    for finding, site in sites:
        if _is_moved_field(site, variables):
            settings = (finding.path, site.settings_start)
            classes.add(settings)
            if site.shared_base:
                heirs[site.shared_base].add(settings)
    hosts = {base for base, own in heirs.items() if len(own) >= MIN_HEIRS or base in classes}
    return SharedBases(
        hosts=_by_file(hosts),
        heirs=_by_file({one for base in hosts for one in heirs[base]}),
    )


def _is_moved_field(site: Site, variables: Collection[str]) -> bool:
    return site.shape is Shape.FIELD and not site.reason and site.variable in variables


def _by_file(classes: Collection[Class]) -> dict[str, frozenset[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for path, offset in classes:
        found[path].add(offset)
    return {path: frozenset(offsets) for path, offsets in found.items()}
