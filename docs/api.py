"""Generate the page on the Python API from the runtime's source."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path

import words
from signatures import Definition, definitions, overloads, parameters, signature
from tables import table

import shield_runtime

FOLDER = Path(shield_runtime.__file__).parent
CLIENT = "SecretsManagerClient"
FUNCTIONS = (
    "get_secret",
    "aget_secret",
    "get_secret_dict",
    "get_secret_bytes",
    "has_secret",
    "prefetch",
    "refresh_secret",
    "clear_secret_cache",
    "retries_after_rotation",
    "stats",
)
METHODS = {"clear_secret_cache": "clear_cache"}  # names in the client that differ
SECTIONS = re.compile(r"^(Args|Returns|Raises|Attributes):\n", re.MULTILINE)


def python_page() -> str:
    """Return the page on the Python API."""
    errors = [name for name in shield_runtime.__all__ if name.endswith("Error")]
    others = {CLIENT, "RedactingFilter", "MISSING"}
    assert {*FUNCTIONS, *errors, *others} == set(shield_runtime.__all__)
    parts = [
        "# Python API\n",
        "Import these names from `shield_runtime`, or from the module that",
        "`shield apply` writes into your application. The runtime needs Python 3.9 or newer,",
        "and boto3 if AWS is on. In the signatures, `T` is the type of your default, and `F` that",
        "of your function.\n",
    ]
    for name in FUNCTIONS:
        parts += _client_method(name)
    rows = [(f"`{name}`", _summary(getattr(shield_runtime, name).__doc__)) for name in errors]
    parts += [
        "## Errors\n",
        f"{words.ERRORS}\n",
        table("error | raised if", rows),
        *_client_section(),
    ]
    for module, names in words.API_MODULES.items():
        parts += _module(module, names)
    return "\n".join(parts)


def _client_method(name: str) -> list[str]:
    method = METHODS.get(name, name)
    found = _methods("client.py", f"{CLIENT}.{method}")
    found += _methods("reader.py", f"SecretReader.{method}")
    function = getattr(shield_runtime, name)
    defaults = {}
    for parameter in inspect.signature(function).parameters.values():
        defaults[parameter.name] = repr(parameter.default)
    return _function("##", name, found, function.__doc__, defaults)


def _methods(file: str, wanted: str) -> list[Definition]:
    nodes = [node for name, node in definitions(FOLDER / file) if name == wanted]
    return [node for node in nodes if isinstance(node, Definition)]


def _client_section() -> list[str]:
    docstring = shield_runtime.SecretsManagerClient.__doc__
    (constructor,) = _methods("client.py", f"{CLIENT}.__init__")
    intro = f"Its methods are the functions above; `{METHODS['clear_secret_cache']}()` is"
    return [
        *_function("##", CLIENT, [constructor], docstring),
        f"{intro} `clear_secret_cache()`.\n",
    ]


def _module(module: str, names: tuple[str, ...]) -> list[str]:
    path = FOLDER / f"{module.replace('.', '/')}.py"
    path = path if path.exists() else FOLDER / module / "__init__.py"
    found = dict(definitions(path))
    docstring = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    parts = [f"## shield_runtime.{module}\n", _markdown(docstring)[0] + "\n"]
    for name in names:
        node = found[name]
        signed = found.get(f"{name}.__init__") if isinstance(node, ast.ClassDef) else node
        functions = [signed] if isinstance(signed, Definition) else []
        parts += _function("###", name, functions, ast.get_docstring(node) or "")
    return parts


def _function(
    level: str,
    name: str,
    functions: list[Definition],
    docstring: str | None,
    defaults: dict[str, str] | None = None,
) -> list[str]:
    """Return the section on a function or class: signatures, text, arguments and errors."""
    shown = overloads(functions)
    parts = [f"{level} {name}\n"]
    if shown:
        lines = [signature(name, function, defaults or {}) for function in shown]
        parts.append("```python\n" + "\n".join(lines) + "\n```\n")
    text, items = _markdown(docstring or "")
    parts.append(text + "\n")
    rows = _argument_rows(shown, items.get("Args", {}))
    if rows:
        parts.append(table("argument | type | meaning", rows))
    for section, header in (("Attributes", "attribute | meaning"), ("Raises", "error | raised if")):
        if section in items:
            parts.append(table(header, [(f"`{k}`", v) for k, v in items[section].items()]))
    return parts


def _argument_rows(functions: list[Definition], meanings: dict[str, str]) -> list[tuple[str, ...]]:
    types: dict[str, list[str]] = {}
    for function in sorted(functions, key=lambda function: -len([*parameters(function)])):
        for parameter in parameters(function):
            if parameter.annotation and not parameter.name.startswith(("**", "_")):
                types.setdefault(parameter.name, []).append(parameter.annotation)
    rows = []
    for name, texts in types.items():
        meaning = meanings.get(name.strip("*")) or words.ARGUMENTS[name]
        unique = [text for text in dict.fromkeys(texts) if f"{text} | None" not in texts]
        rows.append((f"`{name}`", " or ".join(f"`{text}`" for text in unique), meaning))
    return rows


def _markdown(docstring: str) -> tuple[str, dict[str, dict[str, str]]]:
    """Convert a docstring to Markdown, and to the items of its sections by name."""
    kept: list[str] = []
    items: dict[str, dict[str, str]] = {}
    text = re.sub(r"::$", ":", inspect.cleandoc(docstring), flags=re.MULTILINE)
    for paragraph in re.split(r"\n\n(?! {4})|\n\n(?= {4}.*\n(?! ))|(?<=:)\n\n", text):
        header = SECTIONS.match(paragraph)
        if header and header[1] != "Returns":
            items[header[1]] = _items(paragraph[header.end() :])
        elif paragraph != ":":
            kept.append(_paragraph(paragraph))
    return "\n\n".join(kept), items


def _items(text: str) -> dict[str, str]:
    found = {}
    for item in re.split(r"\n(?=    \w)", text):
        name, _, meaning = " ".join(item.split()).partition(": ")
        found[name] = meaning
    return found


def _paragraph(text: str) -> str:
    if text.startswith("    "):
        return f"```python\n{textwrap.dedent(text)}\n```"
    return text


def _summary(docstring: str | None) -> str:
    return inspect.cleandoc(docstring or "").split("\n\n")[0].replace("\n", " ")
