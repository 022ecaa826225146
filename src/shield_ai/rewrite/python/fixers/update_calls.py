"""Update existing calls of the runtime after shield.toml was edited."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from shield_ai.model.naming import env_var_name
from shield_ai.project.pydantic_sources import METHOD
from shield_ai.project.python_source import string_constant
from shield_ai.project.secret_map import hardcoded_default
from shield_ai.rewrite.python.calls import (
    calls_at,
    keyword_value,
    variable_of_call,
)
from shield_ai.rewrite.python.fixer import FileContext, FileOutcome
from shield_ai.rewrite.python.lines.file_style import indentation
from shield_ai.rewrite.python.lines.source_edits import make_edit
from shield_ai.rewrite.python.wrap.call_arguments import secret_in_name_argument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.model.edit import Edit
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.project.python_source import Source
    from shield_ai.project.secret_map import SecretMap

    Secrets = Mapping[str, tuple[Secret, str]]  # by environment variable


def fix(context: FileContext) -> FileOutcome:
    """Update the calls of the runtime, and mark the literals that remain in them."""
    source = context.source
    edits = update_calls(
        source, context.calls, context.manifest, context.known, has_map=context.has_map
    )
    if context.has_map and context.known is None and not context.removal:
        edits += mark_literals(source, context.calls)
    return FileOutcome(edits=edits)


def update_calls(
    source: Source,
    calls: Iterable[tuple[int, int]],
    manifest: Manifest,
    known: SecretMap | None = None,
    *,
    has_map: bool = False,
) -> list[Edit]:
    """Update the names, fields and `optional` arguments that differ from shield.toml.

    Args:
        source: The file.
        calls: Line and column, as in the syntax tree, of each call of the runtime.
        manifest: The current names of the secrets.
        known: The app's map file before it is updated, if it has one.
        has_map: Whether the app has a map file, with the current names after the rewrite.
    """
    secrets = manifest.secrets_by_variable()
    positions = set(calls)
    edits: list[Edit] = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef) and node.name == METHOD:
            edits += _update_settings_source(source, node, secrets)
        elif isinstance(node, ast.Call) and (node.lineno, node.col_offset) in positions:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Dict):
                edits += _update_mapping(source, first, secrets)
                continue
            entry = _entry_of_call(source, node, secrets, known)
            if entry:
                edits += _update_call(source, node, *entry, has_map=has_map)
    return edits


def _entry_of_call(
    source: Source, call: ast.Call, secrets: Secrets, known: SecretMap | None
) -> tuple[Secret, str] | None:
    """Return the secret of a call and its field; None if the call can't be updated."""
    if _updatable_name(source, call) is None:
        return None
    return secrets.get(variable_of_call(call, known))


def _update_call(
    source: Source, call: ast.Call, secret: Secret, field: str, *, has_map: bool
) -> list[Edit]:
    name = string_constant(call.args[0]) or ""
    has_key = keyword_value(call, "key") is not None
    names_field = not has_key and bool(field) and (has_map or ":" in name)
    reference = f"{secret.name}:{field}" if names_field else secret.name
    edits = []
    if reference != name:
        edits.append(_replace_string(source, call.args[0], reference))
    edits += _update_key(source, call, field)
    if has_map:
        return edits  # the map names the variable, and which secrets are optional
    added = {}
    if field and not has_key and not names_field:
        added["key"] = field
    variable = variable_in(secret, field)
    if keyword_value(call, "env") is None and env_var_name(secret.name) != variable:
        added["env"] = variable
    needs_optional = bool(secret.optional) and _has_development_default(call)
    return [*edits, *_add_keywords(source, call, added, optional=needs_optional)]


def variable_in(secret: Secret, field: str) -> str:
    """Return the variable of a secret, or of one of its fields."""
    return next((name for name, own in secret.variables().items() if own == field), "")


def mark_literals(source: Source, calls: Iterable[tuple[int, int]]) -> list[Edit]:
    """Turn the literals of old calls into the argument `default`.

    With a map file, a positional default means the default of a plain read.
    """
    edits = []
    for call in calls_at(source, calls):
        if len(call.args) != 2 or hardcoded_default(call, None) is None:
            continue
        if _has_reliable_position(source, call.args[1]):
            start = source.span(call.args[1])[0]
            edits.append(make_edit(source, start, start, "default="))
    return edits


def _add_keywords(
    source: Source, call: ast.Call, added: dict[str, str], *, optional: bool
) -> list[Edit]:
    """Add keyword arguments at the end of a call, unless it has them."""
    quote = source.segment(call.args[0])[-1]
    arguments = [f"{keyword}={quote}{value}{quote}" for keyword, value in added.items()]
    if optional and keyword_value(call, "optional") is None:
        arguments.append("optional=True")
    if not arguments:
        return []
    last = call.keywords[-1].value if call.keywords else call.args[-1]
    at = source.span(last)[1]
    separator = f",{_argument_separator(source, call, at)}"
    return [make_edit(source, at, at, "".join(separator + text for text in arguments))]


def _argument_separator(source: Source, call: ast.Call, end: int) -> str:
    """Return the whitespace before a new argument: a new line if the last one is alone on a line.

    Args:
        source: The file.
        call: The call.
        end: The offset at which its last argument ends.
    """
    last: ast.expr | ast.keyword = call.keywords[-1] if call.keywords else call.args[-1]
    start, raw = source.lines[last.lineno - 1]
    indent, _ = indentation(raw.decode(source.encoding))
    is_first = source.offset(last.lineno, last.col_offset) == start + len(indent)
    is_last = re.match(rb",?[ \t]*\r?\n", source.raw[end:]) is not None
    return f"\n{indent}" if is_first and is_last else " "


def _updatable_name(source: Source, call: ast.Call) -> str | None:
    """Return the name of the secret in a call, or None if the call cannot be updated."""
    has_double_star = any(keyword.arg is None for keyword in call.keywords)
    if has_double_star or not call.args:
        return None
    name = string_constant(call.args[0])
    if name is None or not _has_reliable_position(source, call.args[0]):
        return None
    return name


def _update_key(source: Source, call: ast.Call, field: str) -> list[Edit]:
    value = keyword_value(call, "key")
    if value is None:
        return []
    if not field:
        return _remove_key(source, value)
    if string_constant(value) in {None, field}:
        return []
    return [_replace_string(source, value, field)]


def _has_development_default(call: ast.Call) -> bool:
    """Return whether the wrapped read has a default, which production uses only with `optional`."""
    default = call.args[1] if len(call.args) > 1 else None
    read = default.body if isinstance(default, ast.Lambda) else None
    if not isinstance(read, ast.Call):
        return False
    value = keyword_value(read, "default")
    if value is None and len(read.args) > 1:
        value = read.args[1]
    return bool(string_constant(value))


def _update_settings_source(
    source: Source, method: ast.FunctionDef, secrets: Secrets
) -> Iterator[Edit]:
    """Update the method that adds the settings source to a settings class of pydantic."""
    if "SecretsManagerSource" not in source.segment(method):
        return
    for node in ast.walk(method):
        if isinstance(node, ast.Dict):
            yield from _update_mapping(source, node, secrets)


def _update_mapping(source: Source, node: ast.Dict, secrets: Secrets) -> Iterator[Edit]:
    """Update a mapping of variables to secrets, or to pairs of secret and field."""
    for key, value in zip(node.keys, node.values, strict=True):
        entry = secrets.get(string_constant(key) or "")
        name_node: ast.expr = value
        field_node: ast.expr | None = None
        if isinstance(value, ast.Tuple) and len(value.elts) == 2:
            name_node, field_node = value.elts
        name = string_constant(name_node)
        if entry is None or not name:
            continue
        secret, field = entry
        if (name, string_constant(field_node) or "") != (secret.name, field):
            start, end = source.span(value)
            text = secret_in_name_argument(secret.name, field, source.segment(name_node)[-1])
            yield make_edit(source, start, end, text)


def _remove_key(source: Source, value: ast.expr) -> list[Edit]:
    """Remove the `key` argument and the comma before it."""
    start, end = source.span(value)
    before = re.search(rb",\s*key\s*=\s*$", source.raw[:start])
    return [make_edit(source, before.start(), end, "")] if before else []


def _has_reliable_position(source: Source, node: ast.expr) -> bool:
    """Return whether the position of a string in the syntax tree is correct.

    Before Python 3.12, positions in f-strings are often wrong.
    """
    try:
        return bool(ast.literal_eval(source.segment(node)) == string_constant(node))
    except (ValueError, SyntaxError):
        return False


def _replace_string(source: Source, node: ast.expr, text: str) -> Edit:
    start, end = source.span(node)
    quote = source.segment(node)[-1]
    return make_edit(source, start, end, f"{quote}{text}{quote}")
