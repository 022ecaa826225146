"""Find the expressions that a file uses as the path of a file, or as the name of a dict entry.

A variable with such a value is not a secret, even if its name ends with KEY.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.ast_walk import descend

if TYPE_CHECKING:
    from collections.abc import Iterator

# Functions with paths, and how many of their arguments are paths.
PATH_FUNCTIONS = {"Path": 9, "PurePath": 9, "load_cert_chain": 2, "from_private_key_file": 1}
OS_PATH_FUNCTIONS = word_set("exists isfile isdir join abspath realpath expanduser dirname")
OPENERS = word_set("io codecs")
# Keyword arguments and keys of dicts: keyfile, ssl_certfile, sslkey, private_key_path.
PATH_NAME = regex(
    r"(?i)(?:.*_)?(?:key|cert|ca|pem|cafile|keyfile|certfile)_?(?:file|path|filename)"
    r"|(?:.*_)?(?:keyfile|certfile|cafile|ca_certs|sslkey|sslcert|sslrootcert)"
)


# Dicts with an entry for each database or cache.
NAMED_ENTRIES = word_set("DATABASES CACHES CONNECTIONS")


def path_expressions(tree: ast.Module) -> set[ast.expr]:
    """Return the expressions that a file uses as paths, and what it assigns to names used so."""
    return _with_assigned(tree, set(_paths(tree)))


def entry_names(tree: ast.Module) -> set[ast.expr]:
    """Return the expressions that choose a database or a cache, as `x` in `DATABASES[x]` does."""
    found: set[ast.expr] = set()
    for node in descend(tree):
        if isinstance(node, ast.Subscript) and NAMED_ENTRIES.intersection(
            words(_name(node.value))[-1:]
        ):
            found.add(node.slice)
    return _with_assigned(tree, found)


def _paths(tree: ast.Module) -> Iterator[ast.expr]:
    for node in descend(tree):
        if isinstance(node, ast.Call):
            yield from node.args[: _number_of_paths(node.func)]
            for keyword in node.keywords:
                if keyword.arg and PATH_NAME.fullmatch(keyword.arg):
                    yield keyword.value
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and PATH_NAME.fullmatch(str(key.value)):
                    yield value


def _number_of_paths(function: ast.expr) -> int:
    """Return how many of the first arguments of a function are paths."""
    name = _name(function)
    base = _name(function.value) if isinstance(function, ast.Attribute) else ""
    if name == "open":
        return int(not isinstance(function, ast.Attribute) or base in OPENERS)
    if name in OS_PATH_FUNCTIONS and base == "path":
        return 9
    return PATH_FUNCTIONS.get(name, 0)


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _with_assigned(tree: ast.Module, used: set[ast.expr]) -> set[ast.expr]:
    """Add what a file assigns once to names that it uses only as these expressions, or tests."""
    names = {node.id for node in used if isinstance(node, ast.Name)}
    if not names:
        return used
    values: dict[str, list[ast.expr]] = {name: [] for name in names}
    tests: set[ast.expr] = set()
    for node in descend(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            values.get(_name(node.targets[0]), []).append(node.value)
        elif isinstance(node, (ast.If, ast.IfExp)):
            tests.add(node.test)
    for node in descend(tree):
        if isinstance(node, ast.arg):
            names.discard(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            if node not in used and node not in tests:
                names.discard(node.id)
    return used | {values[name][0] for name in names if len(values[name]) == 1}
