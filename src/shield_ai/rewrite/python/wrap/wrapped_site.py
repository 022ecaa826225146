"""Describe an expression to wrap in get_secret()."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.site import Site
from shield_ai.rewrite.python.accessor_names import AccessorNames
from shield_ai.rewrite.python.wrap.nested_reads import NestedRead

if TYPE_CHECKING:
    from collections.abc import Iterable


class Wrap(msgspec.Struct, frozen=True, kw_only=True):
    """An expression to wrap in get_secret(), and the secret that it reads."""

    site: Site
    secret: str
    field: str
    names: AccessorNames
    # If the code computes the name of the variable: each possible variable, its secret and field.
    candidates: tuple[tuple[str, str, str], ...] = ()
    is_optional: bool = False  # the secret has `optional = true` in shield.toml
    # If a hardcoded value is removed: the expression that reads the variable instead, which is
    # passed to get_secret(); "" if the call needs no expression. None if no value is removed.
    replacement: str | None = None
    is_in_map: bool = False  # the map file, from secrets to variables, lists the secret
    # If the call replaces a whole read, such as os.getenv("A", default) (see `plain_reads`): the
    # source of its default, "" without a default. None if the call does not replace a whole read.
    plain_default: str | None = None
    # The parts of a plain read whose default is a plain read, too; None for other expressions.
    read_in_default: NestedRead | None = None
    # The source of the default of a read under a computed name that the call replaces, "" without
    # a default. None for other expressions.
    computed_default: str | None = None
    overlaps: bool = False  # another wrapped expression is inside or around this one

    @property
    def reference(self) -> str:
        """The reference to the secret in calls: `name`, or `name:field` for a field.

        If the map file does not list the secret, it is `name`: the field is the argument `key`.
        """
        return f"{self.secret}:{self.field}" if self.field and self.is_in_map else self.secret


def sites_without_overlap(wraps: Iterable[Wrap]) -> set[Site]:
    """Return the sites that are neither inside nor around another site."""
    sites = sorted((wrap.site for wrap in wraps), key=lambda site: (site.start, -site.end))
    separate = set(sites)
    outer: Site | None = None
    for site in sites:
        if outer and site.start < outer.end:
            separate -= {site, outer}
        else:
            outer = site
    return separate
