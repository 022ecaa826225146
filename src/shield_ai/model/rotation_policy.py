"""How a secret of shield.toml rotates: by which strategy, with which settings of the rotation function; or by hand."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model import schedule
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation

if TYPE_CHECKING:
    from datetime import datetime

    from shield_ai.model.manifest import Secret

# Fields of a document that are no secrets by themselves.
PUBLIC = frozenset({"database", "username", "host", "port", "client_id"})
# as in rotator/values.py, which imports nothing of ours
USUAL = frozenset({"value", "password", "secret", "key"})
OF_KIND = {Kind.DJANGO_SECRET_KEY: "django-secret-key", Kind.API_KEY: "api-key"}


def strategy(secret: Secret) -> str:
    """Name the strategy, in short where it goes with the server; empty where only a person can rotate it."""
    rotate = secret.rotate if isinstance(secret.rotate, Rotation) else None
    if rotate and rotate.strategy:
        name = rotate.strategy
    elif secret.kind is Kind.DATABASE:
        name = "alternating-users" if rotate and rotate.admin else "single-user"
    else:
        name = OF_KIND.get(secret.kind, "")
    return "" if name == "api-key" and not (rotate and rotate.hook) else name


def manual_fields(secret: Secret) -> tuple[str, ...]:
    """Return the fields that change when a person rotates it; one empty name for a text, or the usual field."""
    fields = secret.fields or {}
    return (
        ("",)
        if USUAL & set(fields)
        else tuple(field for field in fields if field not in PUBLIC) or ("",)
    )


def environment(secret: Secret) -> dict[str, str]:
    """Return what the rotation function is told, wherever it runs."""
    rotate = secret.rotate if isinstance(secret.rotate, Rotation) else Rotation(every="")
    fields = manual_fields(secret)
    settings = {
        "ROTATION_STRATEGY": strategy(secret),
        "ROTATION_ADMIN": rotate.admin,
        "ROTATION_FIELD": fields[0]
        if len(fields) == 1 and secret.kind is not Kind.DATABASE
        else "",
        "ROTATION_HOOK": PurePosixPath(rotate.hook).stem,
        "ROTATION_HOOK_FILE": rotate.hook,
        "ROTATION_SSLMODE": rotate.sslmode,
        "ROTATION_CA_FILE": rotate.ca,
    }
    return {name: value for name, value in settings.items() if value}


def due(secret: Secret, last: datetime) -> datetime | None:
    """Return when the next rotation after the last one is due; None where nothing was said of when."""
    return (
        schedule.parse(secret.rotate.every).next(last)
        if isinstance(secret.rotate, Rotation)
        else None
    )
