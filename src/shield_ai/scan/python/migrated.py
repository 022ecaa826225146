"""What was moved already: the constants that stayed beside `get_secret`, as literals and as defaults."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.finding import Confidence, Finding, Shape, Site
from shield_ai.model.naming import variable_of
from shield_ai.scan.rules.pattern import rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.project.python_source import Source

RULE = "CSEC34.literal-default"


def moved(source: Source, calls: Iterable[ast.Call]) -> Iterator[Finding]:
    """Find the constants inside calls of the runtime.

    Args:
        source: The file.
        calls: Those in it that read a secret.

    A plain default is a secret that still stands in the code: a finding, though nothing is left to rewrite. The default
    of a wrapped read is none; it comes along without a rule, for the parts of a database that have no other value.
    """
    for node in calls:
        first, default = (*node.args[:2], None, None)[:2]
        if (
            not isinstance(first, ast.Constant)
            or not isinstance(first.value, str)
            or default is None
        ):
            continue
        given = {k.arg: k.value.value for k in node.keywords if isinstance(k.value, ast.Constant)}
        variable = str(given.get("env") or variable_of(first.value))
        if isinstance(default, ast.Lambda):
            inner = _default(default.body)
            if inner is not None:
                yield _finding(source, inner, variable, Shape.READ)
        elif _filled(default):
            yield _finding(source, default, variable, Shape.LITERAL)


def _filled(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)) and bool(node.value)
    )


def _default(body: ast.expr) -> ast.expr | None:
    """Return the constant default of the read that a lambda holds."""
    for call in (n for n in ast.walk(body) if isinstance(n, ast.Call)):
        named = next((k.value for k in call.keywords if k.arg == "default"), None)
        found = named or (call.args[1] if len(call.args) > 1 else None)
        if found is not None and _filled(found):
            return found
    return None


def _finding(source: Source, node: ast.expr, variable: str, shape: Shape) -> Finding:
    rule = rules()[RULE]
    start, end = source.span(node)
    line, column = source.position(start)
    end_line, end_column = source.position(end)
    read = shape is Shape.READ
    return Finding(
        rule=rule.id,
        path=source.path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        severity=rule.severity,
        confidence=Confidence.HIGH,
        message=rule.text(variable, variable),
        name=variable,
        env=variable if read else None,
        site=Site(
            start=start,
            end=end,
            shape=shape,
            variable=variable,
            optional=read,
            default_literal=read,
            default_start=start if read else 0,
            default_end=end if read else 0,
        ),
    )
