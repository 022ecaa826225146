"""Evaluate an app's own expression while one environment variable contains a secret.

The value is visible only to the current thread and context, and putenv() is never called: the
value is neither in /proc/PID/environ nor in the environment of a child process.
"""

from __future__ import annotations

import os
from _thread import get_ident
from contextvars import ContextVar

from . import process
from .errors import ExpressionFailure, Failure, SecretError, SecretFormatError, value_or_raise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, MutableMapping
    from typing import Any

    class _Environ(MutableMapping[Any, Any]):
        """The attributes of os._Environ, which has no public name."""

        _data: dict[Any, Any]

        def encodekey(self, key: Any) -> Any: ...
        def decodekey(self, key: Any) -> Any: ...
        def encodevalue(self, value: Any) -> Any: ...
        def decodevalue(self, value: Any) -> Any: ...
        def __getitem__(self, key: Any) -> Any: ...
        def __setitem__(self, key: Any, value: Any) -> None: ...
        def __delitem__(self, key: Any) -> None: ...
        def __iter__(self) -> Iterator[Any]: ...
        def __len__(self) -> int: ...
else:
    _Environ = os._Environ


class Overlay:
    """A variable that an expression sees with another value, or as unset."""

    __slots__ = ("outer", "raw_name", "text", "thread", "was_read")

    def __init__(self, variable: str, text: str | None) -> None:
        self.raw_name = os.environ.encodekey(variable)
        self.text = text
        self.was_read = False
        self.thread = get_ident()
        self.outer = _overlay.get()


_overlay: ContextVar[Overlay | None] = ContextVar("shield_runtime_overlay", default=None)


def _overlays() -> Iterator[Overlay]:
    """Yield the overlays of this thread, innermost first; other threads don't inherit them."""
    overlay = _overlay.get()
    thread = get_ident()
    while overlay is not None:
        if overlay.thread == thread:
            yield overlay
        overlay = overlay.outer


class _OverlaidEnviron(_Environ):
    """The class of os.environ and os.environb while an expression runs."""

    def _find(self, key: Any) -> Overlay | None:
        raw_name = self.encodekey(key)
        for overlay in _overlays():
            if overlay.raw_name == raw_name:
                return overlay
        return None

    def __getitem__(self, key: Any) -> Any:
        overlay = self._find(key)
        if overlay is None:
            return super().__getitem__(key)
        overlay.was_read = True
        if overlay.text is None:
            raise KeyError(key)
        return self.decodevalue(os.environ.encodevalue(overlay.text))

    def __contains__(self, key: Any) -> bool:
        overlay = self._find(key)
        if overlay is None:
            return super().__contains__(key)
        overlay.was_read = True
        return overlay.text is not None

    def get(self, key: Any, default: Any = None) -> Any:
        if self._find(key) is None:
            return super().get(key, default)
        try:
            return self[key]
        except KeyError:
            return default

    def __setitem__(self, key: Any, value: Any) -> None:
        overlay = self._find(key)
        if overlay is None:
            super().__setitem__(key, value)
        else:
            # putenv() would pass the value to child processes.
            overlay.text = os.environ.decodevalue(self.encodevalue(value))

    def __delitem__(self, key: Any) -> None:
        overlay = self._find(key)
        if overlay is None or overlay.raw_name in self._data:
            super().__delitem__(key)
        elif overlay.text is None:
            raise KeyError(key)
        if overlay is not None:
            overlay.text = None

    def __iter__(self) -> Iterator[Any]:
        shown: dict[Any, str | None] = {}
        for overlay in _overlays():
            overlay.was_read = True
            shown.setdefault(overlay.raw_name, overlay.text)
        for raw_name in list(self._data):
            if shown.pop(raw_name, raw_name) is not None:
                yield self.decodekey(raw_name)
        for raw_name, text in list(shown.items()):
            if text is not None:
                yield self.decodekey(raw_name)

    def __len__(self) -> int:
        return sum(1 for _ in self)


_overlaid_classes: dict[type, type] = {}  # the overlaid class, by the original class of os.environ
_running = 0  # expressions that run now, in all threads


def _count_expression(change: int) -> None:
    """Count the running expressions, and overlay os.environ while there are any."""
    global _running  # noqa: PLW0603
    with process.lock:
        _running += change
        for mapping in (os.environ, getattr(os, "environb", os.environ)):
            plain = getattr(type(mapping), "_plain", type(mapping))
            if plain not in _overlaid_classes:
                bases = (_OverlaidEnviron, plain)
                _overlaid_classes[plain] = type("_Environ", bases, {"_plain": plain})
            kind = _overlaid_classes[plain] if _running else plain
            object.__setattr__(mapping, "__class__", kind)


def evaluate(name: str, variable: str, text: str | None, expression: Callable[[], Any]) -> Any:
    """Evaluate an expression that sees `text` in `variable`; return its result, or a failure.

    Args:
        name: Name of the secret, for error messages.
        variable: Environment variable that the expression reads.
        text: Value of the variable; None if the variable is unset. With a value, the expression
            sees no `VARIABLE_FILE`.
        expression: The app's original expression.
    """
    if not issubclass(type(os.environ), _Environ):
        kind = type(os.environ).__name__
        return Failure(SecretError, f"secret {name!r}: os.environ has been replaced by a {kind}")
    token = _overlay.set(_overlay.get())
    if text is not None:
        # Readers of Docker secrets prefer the file that this variable names.
        # https://docs.docker.com/compose/how-tos/use-secrets/
        _overlay.set(Overlay(f"{variable}_FILE", None))
    overlay = Overlay(variable, text)
    _overlay.set(overlay)
    _count_expression(1)
    try:
        result = expression()
    except Exception as error:
        if not overlay.was_read or text is None:
            return ExpressionFailure(error)
        reason = f"its expression fails on the value: {_place_of(error)}"
        return Failure(SecretFormatError, f"secret {name!r}: {reason}")
    finally:
        _count_expression(-1)
        _overlay.reset(token)
    if overlay.was_read or text is None or _defer_setup(result, name, variable, text):
        return result
    return Failure(
        SecretError,
        f"secret {name!r}: its expression never read the variable {variable}, so the result is not"
        " the secret (if it reads another variable, pass that name as env=; if it uses a value that"
        " was read before, read the variable inside the expression)",
    )


def _defer_setup(result: Any, name: str, variable: str, text: str) -> bool:
    """Let a django-configurations value read the secret in setup(), where it reads its variable.

    Return False for any other result.
    """
    if not any(kind.__module__ == "configurations.values" for kind in type(result).__mro__):
        return False
    setup = result.setup

    def evaluate_setup(target: Any) -> Any:
        return value_or_raise(evaluate(name, variable, text, lambda: setup(target)))

    result.setup = evaluate_setup
    return True


def _place_of(error: BaseException) -> str:
    """Return the type and place of an error; its text, arguments and frames may contain a value."""
    traceback = error.__traceback__
    place = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename.rpartition(os.sep)[2]
        place = f" at {file}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return type(error).__name__ + place
