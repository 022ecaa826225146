"""Choose the base classes that get the settings source for AWS, for subclasses in other files."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from shield_ai.model.site import FoundSite, Site

    Class = tuple[str, int]  # the path of its file, and its byte offset

MIN_SUBCLASSES = 2  # classes with secrets that share the method of a base class without secrets


class SharedBases(NamedTuple):
    """The base classes to which the settings source is added once for classes of several files."""

    bases: Mapping[str, frozenset[int]] = {}  # the offsets of the base classes, by file
    subclasses: Mapping[str, frozenset[int]] = {}  # of the classes that inherit the source, by file


def choose_shared_bases(sites: Sequence[FoundSite], variables: Collection[str]) -> SharedBases:
    """Return the base classes that get the source, and the classes that inherit it.

    Args:
        sites: The sites of the app.
        variables: The variables of the secrets to move.
    """
    subclasses: defaultdict[Class, set[Class]] = defaultdict(set)  # by base class
    classes: set[Class] = set()  # with secrets
    for finding, site in sites:
        if _is_moved_field(site, variables):
            settings = (finding.path, site.settings_start)
            classes.add(settings)
            if site.shared_base:
                subclasses[site.shared_base].add(settings)
    bases = {
        base for base, own in subclasses.items() if len(own) >= MIN_SUBCLASSES or base in classes
    }
    return SharedBases(
        bases=_by_file(bases),
        subclasses=_by_file({one for base in bases for one in subclasses[base]}),
    )


def _is_moved_field(site: Site, variables: Collection[str]) -> bool:
    return site.is_settings_field and not site.reason and site.variable in variables


def _by_file(classes: Collection[Class]) -> dict[str, frozenset[int]]:
    found: defaultdict[str, set[int]] = defaultdict(set)
    for path, offset in classes:
        found[path].add(offset)
    return {path: frozenset(offsets) for path, offsets in found.items()}
