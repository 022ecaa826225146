"""Leave out the schedule of a database whose password other services get, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.scan.deployment.other_services import find_other_services

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.model.manifest import Secret

SHARED = (
    "{name}: without a schedule, because {place} gets {variable}, too: a rotation would change the"
    " password of both"
)


def without_shared_rotation(
    secrets: Sequence[Secret], root: Path
) -> tuple[list[Secret], list[str]]:
    """Return the new secrets with manual rotation of shared passwords, and a line for each reason.

    Args:
        secrets: The new secrets.
        root: The app's folder.
    """
    drafted: list[Secret] = []
    lines: list[str] = []
    others = {name for s in secrets if s.kind is not Kind.DATABASE for name in s.variables()}
    passwords = list(filter(None, map(_scheduled_password, secrets)))
    places = find_other_services(root, passwords, others)
    for secret in secrets:
        password = _scheduled_password(secret)
        if password in places:
            place = places[password][0]
            lines.append(SHARED.format(name=secret.name, place=place, variable=password))
            drafted.append(msgspec.structs.replace(secret, rotate="manual"))
        else:
            drafted.append(secret)
    return drafted, lines


def _scheduled_password(secret: Secret) -> str:
    """Return the variable with the password of a database with a schedule; "" without one."""
    if secret.kind is not Kind.DATABASE or not isinstance(secret.rotate, Rotation):
        return ""
    return (secret.fields or {}).get("password") or secret.env or ""
