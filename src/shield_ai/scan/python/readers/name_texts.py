"""Collect the texts from which code computes the name of an environment variable."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.collection_texts import collection_texts
from shield_ai.scan.python.readers.name_uses import assigned_values, mutated_names
from shield_ai.scan.python.readers.possible_names import possible_texts

if TYPE_CHECKING:
    from shield_ai.scan.python.readers.bindings import Scope
    from shield_ai.scan.python.readers.resolve import Resolver

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def texts_of_name(
    resolver: Resolver,
    name: ast.expr,
    scopes: tuple[Scope, ...],
    followed: set[str],
    *,
    with_keys: bool = False,
) -> set[str]:
    """Return the texts of a file from which the code computes the name of a variable.

    These are the possible names if they can be enumerated, such as the elements that a loop visits;
    otherwise, the texts in the expressions that determine the name. If a parameter or a mutated
    list is part of the name, they include the texts in all collections of the file. Names from
    outside the code, such as the lines of a `.env` file, are unknown.

    Args:
        resolver: The resolver of the module.
        name: The expression that computes the name.
        scopes: The scopes around it, from the module to the innermost.
        followed: The names that earlier calls followed, and need not be followed again; this call
            adds those that it follows.
        with_keys: Whether the texts in collections include the keys of dictionaries.
    """
    known = possible_texts(resolver, name, scopes)
    if known is not None:
        return set(known)
    tree = resolver.module.source.tree
    sources, unknown = _sources(tree)
    texts: set[str] = set()
    new: set[str] = set()
    pending: list[ast.AST] = [name]
    while pending:
        for node in descend(pending.pop()):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            elif isinstance(node, ast.Name) and node.id not in followed:
                followed.add(node.id)
                new.add(node.id)
                pending += sources.get(node.id, ())
    if not (new.isdisjoint(unknown) and new.isdisjoint(mutated_names(tree))):
        return texts | collection_texts(tree, with_keys=with_keys)
    return texts


@functools.lru_cache(maxsize=8)  # few files are in use at a time
def _sources(tree: ast.Module) -> tuple[dict[str, list[ast.AST]], frozenset[str]]:
    """Return the nodes that determine the value of each name, and the names of parameters."""
    sources: dict[str, list[ast.AST]] = {}
    parameters: set[str] = set()
    for node in descend(tree):
        if isinstance(node, ast.arg):
            parameters.add(node.arg)
        elif isinstance(node, DEFINITIONS):
            sources.setdefault(node.name, []).append(node)
        else:
            for target, value in assigned_values(node):
                for part in descend(target):
                    if isinstance(part, ast.Name):
                        sources.setdefault(part.id, []).append(value)
    return sources, frozenset(parameters)
