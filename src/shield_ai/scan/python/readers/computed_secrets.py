"""Recognize the computed names of variables that contain a secret-like word.

Examples: os.environ[f"{service}_TOKEN"] and os.getenv(endpoint["auth-token"]).
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.reads import concatenated_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.scan.python.readers.bindings import Scope
    from shield_ai.scan.python.readers.resolve import Resolver

# At the end of names that contain the name of a variable, such as `token_env`.
NAME_WORDS = word_set("ENV ENVVAR VAR VARIABLE NAME ENVIRON ENVIRONMENT")
MAX_LENGTH = 100  # of a text that can be part of a name
MAX_STEPS = 3  # of names that refer to other expressions


def names_secret(resolver: Resolver, name: ast.expr, scopes: tuple[Scope, ...]) -> bool:
    """Return whether an expression computes the name of a variable from a secret-like word.

    The words are in its texts, its names and its attributes, and in the values of its local names.
    """
    level: list[ast.expr] = [name]
    for _ in range(MAX_STEPS):
        texts = [text for expression in level for text in _texts(expression)]
        if any(map(_is_secret_like, texts)):
            return True
        level = list(_values_of_names(resolver, level, scopes))
    return False


def _values_of_names(
    resolver: Resolver, expressions: Iterable[ast.expr], scopes: tuple[Scope, ...]
) -> Iterator[ast.expr]:
    """Yield the values of the names in some expressions."""
    names: set[str] = set()
    for expression in expressions:
        names.update(node.id for node in descend(expression) if isinstance(node, ast.Name))
    for name in sorted(names):
        for binding in resolver.module.lookup(name, scopes):
            if isinstance(binding, ast.expr):
                yield binding


def ends_with_name(node: ast.expr) -> bool:
    """Return whether a name ends with the value of a local name, which may be a parameter."""
    parts = concatenated_parts(node)
    return isinstance(parts[-1] if parts else node, ast.Name)


def _texts(expression: ast.expr) -> Iterator[str]:
    for node in descend(expression):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if len(node.value) <= MAX_LENGTH:
                yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


def _is_secret_like(text: str) -> bool:
    parts = words(text)
    while parts and parts[-1] in NAME_WORDS:
        parts = parts[:-1]
    return meaning("_".join(parts)) is Meaning.SECRET
