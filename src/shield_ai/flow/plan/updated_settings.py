"""Name the settings modules that replace their own names with the values of a file.

vars().update(yaml.safe_load(file))
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.file_reader import read_optional
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from shield_ai.flow.app_context import AppContext

NAMESPACES = frozenset({"globals()", "locals()", "vars()"})
NAMESPACE = regex(rb"\b(?:globals|locals|vars)\(\)")
# Calls that return the values of a file or of the environment.
LOADER = regex(r"load\w*\(|open\(|read\w*\(|parse\w*\(|environ\b")
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
STEP = (
    "{path}:{line}: {code} replaces settings, also those from AWS: remove the moved secrets from"
    " its source"
)


def updated_settings_steps(app: AppContext) -> Iterator[str]:
    """Yield a line for each place that replaces settings which read secrets.

    Args:
        app: The app.
    """
    lines: dict[str, list[int]] = {}
    for finding, _ in app.sites:
        lines.setdefault(finding.path, []).append(finding.line)
    for path, line, _ in app.scan_result.call_sites:
        lines.setdefault(path, []).append(line)
    for path in app.scan_result.facts.settings:
        raw = read_optional(app.tree.read, path) or b""
        if NAMESPACE.search(raw):
            yield from _steps(path, raw, lines.get(path, ()))


def _steps(path: str, raw: bytes, reads: Collection[int]) -> Iterator[str]:
    try:
        statements = list(_statements(Source.from_bytes(path, raw).tree.body))
    except SourceError:  # the report names the file
        return
    # The modules of a star import may read secrets, too.
    star_imports = {
        statement.lineno
        for statement in statements
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"
    }
    first = min({*reads, *star_imports}, default=None)
    for statement in statements:
        code, source = _update(statement)
        if first is None or statement.lineno <= first or source is None:
            continue
        if _is_read(source, reads):
            continue
        if LOADER.search(_origin(source, statements)):
            yield STEP.format(path=path, line=statement.lineno, code=code)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that run when the module is imported."""
    for statement in body:
        yield statement
        if isinstance(statement, SCOPES):
            continue
        for name in ("body", "orelse", "handlers", "finalbody"):
            for part in getattr(statement, name, ()):
                yield from _statements(part.body if isinstance(part, ast.ExceptHandler) else [part])


def _update(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    """Return the code that sets several names of the module, and where their values come from.

    This is `vars().update(values)`, or a loop with `vars()[name] = value`.
    """
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        code = ast.unparse(call.func)
        namespace, _, method = code.rpartition(".")
        if namespace in NAMESPACES and method == "update" and call.args:
            return f"{code}()", call.args[0]
    if isinstance(statement, ast.For):
        for part in _statements(statement.body):
            target = _namespace_item(part)
            if target:
                return target, statement.iter
    return "", None


def _namespace_item(statement: ast.stmt) -> str:
    """Return the target of `vars()[name] = value`; "" for other statements."""
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Subscript):
        target = statement.targets[0]
        if ast.unparse(target.value) in NAMESPACES:
            return ast.unparse(target)
    return ""


def _is_read(source: ast.expr, reads: Collection[int]) -> bool:
    """Whether an expression reads one variable, as `env.email_url()` does."""
    last = source.end_lineno or source.lineno
    if not any(source.lineno <= line <= last for line in reads):
        return False
    return LOADER.search(ast.unparse(source)) is None


def _origin(source: ast.expr, statements: Sequence[ast.stmt]) -> str:
    """Return the code of an expression and of the values assigned to its names."""
    names = {node.id for node in ast.walk(source) if isinstance(node, ast.Name)}
    parts = [ast.unparse(source)]
    for statement in statements:
        if isinstance(statement, ast.Assign):
            if any(ast.unparse(target) in names for target in statement.targets):
                parts.append(ast.unparse(statement.value))
    return "\n".join(parts)
