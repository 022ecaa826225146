"""Find the texts of constant expressions, across names, classes and modules."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.scan.python.readers.app_classes import class_of_self
from shield_ai.scan.python.readers.bindings import Imported
from shield_ai.scan.python.readers.known_readers import CONSTANTS, Library
from shield_ai.scan.python.readers.reads import concatenated_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.scan.python.readers.resolve import Resolver, Scopes

MAX_DEPTH = 12  # of names that refer to names; more is a cycle


def constant_text(resolver: Resolver, node: ast.AST | None, scopes: Scopes) -> str | None:
    """Return the text of a constant expression; None for other expressions.

    Args:
        resolver: The resolver of the module.
        node: The expression.
        scopes: The scopes around it, the module first.
    """
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return _text_of_name(resolver, node.id, scopes)
    if isinstance(node, ast.Attribute):
        return _text_of_attribute(resolver, node, scopes)
    parts = concatenated_parts(node) if node else None
    return _joined_text(resolver, parts, scopes) if parts is not None else None


def _text_of_name(resolver: Resolver, name: str, scopes: Scopes) -> str | None:
    bindings = resolver.module.lookup(name, scopes)
    if len(bindings) != 1:
        return None
    value = bindings[0]
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return value.value
    return _text_of_path(resolver, value.path) if isinstance(value, Imported) else None


def _text_of_attribute(resolver: Resolver, node: ast.Attribute, scopes: Scopes) -> str | None:
    if node.attr == "value":  # of an enumeration
        text = constant_text(resolver, node.value, scopes)
        if text is not None:
            return text
    base = resolver.resolve(node.value, scopes)
    if isinstance(base, Library):
        return CONSTANTS.get(f"{base.path}.{node.attr}")
    owner = class_of_self(node.value, resolver.module, scopes)
    if owner:
        return _text_of_self(resolver, owner.node, node.attr)
    if isinstance(node.value, ast.Name):
        for binding in resolver.module.lookup(node.value.id, scopes):
            if isinstance(binding, ast.ClassDef):
                return _text_in_class(resolver, binding, node.attr)
    path = resolver.imported_path(node, scopes)
    return _text_of_path(resolver, path) if path else None


def _text_of_self(resolver: Resolver, node: ast.ClassDef, name: str) -> str | None:
    """Return the text of a constant of the class around a method; a subclass can have another."""
    text = _text_in_class(resolver, node, name)
    if text is None or resolver.project.class_constants()[name] != 1:
        return None
    return text


def _text_in_class(resolver: Resolver, node: ast.ClassDef, name: str) -> str | None:
    values = resolver.module.names(node).get(name, [])
    if len(values) != 1 or not isinstance(values[0], ast.Constant):
        return None
    return constant_text(resolver, values[0], ())


def _text_of_path(resolver: Resolver, dotted: str) -> str | None:
    """Return the text of a constant of the app, by its dotted path."""
    if resolver.depth > MAX_DEPTH:
        return None
    place = resolver.project.find_constant(dotted)
    if place is None:
        return None
    module, name = place
    reference = ast.Name(id=name, ctx=ast.Load())
    return constant_text(resolver.in_module(module), reference, (module.source.tree,))


def _joined_text(resolver: Resolver, parts: Sequence[ast.expr], scopes: Scopes) -> str | None:
    texts = []
    for part in parts:
        text = constant_text(resolver, part, scopes)
        if text is None:
            return None
        texts.append(text)
    return "".join(texts)
