"""An API key, through a module that the user writes: ROTATION_HOOK names it, and it lies in the function's zip.

    def issue(current: str, token: str) -> str: ...   # ask the provider for a new key
    def test(value: str) -> None: ...                 # raise when it does not work yet
    def revoke(value: str) -> None: ...               # end a key; one that has ended already is no error

`token` is the rotation's id: a provider that takes an idempotency key makes only one key, however often it is asked.
The current key and the one before it stay valid: a process may hold the latter until its cache ends. The key before
these is revoked by the next rotation.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import RotationError, SetupError
from .secret import PREVIOUS
from .values import ValueStrategy, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .interface import Rotation


class ApiKey(ValueStrategy):
    """See the module."""

    def make(self, rotation: Rotation, value: str) -> str:
        """Let the provider make it."""
        issued = call(rotation, "issue", value, rotation.token)
        if not isinstance(issued, str) or not issued:
            raise SetupError("issue() of the hook must return the key as text")
        return issued

    def test(self, rotation: Rotation) -> None:
        """Let the hook try the key."""
        super().test(rotation)
        call(rotation, "test", read(rotation.pending(), rotation.environ.get("ROTATION_FIELD", "")))

    @contextmanager
    def finishing(self, rotation: Rotation) -> Iterator[None]:
        """Revoke the previous key before it loses its label: after that nobody would know it any more."""
        with super().finishing(rotation):
            field = rotation.environ.get("ROTATION_FIELD", "")
            version = rotation.state.holder(PREVIOUS)
            previous = rotation.store.value(version=version) if version else None
            kept = {read(text, field) for text in (rotation.current(), rotation.pending())}
            if previous is not None and read(previous, field) not in kept:
                rotation.confirm()
                call(rotation, "revoke", read(previous, field))
            yield


def call(rotation: Rotation, function: str, *arguments: str) -> Any:
    """Call the hook; of its error only the type is passed on, since the text may quote the key."""
    name = rotation.environ.get("ROTATION_HOOK")
    if not name:
        raise SetupError(
            "an API key needs a hook: set ROTATION_HOOK to the module with issue, test and revoke"
        )
    try:
        hook = getattr(import_module(name), function)
    except (ImportError, AttributeError):
        raise SetupError(
            f"the hook {name} has no function {function}, or is not in the function's zip"
        ) from None
    try:
        return hook(*arguments)
    except Exception as error:  # noqa: BLE001  # the hook may raise what it likes
        raise RotationError(
            f"{function}() of the hook {name} failed: {type(error).__name__}"
        ) from None
