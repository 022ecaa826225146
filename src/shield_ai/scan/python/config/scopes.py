"""Follow the names of a module to configuration objects and parsed files."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.config.config_objects import (
    OPENED,
    PARSERS,
    PART_METHODS,
    Origin,
    has_other_source,
    opens_file,
    origin_by_name,
    origin_of,
)
from shield_ai.scan.python.config.statements import FUNCTIONS, dotted_name, own_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.config.config_objects import Names
    from shield_ai.scan.python.config.statements import Lines

MAPPINGS = frozenset({"dict", "UserDict", "collections.UserDict"})
NO_CONFIG = (ast.Dict, ast.DictComp, ast.List, ast.Constant, ast.Lambda)


def find_scopes(
    tree: ast.Module, imported: Names, lines: Lines
) -> Iterator[tuple[list[ast.stmt], Names]]:
    """Yield the statements of each scope of a module, with the names that it sees.

    Args:
        tree: The module.
        imported: The imported names.
        lines: Only functions and classes with one of these lines are visited.
    """
    statements = list(own_statements(tree))
    names = _bind(statements, imported)
    names |= _parser_classes(statements) | _function_origins(statements, names)
    yield from _nested_scopes(statements, _bind(statements, names), lines)


def _nested_scopes(
    statements: list[ast.stmt], names: Names, lines: Lines
) -> Iterator[tuple[list[ast.stmt], Names]]:
    yield statements, names
    for node in statements:
        if isinstance(node, ast.ClassDef) and lines.touch(node):
            inner = list(own_statements(node))
            own: Names = {**names, "self": _mapping_origin(node)}
            yield from _nested_scopes(inner, {**own, **_class_origins(inner, own)}, lines)
        elif isinstance(node, FUNCTIONS) and lines.touch(node):
            inner, inner_names = _bind_function(node, names)
            yield from _nested_scopes(inner, inner_names, lines)


def _bind(statements: list[ast.stmt], outer: Names) -> Names:
    """Return the names that a scope sees: those of the outer scope, and those that it assigns."""
    names = dict(outer)
    for node in statements:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                _assign(names, dotted_name(target), node.value)
        elif isinstance(node, ast.AnnAssign) and node.value:
            _assign(names, dotted_name(node.target), node.value)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                if isinstance(item.optional_vars, ast.Name):
                    if opens_file(item.context_expr, names):
                        names[item.optional_vars.id] = OPENED
    return names


def _bind_function(
    node: ast.FunctionDef | ast.AsyncFunctionDef, outer: Names
) -> tuple[list[ast.stmt], Names]:
    """Return the statements of a function, and the names that it sees."""
    names = dict(outer)
    for parameter, default in _parameters(node.args):
        if parameter == "self" and outer.get("self"):
            continue  # a configuration: see _class_origins
        origin = origin_of(default, outer) if default else None
        names[parameter] = origin or origin_by_name(parameter)
    if node.args.kwarg:  # the options of a command, for example, are not a configuration
        names[node.args.kwarg.arg] = None
    statements = list(own_statements(node))
    return statements, _bind(statements, names)


def _parameters(args: ast.arguments) -> Iterator[tuple[str, ast.expr | None]]:
    positional = [*args.posonlyargs, *args.args]
    missing: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
    defaults = [*missing, *args.defaults, *args.kw_defaults]
    for parameter, default in zip([*positional, *args.kwonlyargs], defaults, strict=True):
        yield parameter.arg, default


def _assign(names: Names, name: str, value: ast.expr) -> None:
    if not name:
        return
    origin = origin_of(value, names)
    if origin:
        names[name] = origin
    elif opens_file(value, names):
        names[name] = OPENED
    elif origin_by_name(name) and (isinstance(value, NO_CONFIG) or has_other_source(value)):
        names.setdefault(name, None)


def _function_origins(statements: list[ast.stmt], names: Names) -> Names:
    """Return the functions that return the content of a file, or a value in the file."""
    found: Names = {}
    for node in statements:
        if isinstance(node, FUNCTIONS):
            origin = _returned_origin(*_bind_function(node, names))
            if origin:
                found[node.name] = origin
    return found


def _parser_classes(statements: list[ast.stmt]) -> Names:
    """Return the classes that derive from a parser of files, such as ConfigParser."""
    return {
        node.name: Origin(f"{node.name}()", is_file=True)
        for node in statements
        if isinstance(node, ast.ClassDef) and any(dotted_name(b) in PARSERS for b in node.bases)
    }


def _returned_origin(statements: list[ast.stmt], names: Names) -> Origin | None:
    for node in statements:
        if not isinstance(node, ast.Return) or not node.value:
            continue
        origin = origin_of(node.value, names)
        if origin and origin.is_file:
            values = [node.value, *_assigned_to(node.value, statements)]
            return origin._replace(is_value=any(map(_is_item, values)))
    return None


def _assigned_to(node: ast.expr, statements: list[ast.stmt]) -> Iterator[ast.expr]:
    """Yield the values that are assigned to a name."""
    for statement in statements:
        if isinstance(node, ast.Name) and isinstance(statement, ast.Assign):
            if node.id in map(dotted_name, statement.targets):
                yield statement.value


def _is_item(node: ast.expr) -> bool:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in PART_METHODS
    return isinstance(node, ast.Subscript)


def _mapping_origin(node: ast.ClassDef) -> Origin | None:
    """Return the origin of the values of a class such as `class Config(dict)`; else None."""
    is_mapping = not MAPPINGS.isdisjoint(map(dotted_name, node.bases))
    return origin_by_name(node.name) if is_mapping else None


def _class_origins(statements: list[ast.stmt], outer: Names) -> Names:
    """Return the attributes of a class that are configurations, as `self.NAME` and `cls.NAME`."""
    found: Names = {}
    for name, origin in _bind(statements, {}).items():
        found |= {f"self.{name}": origin, f"cls.{name}": origin}
    methods = [part for part in statements if isinstance(part, FUNCTIONS)]
    for method in methods:
        for name, origin in _bind_function(method, outer)[1].items():
            if origin and name.startswith(("self.", "cls.")):
                found[name] = origin
    for method in methods:
        origin = _returned_origin(*_bind_function(method, {**outer, **found}))
        if origin:
            found |= {f"self.{method.name}": origin, f"cls.{method.name}": origin}
    return found
