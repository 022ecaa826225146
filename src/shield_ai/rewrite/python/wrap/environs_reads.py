"""Recognize objects of environs that return a variable unchanged, as `os.environ.get()` does.

Other libraries change some values: django-environ expands a value such as `$NAME`.

https://github.com/sloria/environs
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.project.environ_copies import used_name

if TYPE_CHECKING:
    from collections.abc import Iterator

ENVIRONS = "environs.env"
# `env("X", default)` and `env.str("X", default)`; without a default, their errors differ.
READERS = frozenset({ENVIRONS, f"{ENVIRONS}.str"})
# Attributes that change which variable is read, or its value.
CHANGING_ATTRIBUTES = frozenset({"prefixed", "prefix", "expand_vars", "add_parser"})


def environs_names(tree: ast.Module) -> dict[str, str]:
    """Map the local names of environs' `Env` objects to "environs.env".

    Skip objects of which every use would be rewritten, because their import would become unused.
    """
    names = _imported_names(tree)
    if not names:
        return {}
    objects = {name for name, dotted in names.items() if dotted == ENVIRONS}
    for node in tree.body:
        if isinstance(node, ast.Assign) and _is_plain_object(node.value, names):
            objects |= {_name(target) for target in node.targets}
    return dict.fromkeys(_usable(tree, objects), ENVIRONS)


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Map the names that a file imports from environs to their dotted names."""
    names: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "environs" and not node.level:
            names |= {a.asname or a.name: f"environs.{a.name}" for a in node.names}
    return names


def _is_plain_object(node: ast.expr, names: dict[str, str]) -> bool:
    """Return whether an expression is `Env()` without options that change values."""
    if not isinstance(node, ast.Call) or node.args:
        return False
    if any(keyword.arg != "eager" for keyword in node.keywords):
        return False
    return names.get(_name(node.func)) == "environs.Env"


def has_default(node: ast.Call) -> bool:
    """Return whether a call of an `Env` object passes a default."""
    return len(node.args) == 2 or any(keyword.arg == "default" for keyword in node.keywords)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _usable(tree: ast.Module, objects: set[str]) -> set[str]:
    """Return the names that are bound once and are still used after the rewrite."""
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    if any(node.attr in CHANGING_ATTRIBUTES for node in attributes):
        return set()
    bound = _bindings(tree)
    used = {_name(node.value) for node in attributes if node.attr != "str"}
    used |= set(_called_without_default(tree))
    return {name for name in objects & used if bound[name] == 1}


def _called_without_default(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and not has_default(node):
            function = node.func
            yield _name(function.value if isinstance(function, ast.Attribute) else function)


def _bindings(tree: ast.Module) -> Counter[str]:
    """Count how often a file binds each name."""
    bound: Counter[str] = Counter()
    for node in ast.walk(tree):
        is_use = isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        if not is_use and (name := used_name(node)):
            bound[name] += 1
    return bound
