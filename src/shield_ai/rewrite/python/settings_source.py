"""Put a settings source into the classes of pydantic-settings whose fields are secrets."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.model.finding import Shape
from shield_ai.project.pydantic_sources import METHOD as METHOD_NAME
from shield_ai.project.pydantic_sources import VARIABLES, Customised, customised
from shield_ai.rewrite.python.wrap_text import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.wrap_text import Wrap

METHOD = """
{indent}@classmethod
{indent}def settings_customise_sources(cls, *args, **kwargs):
{indent}{step}first, *others = super().settings_customise_sources(*args, **kwargs)
{indent}{step}return first, {source}(args[0], {secrets}, others), *others
"""
MULTIPLE = """
{indent}@classmethod
{indent}def settings_customise_sources(cls, *args, **kwargs):
{indent}{step}first, *others = super().settings_customise_sources(*args, **kwargs)
{indent}{step}secrets = {{
{lines}
{indent}{step}}}
{indent}{step}return first, {source}(args[0], secrets, others), *others
"""
# Where the class orders its sources itself.
OWN = """\
{indent}{name} = {source}(
{indent}{step}{settings},
{indent}{step}{{
{lines}
{indent}{step}}},
{indent}{step}[{variables}],
{indent})
"""
SOURCE = "SecretsManagerSource"


def source_edits(source: Source, wraps: list[Wrap], width: int) -> Iterator[Edit]:
    """Write the method that adds the source, at the end of each class.

    Args:
        source: The file.
        wraps: Every secret in it; those that are fields count here.
        width: How long a line may be.
    """
    fields = [wrap for wrap in wraps if wrap.site.shape is Shape.FIELD]
    for node in ast.walk(source.tree) if fields else ():
        if isinstance(node, ast.ClassDef):
            start, end = source.span(node)
            inside = [
                wrap
                for wrap in fields
                if start <= wrap.site.start < end and _owns(source, node, wrap)
            ]
            method = next(
                (n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == METHOD_NAME),
                None,
            )
            if inside and method and (found := customised(method)):
                yield from _into(source, method, found, inside)
            elif inside:
                yield _method(source, node, inside, width)


def _owns(source: Source, node: ast.ClassDef, wrap: Wrap) -> bool:
    return any(
        isinstance(n, ast.AnnAssign) and source.span(n.target)[0] == wrap.site.start
        for n in node.body
    )


def _method(source: Source, node: ast.ClassDef, wraps: list[Wrap], width: int) -> Edit:
    last = node.body[-1]
    indent, step = _indent(source, node.body[0])
    pairs = _pairs(source, wraps)
    values = {"indent": indent, "step": step, "source": SOURCE}
    text = METHOD.format(**values, secrets="{" + ", ".join(pairs) + "}")
    if max(map(len, text.split("\n"))) > width:
        text = MULTIPLE.format(
            **values, lines="\n".join(f"{indent}{step * 2}{pair}," for pair in pairs)
        )
    start, line = source.lines[(last.end_lineno or last.lineno) - 1]
    lead = "" if line.endswith((b"\n", b"\r")) else "\n"
    at = start + len(line)
    return Edit(
        path=source.path, start=at, end=at, replacement=(lead + text).replace("\n", source.newline)
    )


def _into(
    source: Source, method: ast.FunctionDef, found: Customised, wraps: list[Wrap]
) -> Iterator[Edit]:
    """Make the source before the sources are returned, and put it into their order."""
    used = {node.id for node in ast.walk(method) if isinstance(node, ast.Name)}
    name = "secrets" if "secrets" not in used else "aws_secrets"
    indent, step = _indent(source, found.returned)
    lines = "\n".join(f"{indent}{step * 2}{pair}," for pair in _pairs(source, wraps))
    values = {
        "indent": indent,
        "step": step,
        "source": SOURCE,
        "settings": found.settings,
        "variables": VARIABLES,
    }
    text = OWN.format(**values, name=name, lines=lines).replace("\n", source.newline)
    at = source.offset(found.returned.lineno, 0)
    yield Edit(path=source.path, start=at, end=at, replacement=text)
    start, _ = source.span(found.variables)
    line = source.lines[found.variables.lineno - 1][1].decode(source.encoding).strip()
    alone = line.rstrip(",") == VARIABLES
    between = f",{source.newline}{_indent(source, found.variables)[0]}" if alone else ", "
    yield Edit(path=source.path, start=start, end=start, replacement=f"{name}{between}")


def _indent(source: Source, node: ast.stmt | ast.expr) -> tuple[str, str]:
    """Return the whitespace before the line of a node, and what one step more is."""
    raw = source.lines[node.lineno - 1][1].decode(source.encoding)
    indent = re.match(r"[ \t]*", raw)[0]  # type: ignore[index]  # matches anything
    return indent, "\t" if "\t" in indent else "    "


def _pairs(source: Source, wraps: list[Wrap]) -> list[str]:
    quote = "'" if source.raw.count(b"'") > source.raw.count(b'"') else '"'
    return [
        f"{quote}{wrap.site.variable}{quote}: {named(wrap.secret, wrap.field, quote)}"
        for wrap in wraps
    ]
