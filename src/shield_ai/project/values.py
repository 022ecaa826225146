"""Where values come from: locators, and the one function that turns a locator into a `Hidden`."""

from __future__ import annotations

import ast
import io
import json
import os
import secrets
import sys
from typing import TYPE_CHECKING

from dotenv.parser import parse_stream

from shield_ai.model.errors import SourceError, ValueMissingError
from shield_ai.model.hidden import Hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

# Django's own alphabet and length: django.core.management.utils.get_random_secret_key
_DJANGO_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789!@#$%^&*(-_=+)"
_DJANGO_LENGTH = 50
STDIN = "-"
# In the environment, these are of whoever runs this, and never the app's.
OPERATORS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})


def read_env_file(path: Path) -> dict[str, Hidden]:
    """Read a .env file, or standard input where it is called `-`; a later line wins over an earlier one.

    Raises:
        SourceError: It can't be read, or a line has no value or can't be understood; the text never shows the line.
    """
    try:
        raw = sys.stdin.buffer.read() if str(path) == STDIN else path.read_bytes()
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise SourceError(
            f"{path} can't be read: {error.strerror}", "name a file with KEY=value lines"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError(f"{path}:{line} is no UTF-8 text", "save the file as UTF-8") from None
    found: dict[str, Hidden] = {}
    for binding in parse_stream(io.StringIO(text)):
        line = binding.original.line
        if binding.error:
            raise SourceError(
                f"{path}:{line} is no KEY=value line", "quote values with special characters"
            )
        if binding.key and binding.value is None:
            raise SourceError(
                f"{path}:{line}: {binding.key} has no value",
                f"write {binding.key}=… or remove the line",
            )
        if binding.key and binding.value is not None:
            found[binding.key] = Hidden(binding.value)
    return found


class Values:
    """Every value source of one run.

    Args:
        env_files: Paths as the user gave them, and what is in each; a later file wins.
        environ: The process's environment.
        read: Gives the bytes of a file of the app, for literals in code.
        ask: Asks a person for the value of a variable, unseen.
        copy: Reads ENVIRONMENT/NAME of another environment.
    """

    def __init__(
        self,
        env_files: Mapping[str, Mapping[str, Hidden]],
        environ: Mapping[str, str] = os.environ,
        read: Callable[[str], bytes | None] = lambda _: None,
        ask: Callable[[str], Hidden] | None = None,
        copy: Callable[[str], Hidden] | None = None,
    ) -> None:
        self._env_files = env_files
        self._environ = environ
        self._read = read
        self._ask = ask
        self._copy = copy

    def available(self, variables: Iterable[str]) -> dict[str, str]:
        """Map those of the variables that have a value, an empty one aside, to its locator."""
        found: dict[str, str] = {}
        for variable in variables:
            if self._environ.get(variable) and variable not in OPERATORS:
                found[variable] = f"env:{variable}"
            for path, content in self._env_files.items():
                if content.get(variable):
                    found[variable] = f"dotenv:{path}#{variable}"
        return found

    def resolve(self, locator: str) -> Hidden:
        """Turn a locator into the value.

        Raises:
            ValueMissingError: It is not there any more.
        """
        scheme, _, rest = locator.partition(":")
        path, _, key = rest.rpartition("#")
        value: Hidden | None = None
        if scheme == "env":
            value = Hidden(self._environ.get(rest, ""))
        elif scheme == "dotenv":
            value = self._env_files.get(path, {}).get(key)
        elif scheme == "code":
            value = self._literal(path, key)
        elif scheme == "generate":
            value = generate(rest)
        elif scheme == "prompt" and self._ask:
            value = self._ask(rest)
        elif scheme == "copy" and self._copy:
            value = member(self._copy(path), key)
        if not value:
            raise ValueMissingError(f"{locator} has no value any more", "run shield plan again")
        return value

    def _literal(self, path: str, span: str) -> Hidden | None:
        start, _, end = span.partition("-")
        try:
            source = (self._read(path) or b"")[int(start) : int(end)]
            return Hidden(_text(ast.parse(f"({source.decode()})", mode="eval").body))
        except (ValueError, SyntaxError, TypeError):
            return None


def _text(node: ast.expr) -> str:
    """Return the text of a literal, or of literals added together.

    Raises:
        TypeError: It is none.
    """
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    if not isinstance(node, ast.Constant):
        raise TypeError(type(node).__name__)
    return node.value.decode() if isinstance(node.value, bytes) else str(node.value)


def member(value: Hidden, field: str) -> Hidden | None:
    """Take one field out of a JSON document; the whole text where no field is named."""
    if not field:
        return value
    try:
        found = json.loads(value.reveal()).get(field)
    except (ValueError, AttributeError):
        return None
    return None if found is None else Hidden(str(found))


def generate(kind: str) -> Hidden:
    """Make a new random value: a Django key in Django's alphabet, else 32 characters that need no quoting anywhere.

    Args:
        kind: The secret's kind.
    """
    if kind == "django-secret-key":
        return Hidden("".join(secrets.choice(_DJANGO_ALPHABET) for _ in range(_DJANGO_LENGTH)))
    return Hidden(secrets.token_urlsafe(24))
