"""Describe what a rotation will do, before the user confirms it, 80 columns wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.reports.terminal.wrapping import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.flow.rotate.run import RotationPreview

_LABEL_WIDTH = 10
# For each kind of strategy: the effect of the rotation, and what must restart.
_SINGLE_USER = (
    "The password changes at once. Open connections stay open; new connections need the new value.",
    (
        "Processes that read the secret only at startup need a restart right after the rotation; "
        "their new connections fail until then."
    ),
)
_ALTERNATING_USERS = (
    (
        "The user that is not in use gets the new password and becomes current. The login in use "
        "works until the next rotation."
    ),
    "Processes that read the secret only at startup need a restart before the next rotation.",
)
_API_KEY = (
    (
        "The hook issues a new key. The current key stays valid until the next rotation, which "
        "revokes it."
    ),
    "Processes that read the secret only at startup need a restart before the next rotation.",
)
_VALUE = (
    "A new value becomes current. The app accepts the old one only if it also reads AWSPREVIOUS.",
    (
        "Processes that read the secret only at startup need a restart; others read the new value "
        "when their cache expires (AWS_SECRETS_TTL, default 300 seconds)."
    ),
)
_CUSTOM = (
    "Defined by the function; shield does not know it.",
    "Check the function's documentation before you rotate.",
)
_BACKEND = (
    "Databases with the backend shield_runtime.django need none: each new connection reads the "
    "current login. Other processes that read the secret only at startup need a restart."
)


def preview_text(preview: RotationPreview) -> str:
    """Describe a rotation: the strategy, the server, the effect, and what must restart."""
    return "\n".join(_lines(preview)) + "\n"


def _lines(preview: RotationPreview) -> Iterator[str]:
    place = "on this machine"
    if preview.function:
        place = f"in AWS by the function {preview.function}"
    action = "resume the rotation of" if preview.is_resumed else "rotate"
    yield f"About to {action} {preview.secret_id}:"
    yield from _wrap("strategy", f"{preview.strategy or 'custom'}, {place}")
    if preview.database:
        yield from _wrap("database", preview.database)
    effect, restart = _consequences(preview.strategy)
    if preview.database and preview.uses_backend:
        restart = _BACKEND
    yield from _wrap("effect", effect)
    yield from _wrap("restart", restart)


def _consequences(strategy: str) -> tuple[str, str]:
    if strategy.endswith("single-user"):
        return _SINGLE_USER
    if strategy.endswith("alternating-users"):
        return _ALTERNATING_USERS
    if strategy == "api-key":
        return _API_KEY
    return _VALUE if strategy else _CUSTOM


def _wrap(label: str, text: str) -> list[str]:
    start = f"  {label:<{_LABEL_WIDTH}} "
    return wrap(text, start, " " * len(start))
