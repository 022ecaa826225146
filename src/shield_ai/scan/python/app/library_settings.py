"""Find the calls with which classes of libraries read variables: `LibrarySettings.from_env()`.

The names of the variables are in the library, or it computes them from the fields of a class.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_secret
from shield_ai.model.skip import SkipId, Skipped
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.python.readers.known_readers import Library, Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.readers.resolve import Resolver

MARK = b".from_env"
METHODS = frozenset({"from_env", "from_environ", "from_environment"})
# Libraries that read no secrets from variables.
# https://docker-py.readthedocs.io/en/stable/client.html
WITHOUT_SECRETS = frozenset({"docker"})
UNKNOWN = "variables that are not known"


def find_library_settings(resolver: Resolver) -> Iterator[Skipped]:
    """Yield an entry for each call in a file, with the fields that may be secrets.

    Args:
        resolver: The resolver of the file.
    """
    source = resolver.module.source
    if MARK not in source.raw:
        return
    for node in descend(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            variables = _variables(resolver, node.func) if node.func.attr in METHODS else ""
            if variables:
                reader = f"{ast.unparse(node.func)}()"
                reason = SkipId.READS_ALL.reason(reader=reader, variables=variables)
                yield reason.entry(source.path, node.lineno)


def _variables(resolver: Resolver, function: ast.Attribute) -> str:
    """Describe the variables that a method of a library reads; "" for other methods."""
    if _is_of_library(resolver, function):
        return UNKNOWN
    owner = _class_of(resolver, function.value)
    if owner is None or _defines(owner, function.attr):
        return ""
    # Without a base, a decorator adds the method:
    # https://environ-config.readthedocs.io/en/stable/tutorial.html
    if not any(_is_of_library(resolver, part) for part in owner.bases or _decorators(owner)):
        return ""
    fields = [name for name in _fields(owner) if is_secret(name)]
    return f"the variables of its fields {', '.join(fields)}" if fields else UNKNOWN


def _class_of(resolver: Resolver, node: ast.expr) -> ast.ClassDef | None:
    """Return the class of the file to which a name refers."""
    if isinstance(node, ast.Name):
        for binding in resolver.module.lookup(node.id, (resolver.module.source.tree,)):
            if isinstance(binding, ast.ClassDef):
                return binding
    return None


def _decorators(node: ast.ClassDef) -> list[ast.expr]:
    return [part.func if isinstance(part, ast.Call) else part for part in node.decorator_list]


def _is_of_library(resolver: Resolver, node: ast.expr) -> bool:
    """Return whether an expression refers to an object of a library that may read secrets."""
    ref = resolver.resolve(node, (resolver.module.source.tree,))
    if isinstance(ref, Library):
        return ref.path.partition(".")[0] not in WITHOUT_SECRETS
    return isinstance(ref, Reader) and ref.is_guessed  # named like a reader, as environ.config


def _defines(node: ast.ClassDef, method: str) -> bool:
    return any(isinstance(part, ast.FunctionDef) and part.name == method for part in node.body)


def _fields(node: ast.ClassDef) -> Iterator[str]:
    for part in node.body:
        if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            yield part.target.id
        elif isinstance(part, ast.Assign) and isinstance(part.targets[0], ast.Name):
            yield part.targets[0].id
