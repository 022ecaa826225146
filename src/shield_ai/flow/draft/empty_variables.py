"""Make the new secrets optional whose variables the app's own env file leaves empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.draft.main_database import is_main_database
from shield_ai.flow.value_sources import empty_app_variables
from shield_ai.model.finding import Kind
from shield_ai.model.rotation_policy import ManualKind, manual_kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.project.tree import Tree

NOTE = "{name}: optional, because {variables} is empty in the app's .env file"
# An app that starts without them is not safe, or uses another database.
NEEDED_KINDS = frozenset({Kind.DJANGO_SECRET_KEY, Kind.DATABASE})
OWN_KEYS = frozenset({ManualKind.OWN_KEY, ManualKind.SESSION_KEY})


def with_optional_empty(
    manifest: Manifest, known: Sequence[Secret], tree: Tree
) -> tuple[Manifest, list[str]]:
    """Return the manifest with such secrets as optional, and a line for each of them.

    The app works with an empty value, which AWS can't store. Logins of the main database and the
    app's own keys stay required.

    Args:
        manifest: The drafted shield.toml.
        known: The secrets that shield.toml already has, which are not changed.
        tree: The app's folder.
    """
    empty = empty_app_variables(tree, manifest.app.settings)
    drafted: list[Secret] = []
    lines: list[str] = []
    for secret in manifest.secret[len(known) :]:
        if not secret.optional and empty.issuperset(secret.variables()) and _may_be_empty(secret):
            lines.append(NOTE.format(name=secret.name, variables=" and ".join(secret.variables())))
            drafted.append(msgspec.structs.replace(secret, optional=True))
        else:
            drafted.append(secret)
    return msgspec.structs.replace(manifest, secret=(*known, *drafted)), lines


def _may_be_empty(secret: Secret) -> bool:
    is_own_key = manual_kind(secret) in OWN_KEYS
    return secret.kind not in NEEDED_KINDS and not is_own_key and not is_main_database(secret)
