"""Resolve the members of the app's own classes: `conf.read`, `self.env`, `Config.require`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend, statements_in
from shield_ai.scan.python.readers.helper_functions import helper_reader
from shield_ai.scan.python.readers.known_readers import AppClass, Environ, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.readers.bindings import Module, Scope
    from shield_ai.scan.python.readers.known_readers import Ref
    from shield_ai.scan.python.readers.resolve import Resolver

    Scopes = tuple[Scope, ...]
    Function = ast.FunctionDef | ast.AsyncFunctionDef

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
PROPERTIES = frozenset({"property", "cached_property"})
ENVIRON_WORDS = ("environ", "getenv")


def app_class(resolver: Resolver, node: ast.ClassDef, scopes: Scopes) -> AppClass | None:
    """Return a class of the app if its code, or that of a base, mentions the environment.

    Args:
        resolver: The resolver of the module.
        node: The class.
        scopes: The scopes around it, from the module to the innermost.
    """
    module = resolver.module
    if not _mentions_environment(module.source, node):
        bases = (resolver.nested().resolve(base, scopes) for base in node.bases)
        if not any(isinstance(base, AppClass) for base in bases):
            return None
    return AppClass(module, node, (*scopes, node))


def _mentions_environment(source: Source, node: ast.ClassDef) -> bool:
    if not any(word in source.text for word in ENVIRON_WORDS):
        return False
    text = source.segment(node)
    return any(word in text for word in ENVIRON_WORDS)


def class_of_self(node: ast.expr, module: Module, scopes: Scopes) -> AppClass | None:
    """Return the class of the method that contains an expression such as `self`.

    Args:
        node: The expression.
        module: Its module.
        scopes: The scopes around it, from the module to the innermost.

    Returns:
        None if the expression is not the first parameter of the method.
    """
    if not isinstance(node, ast.Name):
        return None
    for depth in range(len(scopes) - 1, 0, -1):
        function, outer = scopes[depth], scopes[depth - 1]
        if isinstance(function, FUNCTIONS) and node.id in module.names(function):
            if isinstance(outer, ast.ClassDef) and node.id == _self_name(function):
                return AppClass(module, outer, scopes[:depth], is_instance=True)
            return None
    return None


def _self_name(method: Function) -> str:
    """Return the name of a method's first parameter; empty for a static method."""
    parameters = [*method.args.posonlyargs, *method.args.args]
    is_static = any(
        isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
        for decorator in method.decorator_list
    )
    return parameters[0].arg if parameters and not is_static else ""


def member(resolver: Resolver, owner: AppClass, name: str) -> Ref | None:
    """Return what an attribute of a class, or of an instance, refers to.

    Args:
        resolver: Any resolver of the app.
        owner: The class.
        name: The attribute.
    """
    cache = owner.module.members
    key = (owner.node, name)
    if key not in cache:
        cache[key] = None  # ends circular definitions
        cache[key] = _find_member(resolver.in_module(owner.module), owner, name)
    return cache[key]


def _find_member(resolver: Resolver, owner: AppClass, name: str) -> Ref | None:
    for binding in reversed(owner.module.names(owner.node).get(name, [])):
        if isinstance(binding, ast.FunctionDef):
            return _method(resolver, binding, owner.scopes)
        if isinstance(binding, ast.expr):
            return resolver.resolve(binding, owner.scopes)
    for value, scopes in _assigned_values(owner, name):
        ref = resolver.resolve(value, scopes)
        if ref:
            return ref
    for base in owner.node.bases:
        ref = resolver.resolve(base, owner.scopes[:-1])
        if isinstance(ref, AppClass):
            found = member(resolver, ref, name)
            if found or name in ref.module.names(ref.node):
                return found
    return None


def _method(resolver: Resolver, node: ast.FunctionDef, scopes: Scopes) -> Ref | None:
    """Return the reader for a method; for a property, what its value refers to.

    The reader's argument positions do not count `self`.
    """
    decorators = {ast.unparse(decorator).rpartition(".")[2] for decorator in node.decorator_list}
    if not decorators.isdisjoint(PROPERTIES):
        return _property_value(resolver, node, scopes)
    reader = helper_reader(resolver, node, scopes)
    if reader is None or "staticmethod" in decorators:
        return reader
    if reader.name_position < 1:
        return None
    other = reader.overridden_by or _other_lookup(resolver, node, reader, (*scopes, node))
    return reader._replace(name_position=reader.name_position - 1, overridden_by=other)


def _other_lookup(
    resolver: Resolver, method: ast.FunctionDef, reader: Reader, scopes: Scopes
) -> str:
    """Return a call or mapping in a method that may provide the value instead; "" without one."""
    ignored: set[ast.AST] = set()  # errors and statements such as log messages
    for node in descend(method):
        if isinstance(node, (ast.Raise, ast.Expr)):
            ignored.update(descend(node))
        elif isinstance(node, (ast.Call, ast.Subscript)) and node not in ignored:
            if _passes_name(node, reader.name_keyword) and not resolver.find_read(node, scopes):
                return ast.unparse(node.func if isinstance(node, ast.Call) else node.value)
    return ""


def _passes_name(node: ast.Call | ast.Subscript, name: str) -> bool:
    arguments = node.args if isinstance(node, ast.Call) else [node.slice]
    return any(isinstance(argument, ast.Name) and argument.id == name for argument in arguments)


def _property_value(resolver: Resolver, node: ast.FunctionDef, scopes: Scopes) -> Ref | None:
    returns = [item for item in statements_in(node) if isinstance(item, ast.Return) and item.value]
    for statement in node.body:
        if isinstance(statement, ast.Return) and statement.value:
            ref = resolver.resolve(statement.value, (*scopes, node))
            # another value is possible, as after a change of a copy
            return ref._replace(is_copy=True) if isinstance(ref, Environ) and returns[1:] else ref
    return None


def _assigned_values(owner: AppClass, name: str) -> list[tuple[ast.expr, Scopes]]:
    """Return the values that the methods of a class assign to an attribute of `self`."""
    tables = owner.module.self_values
    if owner.node not in tables:
        tables[owner.node] = _collect_assigned(owner)
    return tables[owner.node].get(name, [])


def _collect_assigned(owner: AppClass) -> dict[str, list[tuple[ast.expr, Scopes]]]:
    table: dict[str, list[tuple[ast.expr, Scopes]]] = {}
    for method in owner.node.body:
        if isinstance(method, FUNCTIONS):
            self_name = _self_name(method)
            for target, value in _assignments(method):
                if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                    if target.value.id == self_name:
                        scopes = (*owner.scopes, method)
                        table.setdefault(target.attr, []).append((value, scopes))
    return table


def _assignments(function: Function) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield the targets and values of the assignments in a function."""
    for node in statements_in(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                yield target, node.value
        elif isinstance(node, ast.AnnAssign) and node.value:
            yield node.target, node.value


def reader_of_instance(resolver: Resolver, ref: Ref | None, method: str) -> Ref | None:
    """Return what a method such as `__call__` of an instance reads; None if it reads nothing.

    A reference that is not an app class is returned unchanged.

    Args:
        resolver: Any resolver of the app.
        ref: The object that is called or indexed.
        method: `__call__` or `__getitem__`.
    """
    if not isinstance(ref, AppClass):
        return ref
    if not ref.is_instance:
        return None  # a call of the class creates an instance
    found = member(resolver, ref, method)
    return found if isinstance(found, (Reader, Environ)) else None
