"""Exceptions of the runtime. None of them contains a secret value.

::

    SecretError                    base class; also: a setting or an expression is invalid
     +- SecretNotFoundError        neither AWS nor the environment has it (also KeyError)
     +- SecretAccessDeniedError    AWS denies access: permissions or credentials
     +- SecretUnavailableError     AWS does not respond, or the response is invalid
     +- SecretFormatError          the secret has another format (also ValueError)
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "SecretAccessDeniedError",
    "SecretError",
    "SecretFormatError",
    "SecretNotFoundError",
    "SecretUnavailableError",
]


class SecretError(Exception):
    """A secret can't be read, or the runtime is misconfigured."""

    def __str__(self) -> str:
        # KeyError.__str__ would put the message in quotes.
        return str(self.args[0]) if self.args else ""


class SecretNotFoundError(SecretError, ValueError, KeyError):
    """Neither AWS nor the environment has the secret, or the secret has no such field."""


class SecretAccessDeniedError(SecretError):
    """AWS denies access: a permission is missing, or credentials are missing, wrong or expired."""


class SecretUnavailableError(SecretError):
    """AWS does not respond, throttles the request, or returns an invalid response."""


class SecretFormatError(SecretError, ValueError):
    """The secret exists, but does not have the requested format."""


class Failure:
    """An error that has not been raised yet.

    A new exception is created for each caller, outside the frames that contain a value.
    """

    __slots__ = ("kind", "text")

    def __init__(self, kind: type[SecretError], text: str) -> None:
        self.kind = kind
        self.text = text

    def error(self) -> Exception:
        """Return the exception to raise."""
        return self.kind(self.text)


class ExpressionFailure(Failure):
    """An exception of the app's own expression, which had not read a secret."""

    __slots__ = ("raised",)

    def __init__(self, raised: Exception) -> None:
        super().__init__(SecretError, type(raised).__name__)
        traceback = raised.__traceback__
        # The first frame is the runtime's, and contains the value.
        self.raised = raised.with_traceback(traceback.tb_next if traceback else None)

    def error(self) -> Exception:
        """Return the exception that the expression raised."""
        return self.raised


def value_or_raise(answer: Any) -> Any:
    """Return an answer, or raise it if it is a failure."""
    if isinstance(answer, Failure):
        raise answer.error()
    return answer
