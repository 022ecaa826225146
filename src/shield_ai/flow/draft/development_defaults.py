"""Tell of the new secrets that production requires, although the code has a default for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.finding import Kind
from shield_ai.model.plurals import shortened
from shield_ai.model.site import READ_SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.model.manifest import Secret
    from shield_ai.model.site import FoundSite

# An app that needs them must not start with another value.
NEEDED_KINDS = frozenset({Kind.DJANGO_SECRET_KEY, Kind.DATABASE})
MAX_NAMES = 5
LINE = (
    "{names}: required in production, although the code has a default; to use the default there,"
    " set optional = true in shield.toml"
)


def default_lines(sites: Sequence[FoundSite], secrets: Iterable[Secret]) -> Iterator[str]:
    """Yield a line if no read of such secrets demands a value.

    The defaults are taken as development values. Databases and Django's key are left out.

    Args:
        sites: All sites of the app.
        secrets: The new secrets.
    """
    reads = [site for _, site in sites if site.shape in READ_SHAPES and not site.reason]
    with_default = {r.variable for r in reads if r.optional and r.has_nonempty_default}
    with_default -= {read.variable for read in reads if not read.optional}
    names = []
    for secret in secrets:
        may_lack_value = not secret.optional and secret.kind not in NEEDED_KINDS
        if may_lack_value and with_default.issuperset(secret.variables()):
            names.append(secret.name)
    if names:
        yield LINE.format(names=shortened(names, MAX_NAMES))
