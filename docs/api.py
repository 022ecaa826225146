"""Generate the page on the Python API from the runtime's docstrings."""

from __future__ import annotations

import inspect
import re

from tables import table

import shield_runtime

CLASSES = ("SecretsManagerClient", "RedactingFilter")


def python_page() -> str:
    """Return the page on the Python API."""
    error_names = [name for name in shield_runtime.__all__ if name.endswith("Error")]
    errors = [(f"`{name}`", _summary(name)) for name in error_names]
    classes = [(f"`{name}`", _summary(name)) for name in CLASSES]
    return "\n".join(
        [
            "# Python API\n",
            "Import these names from `shield_runtime`, or from the module that",
            "`shield apply` writes into your application. The runtime needs Python 3.9 or newer,",
            "and boto3 if AWS is on.\n",
            *_functions(),
            "## Errors\n",
            table("error | raised if", errors),
            "## Classes\n",
            table("class | description", classes),
        ]
    )


def _functions() -> list[str]:
    parts = []
    for name in shield_runtime.__all__:
        function = getattr(shield_runtime, name)
        if not inspect.isroutine(function):
            continue
        signature = str(inspect.signature(function))
        signature = re.sub(r" = <.*?>", " = …", signature).replace("'", "")
        parts.append(f"## {name}\n")
        parts.append(f"```text\n{name}{signature}\n```\n")
        parts.append(_markdown(function.__doc__ or "") + "\n")
    return parts


def _markdown(docstring: str) -> str:
    """Convert a docstring to Markdown: arguments to a list, examples to code blocks."""
    text = inspect.cleandoc(docstring).replace("::\n", ":\n")
    text = re.sub(r"^(?:Args|Returns|Raises):\n", "\n", text, flags=re.MULTILINE)
    paragraphs = [_paragraph(part.strip("\n")) for part in text.split("\n\n")]
    return "\n\n".join(part for part in paragraphs if part)


def _paragraph(text: str) -> str:
    items = re.split(r"\n(?=    \w)", text)
    if re.match(r"    \w+: ", items[0]):
        return "\n".join(_list_item(item) for item in items)
    if text.startswith("    "):
        return f"```text\n{inspect.cleandoc(text)}\n```"
    return text


def _list_item(text: str) -> str:
    return re.sub(r"^(\w+): ", r"- `\1`: ", " ".join(text.split()))


def _summary(name: str) -> str:
    docstring = inspect.cleandoc(getattr(shield_runtime, name).__doc__ or "")
    return docstring.split("\n\n")[0].replace("\n", " ")
