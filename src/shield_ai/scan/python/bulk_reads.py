"""Find the code that reads many variables at once, without their names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project.environ_copies import ENVIRON, dotted_name, os_names
from shield_ai.scan.python.ast_walk import descend
from shield_ai.scan.python.literals import literal_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.project.python_source import Source

PREFIXED = "from_prefixed_env"
FLASK_PREFIX = "FLASK"  # https://flask.palletsprojects.com/en/stable/api/#flask.Config


def find_bulk_reads(source: Source, *, in_settings: bool) -> list[Skipped]:
    """Return the reads of many variables in a file, with the reason to skip them.

    Args:
        source: The file.
        in_settings: Whether it is a settings module: only there, loops over the environment count.
    """
    if PREFIXED not in source.text and not (in_settings and ENVIRON in source.text):
        return []
    names = os_names(source.tree)
    found: dict[int, Skipped] = {}
    for node in descend(source.tree):
        reason = None
        if isinstance(node, ast.Call) and _method(node) == PREFIXED:
            reader, which = f"{PREFIXED}()", f"every variable that begins with {_prefix(node)}"
            reason = SkipId.READS_ALL.reason(reader=reader, variables=which)
        elif in_settings and isinstance(node, (ast.For, ast.comprehension)):
            node = node.iter  # noqa: PLW2901
            if isinstance(node, ast.Call) and _iterates_environ(node, names):
                reader = f"{ENVIRON}.{_method(node)}()"
                reason = SkipId.READS_ALL.reason(reader=reader, variables="every variable")
        if reason and isinstance(node, ast.expr):
            found.setdefault(node.lineno, reason.entry(source.path, node.lineno))
    return list(found.values())


def _method(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _prefix(node: ast.Call) -> str:
    """Return the prefix that a call of from_prefixed_env() names, with the underscore."""
    keywords = [keyword.value for keyword in node.keywords if keyword.arg == "prefix"]
    argument = next(iter([*node.args, *keywords]), None)
    if argument is None:
        return f"{FLASK_PREFIX}_"
    text = literal_text(argument)
    return "a computed prefix" if text is None else f"{text}_"


def _iterates_environ(node: ast.Call, names: Mapping[str, str]) -> bool:
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in {"items", "values"}:
        return False
    return dotted_name(node.func.value, names) == ENVIRON
