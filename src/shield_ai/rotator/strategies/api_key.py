"""Rotate an API key with the user's hook: the module ROTATION_HOOK in the function's zip.

    def issue(current: str, token: str) -> str: ...   # request a new key from the provider
    def test(value: str) -> None: ...                 # raise an exception if the key is invalid
    def revoke(value: str) -> None: ...               # revoke a key, unless it is revoked already

`token` is the id of the rotation. Passed on as an idempotency key, it prevents duplicate keys.
The current and the previous key remain valid, because processes can cache the previous one. The
next rotation revokes the previous key.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..errors import RotationError, SetupError
from ..secret import PREVIOUS
from ..values import ValueStrategy, read_value, rotation_field

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from ..interface import Rotation


class ApiKey(ValueStrategy):
    """Replace an API key with the user's hook."""

    def generate(self, rotation: Rotation, value: str) -> str:
        """Return a new key from the provider."""
        issued = call_hook(rotation, "issue", value, rotation.token)
        if not isinstance(issued, str) or not issued:
            raise SetupError("issue() of the hook must return the key as a non-empty string")
        return issued

    def test(self, rotation: Rotation) -> None:
        """Test the pending key with the hook."""
        super().test(rotation)
        value = read_value(rotation.pending_value(), rotation_field(rotation.environ))
        call_hook(rotation, "test", value)

    @contextmanager
    def finishing(self, rotation: Rotation) -> Iterator[None]:
        """Revoke the previous key before it loses its label, which is the only reference to it."""
        with super().finishing(rotation):
            field = rotation_field(rotation.environ)
            version = rotation.state.version_with(PREVIOUS)
            previous = rotation.store.get_value(version=version) if version else None
            current = read_value(rotation.current_value(), field)
            pending = read_value(rotation.pending_value(), field)
            if previous is not None and read_value(previous, field) not in {current, pending}:
                rotation.ensure_pending()
                call_hook(rotation, "revoke", read_value(previous, field))
            yield


def call_hook(rotation: Rotation, function: str, *arguments: str) -> Any:
    """Call a function of the hook.

    Raises:
        SetupError: The hook can't be imported, or does not have the function.
        RotationError: The function failed. Its error message is dropped, because it can quote the
            key.
    """
    name = rotation.environ.get("ROTATION_HOOK")
    if not name:
        raise SetupError(
            "an API key requires a hook: set ROTATION_HOOK to the module with issue, test and "
            "revoke"
        )
    hook = getattr(_import_hook(name), function, None)
    if hook is None:
        raise SetupError(f"the hook {name} has no function {function}")
    try:
        return hook(*arguments)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a hook may raise anything
        raise RotationError(
            f"{function}() of the hook {name} failed: {type(error).__name__}"
        ) from None


def _import_hook(name: str) -> ModuleType:
    try:
        return import_module(name)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a hook may raise anything
        raise SetupError(
            f"the hook {name} can't be imported from the function's zip: {type(error).__name__}"
        ) from None


STRATEGY = ApiKey
