"""Find the variables that the app deletes from its environment to disable a feature.

For example, `os.environ.pop("SENTRY_DSN", None)` in manage.py disables error reports in a shell.
With AWS on, get_secret() would still return the secret.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.skip import SkipId
from shield_ai.project.environ_copies import ENVIRON, dotted_name, os_names
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source, string_constant
from shield_ai.scan.python.app.written_variables import is_outside_app
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.text.pattern_search import has_match

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from shield_ai.model.skip import SkipReason

MAY_DELETE = regex(
    rb"\bdel\b[^=]{0,200}environ|environ[\s)]{0,40}\.\s{0,40}pop\b|environ\s{1,9}as\b|\bunsetenv\b"
)
LITERAL_COLLECTIONS = (ast.List, ast.Tuple, ast.Set)


def find_deleted_variables(
    files: Iterable[tuple[str, bytes]], variables: Collection[str]
) -> dict[str, SkipReason]:
    """Map the variables that a statement of the app deletes to the reason not to migrate them.

    A call of `pop()` that returns the value to the code is a read, not a deletion.

    Args:
        files: Path and content of the Python files.
        variables: The variables that the app reads.
    """
    found: dict[str, SkipReason] = {}
    for path, raw in files:
        if not has_match(MAY_DELETE, raw) or is_outside_app(path, raw):
            continue
        if not any(variable.encode() in raw for variable in variables):
            continue
        try:
            lines = _lines_by_variable(Source.from_bytes(path, raw).tree)
        except (SourceError, RecursionError):
            continue  # the scan reports the file
        for variable in sorted(lines.keys() & {*variables}):
            reason = SkipId.DELETED_BY_APP.reason(path=path, line=lines[variable])
            found.setdefault(variable, reason)
    return found


def _lines_by_variable(tree: ast.Module) -> dict[str, int]:
    """Map the variables that a file deletes to the first such line."""
    names = os_names(tree)
    nodes = list(descend(tree))
    loop_texts = _texts_by_loop_variable(nodes)
    lines: dict[str, int] = {}
    for node in nodes:
        for key in _deleted(node, names):
            for variable in _texts(key, loop_texts):
                lines.setdefault(variable, key.lineno)
    return lines


def _deleted(node: ast.AST, names: Mapping[str, str]) -> Iterator[ast.expr]:
    """Yield the expression that names the variable which a statement or target deletes."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Del):
        if dotted_name(node.value, names) == ENVIRON:
            yield node.slice
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.args:
        if dotted_name(node.value.func, names) in {f"{ENVIRON}.pop", "os.unsetenv"}:
            yield node.value.args[0]


def _texts_by_loop_variable(nodes: Iterable[ast.AST]) -> dict[str, list[str]]:
    """Map the variables of loops over constant texts to these texts."""
    loop_texts: dict[str, list[str]] = {}
    for node in nodes:
        if isinstance(node, ast.For) and isinstance(node.target, ast.Name):
            if isinstance(node.iter, LITERAL_COLLECTIONS):
                texts = [text for element in node.iter.elts for text in _texts(element, {})]
                loop_texts.setdefault(node.target.id, []).extend(texts)
    return loop_texts


def _texts(node: ast.expr, loop_texts: Mapping[str, list[str]]) -> list[str]:
    if isinstance(node, ast.Name):
        return loop_texts.get(node.id, [])
    text = string_constant(node)
    return [] if text is None else [text]
