"""Add a settings source to the pydantic settings classes that have secrets as fields."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.finding import Shape
from shield_ai.project.pydantic_sources import METHOD as METHOD_NAME
from shield_ai.project.pydantic_sources import VARIABLES, CustomizedSources, find_customized_sources
from shield_ai.rewrite.python.formatting import file_quote, indentation, insert_below, make_edit
from shield_ai.rewrite.python.wrap_text import secret_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.edit import Edit
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.wrap_text import Wrap

METHOD = """
{indent}@classmethod
{indent}def settings_customise_sources(cls, *args, **kwargs):
{indent}{step}first, *others = super().settings_customise_sources(*args, **kwargs)
{indent}{step}return first, {source}(args[0], {secrets}, others), *others
"""
LONG_METHOD = """
{indent}@classmethod
{indent}def settings_customise_sources(cls, *args, **kwargs):
{indent}{step}first, *others = super().settings_customise_sources(*args, **kwargs)
{indent}{step}secrets = {{
{lines}
{indent}{step}}}
{indent}{step}return first, {source}(args[0], secrets, others), *others
"""
# For a class that defines the method itself.
SOURCE_STATEMENT = """\
{indent}{name} = {source}(
{indent}{step}{settings},
{indent}{step}{{
{lines}
{indent}{step}}},
{indent}{step}[{variables}],
{indent})
"""
SOURCE = "SecretsManagerSource"


def settings_source_edits(source: Source, wraps: list[Wrap], width: int) -> Iterator[Edit]:
    """Add the settings source to each class.

    Args:
        source: The file.
        wraps: All secrets in the file; only fields of settings classes are used.
        width: Maximum line length.
    """
    fields = [wrap for wrap in wraps if wrap.site.shape is Shape.FIELD]
    if not fields:
        return
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        own_fields = _fields_of(source, node, fields)
        if not own_fields:
            continue
        method = _find_method(node)
        customized = find_customized_sources(method) if method else None
        if method and customized:
            yield from _extend_method(source, method, customized, own_fields)
        else:
            yield _add_method(source, node, own_fields, width)


def _fields_of(source: Source, node: ast.ClassDef, fields: list[Wrap]) -> list[Wrap]:
    starts = {
        source.span(child.target)[0] for child in node.body if isinstance(child, ast.AnnAssign)
    }
    return [wrap for wrap in fields if wrap.site.start in starts]


def _find_method(node: ast.ClassDef) -> ast.FunctionDef | None:
    for child in node.body:
        if isinstance(child, ast.FunctionDef) and child.name == METHOD_NAME:
            return child
    return None


def _add_method(source: Source, node: ast.ClassDef, wraps: list[Wrap], width: int) -> Edit:
    """Add the method at the end of a class."""
    indent, step = _indentation_of(source, node.body[0])
    items = _mapping_items(source, wraps)
    values = {"indent": indent, "step": step, "source": SOURCE}
    text = METHOD.format(**values, secrets="{" + ", ".join(items) + "}")
    if max(len(line) for line in text.split("\n")) > width:
        lines = "\n".join(f"{indent}{step * 2}{item}," for item in items)
        text = LONG_METHOD.format(**values, lines=lines)
    return insert_below(source, node.body[-1], text)


def _extend_method(
    source: Source, method: ast.FunctionDef, customized: CustomizedSources, wraps: list[Wrap]
) -> Iterator[Edit]:
    """Create the source above the `return` of a method, and return it before the variables."""
    used_names = {node.id for node in ast.walk(method) if isinstance(node, ast.Name)}
    name = "secrets" if "secrets" not in used_names else "aws_secrets"
    indent, step = _indentation_of(source, customized.returned)
    items = _mapping_items(source, wraps)
    text = SOURCE_STATEMENT.format(
        indent=indent,
        step=step,
        name=name,
        source=SOURCE,
        settings=customized.settings,
        lines="\n".join(f"{indent}{step * 2}{item}," for item in items),
        variables=VARIABLES,
    )
    above = source.offset(customized.returned.lineno, 0)
    yield make_edit(source, above, above, text)
    start, _ = source.span(customized.variables)
    line = _line_of(source, customized.variables)
    separator = ", "
    if line.strip().rstrip(",") == VARIABLES:  # one source per line
        separator = f",\n{indentation(line)[0]}"
    yield make_edit(source, start, start, f"{name}{separator}")


def _line_of(source: Source, node: ast.stmt | ast.expr) -> str:
    return source.lines[node.lineno - 1][1].decode(source.encoding)


def _indentation_of(source: Source, node: ast.stmt) -> tuple[str, str]:
    return indentation(_line_of(source, node))


def _mapping_items(source: Source, wraps: list[Wrap]) -> list[str]:
    quote = file_quote(source)
    items = []
    for wrap in wraps:
        reference = secret_reference(wrap.secret, wrap.field, quote)
        items.append(f"{quote}{wrap.site.variable}{quote}: {reference}")
    return items
