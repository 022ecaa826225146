"""Describe an expression that is wrapped in get_secret()."""

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
    # variable, secret and field of each secret that a computed name can refer to
    candidates: tuple[tuple[str, str, str], ...] = ()
    is_optional: bool = False  # in shield.toml
    # The expression that reads the value of a removed literal: "" if get_secret() alone reads it,
    # None if no literal is removed.
    replacement: str | None = None
    has_map: bool = False  # the map file names the variable of the secret
    # The default of a plain read, which the call replaces: "" without one, None for other reads.
    plain_default: str | None = None
    nested: NestedRead | None = None  # a plain read whose default is a plain read, too
    is_nested: bool = False  # another wrapped expression is inside or around this one

    @property
    def reference(self) -> str:
        """The reference to the secret in calls: `name` or `name:field`."""
        return f"{self.secret}:{self.field}" if self.field and self.has_map else self.secret


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
