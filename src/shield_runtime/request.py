"""What a caller asks for, and how the answer is made from a secret's value."""

from __future__ import annotations

from .errors import ExpressionFailure, Failure
from .value import as_text, whole_or_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .value import SecretValue

CURRENT = "AWSCURRENT"


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()  # tells "no default" from default=None


def default_variable(name: str) -> str:
    """Return the environment variable of a secret: EMAIL_PASSWORD for email-password."""
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name.upper())


def name_and_field(entry: str | tuple[str, str]) -> tuple[str, str | None]:
    """Return name and field of an entry in a mapping from variables to secrets."""
    return (entry, None) if isinstance(entry, str) else entry


class Request:
    """One call of get_secret(), get_secret_dict() or get_secret_bytes()."""

    __slots__ = (
        "convert",
        "default",
        "env",
        "key",
        "lazy",
        "name",
        "optional",
        "stage",
        "variable",
    )

    def __init__(  # noqa: PLR0913  # the arguments of get_secret()
        self,
        name: str,
        default: Any = MISSING,
        *,
        key: str | None = None,
        env: str | None = None,
        stage: str = CURRENT,
        convert: Callable[[SecretValue, str, str | None], Any] = as_text,
        optional: bool = False,
    ) -> None:
        self.name = name
        self.default = default
        self.key = key
        self.env = env
        self.stage = stage
        self.convert = convert
        self.optional = optional  # the app runs without the secret
        self.lazy = callable(default)
        self.variable = env or default_variable(name)

    @property
    def is_expression(self) -> bool:
        """Whether the default is an expression that is shown the secret."""
        return self.lazy and self.convert is as_text

    @property
    def is_plain(self) -> bool:
        """Whether the name alone identifies the answer."""
        return self.key is None and self.env is None and self.stage == CURRENT

    def plain_default(self) -> Any:
        """Return the default where it is used as it is: a value, or the result of a call."""
        return self.default() if self.lazy else self.default

    def answer(self, value: SecretValue) -> Any:
        """Return what the caller, or the caller's expression, gets of a value from AWS."""
        convert = whole_or_field if self.is_expression else self.convert
        return convert(value, self.name, self.key)

    def answer_from_variable(self, value: SecretValue) -> Any:
        """Return what the caller gets of an environment variable, which is text or a document."""
        if self.convert is as_text and (self.key is None or value.document is None):
            return value.text
        return self.convert(value, self.name, self.key)

    def evaluate(self, text: str | None) -> Any:
        """Return the result of the expression that sees `text` in its variable."""
        from .environ import evaluate

        return evaluate(self.name, self.variable, text, self.default)

    def answer_without_secret(self, failure: Failure) -> Any:
        """Return what the expression gives if its variable is unset, or the failure.

        Only an empty result, or a request marked as optional, says that the app runs without the
        secret. Any other result is a value for development.
        """
        result = self.evaluate(None)
        is_own_error = isinstance(result, ExpressionFailure)
        if is_own_error and type(result.raised) not in (KeyError, ValueError):
            # The app may handle its own exception; ours would not match the handler.
            result.raised.__cause__ = failure.error()
            return result
        if result and not self.optional:
            return failure
        return result
