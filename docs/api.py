"""The page on what an app imports, from the docstrings of the runtime."""

from __future__ import annotations

import inspect
import re

from tables import table

import shield_ai
from shield_ai import runtime

_CLASSES = ("SecretsManagerClient", "RedactingFilter")


def page() -> str:
    """What an app imports."""
    parts = [
        "# Python\n",
        "`from shield_ai import get_secret`, or from the vendored copy: the same file.",
        "It needs Python 3.9 or newer, and nothing else until AWS is on.\n",
    ]
    for name in shield_ai.__all__:
        thing = getattr(runtime, name)
        if isinstance(thing, type):
            continue
        signature = re.sub(r" = <.*?>", " = …", str(inspect.signature(thing))).replace("'", "")
        parts += [
            f"## {name}\n",
            f"```text\n{name}{signature}\n```\n",
            f"{_prose(thing.__doc__ or '')}\n",
        ]
    parts += ["## Errors\n", table("error | when", [(f"`{e}`", _first(e)) for e in _errors()])]
    parts += ["## Classes\n", table("class | does", [(f"`{e}`", _first(e)) for e in _CLASSES])]
    return "\n".join(parts)


def _prose(doc: str) -> str:
    """A docstring as Markdown: its arguments become a list, an example a block."""
    text = re.sub(r"^(?:Args|Returns|Raises):\n", "\n", inspect.cleandoc(doc), flags=re.MULTILINE)
    parts, listed = text.replace("::\n", ":\n").split("\n\n"), []
    for part in parts:
        items = re.split(r"\n(?=    \w)", part.strip("\n"))
        if re.match(r"    \w+: ", items[0]):
            listed.append(
                "\n".join(
                    re.sub(r"^\s*(\w+): ", r"- `\1`: ", " ".join(item.split())) for item in items
                )
            )
        else:
            listed.append(
                f"```text\n{inspect.cleandoc(part)}\n```"
                if part.startswith("    ")
                else part.strip("\n")
            )
    return "\n\n".join(part for part in listed if part)


def _errors() -> list[str]:
    return [
        name for name in shield_ai.__all__ if name.startswith("Secret") and name.endswith("Error")
    ]


def _first(name: str) -> str:
    return (
        inspect.cleandoc(getattr(runtime, name).__doc__ or "").split("\n\n")[0].replace("\n", " ")
    )
