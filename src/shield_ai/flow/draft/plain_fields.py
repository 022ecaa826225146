"""Leave fields out of the secrets of databases that must stay variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.database_fields import is_sqlite
from shield_ai.model.finding import Kind
from shield_ai.model.skip import SkipId

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from shield_ai.model.manifest import Secret
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason


def sqlite_names(sites: Iterable[FoundSite]) -> dict[str, SkipReason]:
    """Map the variables that name SQLite databases to the reason not to move them.

    Another branch of the settings may read the same variable for a database with a login. With
    SQLite, the app must start without the secret of that login.

    Args:
        sites: All sites of the app.
    """
    names = {site.variable for _, site in sites if is_sqlite(site.engine) and not site.group}
    return dict.fromkeys(sorted(names), SkipId.SQLITE_NAME.reason())


def without_fields(secret: Secret, held: Mapping[str, SkipReason]) -> Secret:
    """Return the secret of a database without the fields that stay variables.

    A rotation needs all fields, so it is left out.

    Args:
        secret: A new secret.
        held: Why variables are not moved.
    """
    fields = secret.fields or {}
    moved = {field: name for field, name in fields.items() if name not in held}
    if secret.kind is not Kind.DATABASE or moved == fields or "password" not in moved:
        return secret
    return msgspec.structs.replace(secret, fields=moved, rotate="manual")
