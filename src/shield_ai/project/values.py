"""Read secret values from their sources. A locator identifies a source."""

from __future__ import annotations

import ast
import os
import secrets
from typing import TYPE_CHECKING

from shield_ai.model.errors import UnsafePlanError, ValueMissingError
from shield_ai.model.hidden import Hidden
from shield_ai.model.locator import (
    CodeLiteral,
    Copy,
    DotenvLine,
    EnvVar,
    FormerSecret,
    Generated,
    Locator,
    Prompt,
)
from shield_ai.project.env_file import ExpandableValue
from shield_ai.project.secret_document import json_field

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from shield_ai.model.file_reader import FileReader

# as in django.core.management.utils.get_random_secret_key
_DJANGO_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)"
_DJANGO_LENGTH = 50
# In the process's environment, these belong to the person who runs the command, not to the app.
OPERATOR_VARIABLES = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})


class Values:
    """The sources of values for one command.

    Args:
        env_files: The content of each .env file, by the path from the command line. Later files
            override earlier ones.
        environ: The process's environment.
        read: Returns the content of a file of the app, for literals in code.
        ask: Prompts for the value of a variable, with hidden input.
        read_secret: Reads a secret in AWS.
    """

    def __init__(
        self,
        env_files: Mapping[str, Mapping[str, Hidden]],
        environ: Mapping[str, str] = os.environ,
        read: FileReader = lambda _: None,
        ask: Callable[[str], Hidden] | None = None,
        read_secret: Callable[[Copy | FormerSecret], Hidden] | None = None,
    ) -> None:
        self._env_files = env_files
        self._environ = environ
        self._read = read
        self._ask = ask
        self._read_secret = read_secret

    def locators(self, variables: Iterable[str]) -> dict[str, Locator]:
        """Map each variable with a non-empty value to its locator; .env files come first."""
        found: dict[str, Locator] = {}
        for variable in variables:
            if self._environ.get(variable) and variable not in OPERATOR_VARIABLES:
                found[variable] = EnvVar(variable)
            for path, values in self._env_files.items():
                if values.get(variable):
                    found[variable] = DotenvLine(path, variable)
        return found

    def env_file_variables(self) -> dict[str, Hidden]:
        """Return all variables of the .env files, including those that belong to no secret."""
        variables: dict[str, Hidden] = {}
        for values in self._env_files.values():
            variables.update(values)
        return variables

    def resolve(self, locator: Locator) -> Hidden:
        """Return the value of a locator.

        Raises:
            ValueMissingError: The source no longer has a value.
        """
        value = self._find(locator)
        if not value:
            raise ValueMissingError(f"{locator} no longer has a value", "run shield plan again")
        return value

    def require_unambiguous(self, locator: Locator) -> None:
        """Require that every reader of a .env file gets the same value from a locator.

        Raises:
            UnsafePlanError: The value contains `${NAME}`, which only some readers expand.
        """
        value = self._find(locator) if isinstance(locator, DotenvLine) else None
        if isinstance(value, ExpandableValue) and isinstance(locator, DotenvLine):
            raise UnsafePlanError(
                f"{locator.path}:{value.line}: the value of {locator.variable} contains ${{…}}, "
                "which only some readers of the file expand",
                "write the value in full; if the app needs the text itself, remove the line and "
                f"set {locator.variable} in the environment of shield",
            )

    def _find(self, locator: Locator) -> Hidden | None:
        match locator:
            case EnvVar():
                return Hidden(self._environ.get(locator.variable, ""))
            case DotenvLine():
                return self._env_files.get(locator.path, {}).get(locator.variable)
            case CodeLiteral():
                return self._literal(locator)
            case Generated():
                return generate_value(locator.kind)
            case Prompt():
                return self._ask(locator.variable) if self._ask else None
            case Copy() | FormerSecret():
                value = self._read_secret(locator) if self._read_secret else None
                return json_field(value, locator.field) if value else None

    def _literal(self, literal: CodeLiteral) -> Hidden | None:
        try:
            source = (self._read(literal.path) or b"")[literal.start : literal.end]
            return Hidden(_literal_text(ast.parse(f"({source.decode()})", mode="eval").body))
        except (ValueError, SyntaxError, TypeError):
            return None


def _literal_text(node: ast.expr) -> str:
    """Return the text of a constant, or of a sum of constants.

    Raises:
        TypeError: The expression is not a constant.
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _literal_text(node.left) + _literal_text(node.right)
    if not isinstance(node, ast.Constant):
        raise TypeError(type(node).__name__)
    return node.value.decode() if isinstance(node.value, bytes) else str(node.value)


def generate_value(kind: str) -> Hidden:
    """Return a random value: a Django key, or 32 characters that never need escaping.

    Args:
        kind: The secret's kind.
    """
    if kind == "django-secret-key":
        return Hidden("".join(secrets.choice(_DJANGO_ALPHABET) for _ in range(_DJANGO_LENGTH)))
    return Hidden(secrets.token_urlsafe(24))
