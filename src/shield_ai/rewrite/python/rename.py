"""Carry what was edited in shield.toml into the calls that read the secret: its name, and that it is optional."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.model.naming import env_var_name
from shield_ai.rewrite.python.wrap_text import named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.manifest import Manifest
    from shield_ai.project.python_source import Source


def rename(source: Source, calls: Iterable[tuple[int, int]], manifest: Manifest) -> list[Edit]:
    """Rewrite the names and fields in calls of the runtime that shield.toml calls otherwise.

    Args:
        source: The file.
        calls: Line and column, as in the syntax tree, of each call of the runtime in it.
        manifest: What the secrets are called now.
    """
    places = set(calls)
    edits: list[Edit] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and (node.lineno, node.col_offset) in places:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Dict):
                edits += _mapping(source, first, manifest)
            else:
                edits += _call(source, node, manifest)
        elif isinstance(node, ast.FunctionDef) and node.name == "settings_customise_sources":
            edits += _settings_source(source, node, manifest)
    return edits


def _call(source: Source, node: ast.Call, manifest: Manifest) -> Iterator[Edit]:
    given = {k.arg: k.value for k in node.keywords if k.arg}
    name = _text(node.args[0]) if node.args else None
    if (
        name is None
        or any(keyword.arg is None for keyword in node.keywords)
        or not _in_place(source, node.args[0])
    ):
        return
    variable = _text(given.get("env")) or env_var_name(name)
    entry = manifest.of_variable(variable)
    if entry is None:
        return
    secret, field = entry
    added = {}
    if secret.name != name:
        yield _replace(source, node.args[0], secret.name)
    if field and "key" not in given:
        added["key"] = field
    elif field and _text(given["key"]) not in {None, field}:
        yield _replace(source, given["key"], field)
    elif not field and "key" in given:
        yield from _without(source, next(k for k in node.keywords if k.arg == "key"))
    if "env" not in given and env_var_name(secret.name) != variable:
        added["env"] = variable
    quote = source.segment(node.args[0])[-1]
    text = "".join(f", {name}={quote}{value}{quote}" for name, value in added.items())
    if secret.optional and "optional" not in given and _has_default(node):
        text += ", optional=True"
    if text:
        at = source.span([*node.args, *(k.value for k in node.keywords)][-1])[1]
        yield Edit(path=source.path, start=at, end=at, replacement=text)


def _has_default(node: ast.Call) -> bool:
    """Tell whether a wrapped read has a default that never serves production, unless the secret is optional."""
    late = (
        node.args[1].body if len(node.args) > 1 and isinstance(node.args[1], ast.Lambda) else None
    )
    if not isinstance(late, ast.Call):
        return False
    named = next((k.value for k in late.keywords if k.arg == "default"), None)
    return bool(_text(named or (late.args[1] if len(late.args) > 1 else None)))


def _settings_source(source: Source, method: ast.FunctionDef, manifest: Manifest) -> Iterator[Edit]:
    """Rename in the method that adds our source to a settings class of pydantic."""
    if "SecretsManagerSource" not in source.segment(method):
        return
    for node in (n for n in ast.walk(method) if isinstance(n, ast.Dict)):
        yield from _mapping(source, node, manifest)


def _mapping(source: Source, node: ast.Dict, manifest: Manifest) -> Iterator[Edit]:
    """Rename in a mapping of variables to secrets, or to secrets with their fields."""
    for key, value in zip(node.keys, node.values, strict=True):
        entry = manifest.of_variable(_text(key) or "")
        name, field = (
            value.elts if isinstance(value, ast.Tuple) and len(value.elts) == 2 else (value, None)
        )
        if entry and _text(name) and (_text(name), _text(field) or "") != (entry[0].name, entry[1]):
            start, end = source.span(value)
            text = named(entry[0].name, entry[1], source.segment(name)[-1])
            yield Edit(path=source.path, start=start, end=end, replacement=text)


def _without(source: Source, keyword: ast.keyword) -> Iterator[Edit]:
    """Take a keyword out of a call, with the comma before it."""
    end = source.span(keyword.value)[1]
    before = re.search(rb",\s*key\s*=\s*$", source.raw[: source.span(keyword.value)[0]])
    if before:
        yield Edit(path=source.path, start=before.start(), end=end, replacement="")


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _in_place(source: Source, node: ast.expr) -> bool:
    """Tell whether the tree knows where a text stands; inside f-strings it doesn't before Python 3.12."""
    try:
        return bool(ast.literal_eval(source.segment(node)) == _text(node))
    except (ValueError, SyntaxError):
        return False


def _replace(source: Source, node: ast.expr, text: str) -> Edit:
    start, end = source.span(node)
    quote = source.segment(node)[-1]
    return Edit(path=source.path, start=start, end=end, replacement=f"{quote}{text}{quote}")
