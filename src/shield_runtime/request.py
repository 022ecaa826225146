"""A request for a secret, and the conversion of the secret's value to the result."""

from __future__ import annotations

import os

from .errors import ExpressionFailure, Failure, SecretNotFoundError
from .value import as_text, has_default_field, text_or_field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .value import SecretValue

CURRENT = "AWSCURRENT"
# Fields of a database secret that need no secrecy: an app may rely on their defaults in production.
SERVER_FIELDS = ("host", "port", "database")


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Missing()  # distinguishes "no default" from default=None


def default_variable(name: str) -> str:
    """Return the default variable of a secret, such as EMAIL_PASSWORD for email-password."""
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name.upper())


def name_and_field(entry: str | tuple[str, str]) -> tuple[str, str | None]:
    """Return the name and field of an entry in a mapping from variables to secrets."""
    return (entry, None) if isinstance(entry, str) else entry


def read_variable(variable: Any, default: Any) -> Any:
    """Return a variable that is not a secret, as the app reads it.

    Raises:
        KeyError: It is not set, and there is no default.
    """
    if callable(default):
        return default()
    return os.environ[variable] if default is MISSING else os.environ.get(variable, default)


def split_field(name: str) -> tuple[str, str | None]:
    """Split `name:field`. Secret names can't contain colons, but ARNs do."""
    if ":" not in name or name.startswith("arn:"):
        return name, None
    name, _, field = name.partition(":")
    return name, field


def secret_name(name: str) -> str:
    """Return the name of the secret in `name:field`."""
    return split_field(name)[0]


class Request:
    """One call of get_secret(), get_secret_dict() or get_secret_bytes().

    Args:
        name: Name of the secret, or `name:field`.
        default: Default value, or a callable; MISSING if there is none.
        key: Field of a JSON secret.
        env: Environment variable of the secret.
        stage: Version stage.
        convert: Converts the secret's value to the result.
    """

    __slots__ = (
        "convert",
        "default",
        "has_callable_default",
        "has_own_variable",
        "is_plain",
        "key",
        "lease_key",
        "name",
        "names_variable",
        "optional",
        "required",
        "stage",
        "variable",
    )

    def __init__(
        self,
        name: str,
        default: Any = MISSING,
        *,
        key: str | None = None,
        env: str | None = None,
        stage: str = CURRENT,
        convert: Callable[[SecretValue, str, str | None], Any] = as_text,
    ) -> None:
        self.lease_key = (name, key, env, stage)
        # Whether the name alone identifies the result.
        self.is_plain = key is None and env is None and stage == CURRENT
        self.name, field = split_field(name)
        self.key = field if key is None else key
        self.default = default
        self.stage = stage
        self.convert = convert
        self.has_callable_default = callable(default)
        self.names_variable = env is not None
        self.variable = env or default_variable(self.name)
        self.has_own_variable = False  # the mapping names a variable for exactly this field
        self.optional = False  # the app can run without the secret
        self.required = False  # the app must not run without the secret

    @property
    def is_expression(self) -> bool:
        """Whether the default is a callable that is evaluated with the secret in its variable."""
        return self.has_callable_default and self.convert is as_text

    def plain_default(self) -> Any:
        """Return the default value, or the result of a callable default."""
        return self.default() if self.has_callable_default else self.default

    def answer(self, value: SecretValue) -> Any:
        """Convert a value from AWS to the result; for an expression, to the variable's text."""
        convert = text_or_field if self.is_expression else self.convert
        # A variable for the whole secret can contain JSON, which the app parses itself.
        is_whole = self.has_own_variable and self.key is None
        if convert is as_text and is_whole and not has_default_field(value):
            convert = text_or_field
        return convert(value, self.name, self.key)

    def answer_from_variable(self, value: SecretValue) -> Any:
        """Convert an environment variable, which is text or a JSON object, to the result."""
        is_whole = self.key is None or self.has_own_variable or value.document is None
        if self.convert is as_text and is_whole:
            return value.text
        return self.convert(value, self.name, self.key)

    def evaluate(self, text: str | None) -> Any:
        """Evaluate the callable with the environment variable set to `text`."""
        from .expression import evaluate

        return evaluate(self.name, self.variable, text, self.default)

    def is_default(self, result: Any) -> bool:
        """Return whether the callable returns an equal result if its variable is not set."""
        default = self.evaluate(None)
        return type(default) is type(result) and bool(default == result)

    def is_optional(self) -> bool:
        """Return whether the app can run without the text of the secret.

        It can if the secret is optional, or if the default is empty and the secret not required.
        """
        if self.required or self.convert is not as_text:
            return False
        if self.optional or self.default is MISSING:
            return self.optional
        default = self.evaluate(None) if self.has_callable_default else self.default
        return not default

    def default_in_production(
        self, failure: Failure, *, is_declared: bool, has_login: bool = False
    ) -> Any:
        """Return the default if the app can run without the secret; otherwise return the failure.

        The app can run without the secret if the default is empty or the secret is optional. The
        default of a database's host, port or name also holds in production, but while AWS can't be
        asked only beside a login from variables. Any other default is a value for development.

        Args:
            failure: Why the secret can't be read.
            is_declared: Whether the client's mapping names the secret. If it doesn't and the
                secret doesn't exist, any default value is returned.
            has_login: Whether the variables of the same secret supply the user and the password.
        """
        is_missing = failure.kind is SecretNotFoundError
        is_server = self.key in SERVER_FIELDS and (is_missing or has_login)
        is_allowed = self.optional or is_server
        if not self.is_expression:
            result = self.plain_default()
            if not result or is_allowed or (is_missing and not is_declared):
                return result
            return failure
        result = self.evaluate(None)
        is_own_error = isinstance(result, ExpressionFailure)
        if is_own_error and is_missing and type(result.raised) not in (KeyError, ValueError):
            # The app may handle its own exception; ours would not match the handler.
            result.raised.__cause__ = failure.error()
            if hasattr(result.raised, "add_note"):  # in the last line of a traceback: Python 3.11
                result.raised.add_note(failure.text)
            return result
        if not result or self.optional or (is_allowed and not is_own_error):
            return result
        return failure
