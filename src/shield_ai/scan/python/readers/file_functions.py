"""Recognize the app's functions that read a secret from the file that a parameter names.

    def read_secret(name, default=None):
        path = Path("/run/secrets") / name
        return path.read_text().strip() if path.exists() else default

Docker and Kubernetes provide secrets in such files.
"""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.bindings import Imported

if TYPE_CHECKING:
    from shield_ai.scan.python.readers.bindings import Module, Scope
    from shield_ai.scan.python.readers.resolve import Resolver

FILE_METHODS = frozenset({"open", "read_text", "read_bytes"})


def find_app_function(
    resolver: Resolver, name: str, scopes: tuple[Scope, ...]
) -> ast.FunctionDef | None:
    """Return the function of the app with a name, also if it is imported; None for others."""
    module, project = resolver.module, resolver.project
    for binding in module.lookup(name, scopes):
        if isinstance(binding, ast.FunctionDef):
            return binding
        if isinstance(binding, Imported):
            place = project.find_constant(binding.path)
            return _defined_in(place[0], place[1]) if place else None
    for star in module.star_imports:
        starred = project.find_module(star)
        found = _defined_in(starred, name) if starred else None
        if found:
            return found
    return None


def _defined_in(module: Module, name: str) -> ast.FunctionDef | None:
    for binding in module.lookup(name, (module.source.tree,)):
        if isinstance(binding, ast.FunctionDef):
            return binding
    return None


@functools.lru_cache(maxsize=256)  # an app calls the same functions in many places
def reads_named_file(function: ast.FunctionDef) -> bool:
    """Return whether a function reads the file that its first parameter names."""
    parameters = [*function.args.posonlyargs, *function.args.args]
    if not parameters:
        return False
    names = {parameters[0].arg}
    for node in descend(function):
        if isinstance(node, ast.Assign) and _uses(node.value, names):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return any(_opens(node, names) for node in descend(function))


def _opens(node: ast.AST, names: set[str]) -> bool:
    """Return whether a node is `open(name)`, `name.read_text()` or the like."""
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr in FILE_METHODS and _uses(node, names)
    is_open = isinstance(node.func, ast.Name) and node.func.id == "open"
    return is_open and any(_uses(argument, names) for argument in node.args[:1])


def _uses(node: ast.AST, names: set[str]) -> bool:
    return any(isinstance(part, ast.Name) and part.id in names for part in descend(node))
