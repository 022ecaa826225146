"""Locators: where the value of a secret, or of one field of it, comes from. Never the value.

A locator is written as a text in plans: `env:SECRET_KEY`, `dotenv:.env#DB_PASSWORD`,
`code:settings.py#120-160` (bytes), `prompt:DB_PASSWORD`, `generate:django-secret-key`,
`copy:staging/db#password`, `former:shop/db#password`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_CODE = re.compile(r"code:(.+)#([0-9]{1,12})-([0-9]{1,12})", re.DOTALL)  # a path can have newlines
_DOTENV = re.compile(r"dotenv:(.+)#([^#]+)", re.DOTALL)


class EnvVar(NamedTuple):
    """A variable of the process's environment."""

    variable: str

    def __str__(self) -> str:
        return f"env:{self.variable}"


class DotenvLine(NamedTuple):
    """A variable of a .env file; the path is the one on the command line."""

    path: str
    variable: str

    def __str__(self) -> str:
        return f"dotenv:{self.path}#{self.variable}"


class CodeLiteral(NamedTuple):
    """A constant in a file of the app."""

    path: str
    start: int  # byte offsets
    end: int

    def __str__(self) -> str:
        return f"code:{self.path}#{self.start}-{self.end}"


class Prompt(NamedTuple):
    """A prompt for the value of a variable."""

    variable: str

    def __str__(self) -> str:
        return f"prompt:{self.variable}"


class Generated(NamedTuple):
    """A new random value."""

    kind: str  # of the secret

    def __str__(self) -> str:
        return f"generate:{self.kind}"


class Copy(NamedTuple):
    """A secret of another environment, or one field of it."""

    environment: str
    secret: str  # without the app's prefix
    field: str  # empty for the entire value

    def __str__(self) -> str:
        return f"copy:{self.environment}/{self.secret}#{self.field}"


class FormerSecret(NamedTuple):
    """A secret of the app that shield.toml no longer has, or one field of it."""

    name: str  # in AWS
    field: str  # empty for the entire value

    def __str__(self) -> str:
        return f"former:{self.name}#{self.field}"


Locator = EnvVar | DotenvLine | CodeLiteral | Prompt | Generated | Copy | FormerSecret


def parse_locator(text: str) -> Locator:
    """Parse the text of a locator.

    Raises:
        ValueError: The text is not a locator.
    """
    scheme, _, rest = text.partition(":")
    match scheme:
        case "env":
            return EnvVar(rest)
        case "prompt":
            return Prompt(rest)
        case "generate":
            return Generated(rest)
        case "copy":
            path, _, field = rest.rpartition("#")
            environment, _, secret = path.partition("/")
            return Copy(environment, secret, field)
        case "former":
            name, _, field = rest.rpartition("#")
            return FormerSecret(name, field)
    code = _CODE.fullmatch(text)
    if code:
        return CodeLiteral(code[1], int(code[2]), int(code[3]))
    dotenv = _DOTENV.fullmatch(text)
    if dotenv:
        return DotenvLine(dotenv[1], dotenv[2])
    raise ValueError(text)
