"""Group the settings classes of a file by inheritance: one can replace the values of another."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.words import word_set, words
from shield_ai.scan.python.readers.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Collection

# In a class for production, a hardcoded value is used even if a related class reads the variable.
PRODUCTION = word_set("PROD PRODUCTION LIVE STAGE STAGING")


class Families(NamedTuple):
    """The classes that inherit from each other, or from the same class, by their id()."""

    roots: dict[int, int]  # from each class to the class that its family inherits from
    production: frozenset[int]  # those for production, by their names


def find_families(tree: ast.Module, scopes: Collection[int]) -> Families:
    """Find the families of the classes in a file.

    Args:
        tree: The file.
        scopes: The scopes that matter, by their id(); without two, the file is not searched.
    """
    if len(scopes) < 2:
        return Families({}, frozenset())
    found = {node.name: node for node in descend(tree) if isinstance(node, ast.ClassDef)}
    bases = {name: _first_base(node, found) for name, node in found.items()}
    names_of_roots = _roots(bases)
    roots = {id(node): id(found[names_of_roots[name]]) for name, node in found.items()}
    production = [id(node) for name, node in found.items() if PRODUCTION & {*words(name)}]
    return Families(roots, frozenset(production))


def _first_base(node: ast.ClassDef, known: Collection[str]) -> str:
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in known:
            return base.id
    return ""


def _roots(first_bases: dict[str, str]) -> dict[str, str]:
    """Map each class to the class at the end of its bases."""
    roots: dict[str, str] = {}
    for name in first_bases:
        seen = {name: None}  # in order
        last = name
        while last not in roots and first_bases[last] and first_bases[last] not in seen:
            last = first_bases[last]
            seen[last] = None
        roots.update(dict.fromkeys(seen, roots.get(last, last)))
    return roots
