"""Find the expressions that a module uses as file paths, or as names of databases and the like.

A variable with such a value is not a secret, even if its name ends with KEY.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.classify.assigned_values import with_assigned_values
from shield_ai.scan.python.readers.ast_walk import descend, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = 9  # more arguments than these functions are called with
# Functions that take paths, and how many of their first arguments are paths.
PATH_FUNCTIONS = {"Path": ALL, "PurePath": ALL, "load_cert_chain": 2, "from_private_key_file": 1}
OS_PATH_FUNCTIONS = word_set("exists isfile isdir join abspath realpath expanduser dirname")
OPENERS = word_set("io codecs")
# Functions that read a file, such as from_service_account_file; not save_to_file.
FILE_READER = regex(r"(?:from|load|read|parse|open)_(?:\w+_)?(?:file|filename|path)")
# Keyword arguments, dict keys and attributes with a path, such as keyfile and private_key_path.
PATH_NAME = regex(
    r"(?i)(?:.*_)?(?:key|cert|ca|pem|cafile|keyfile|certfile)_?(?:file|path|filename)"
    r"|(?:.*_)(?:file|path|filename)"
    r"|(?:.*_)?(?:keyfile|certfile|cafile|ca_certs|sslkey|sslcert|sslrootcert)"
)
# Dicts that map aliases, such as "default", to databases or caches: the last word of their names.
ALIAS_DICTS = word_set("DATABASES CACHES CONNECTIONS")
# Arguments of boto3 that name a secret or a key.
RESOURCE_KEYWORDS = frozenset({"SecretId", "KeyId"})


def path_expressions(tree: ast.Module) -> set[ast.expr]:
    """Return the expressions that a module uses as paths, and the values of names used as paths."""
    return with_assigned_values(tree, set(_paths(tree)))


def resource_names(tree: ast.Module) -> set[ast.expr]:
    """Return the expressions that name a database, a cache or a resource in AWS.

    Examples: `x` in `DATABASES[x]`, and in `get_secret_value(SecretId=x)`.
    """
    found: set[ast.expr] = set()
    for node in descend(tree):
        if isinstance(node, ast.Subscript):
            last_word = words(name_of(node.value))[-1:]
            if ALIAS_DICTS.intersection(last_word):
                found.add(node.slice)
        elif isinstance(node, ast.Call):
            found.update(part.value for part in node.keywords if part.arg in RESOURCE_KEYWORDS)
    return with_assigned_values(tree, found)


def _paths(tree: ast.Module) -> Iterator[ast.expr]:
    for node in descend(tree):
        if isinstance(node, ast.Call):
            yield from node.args[: _number_of_paths(node.func)]
        for name, value in _named_values(node):
            if PATH_NAME.fullmatch(name):
                yield value


def _named_values(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the values of keyword arguments, of a dict and of an assignment, with their names."""
    if isinstance(node, ast.Call):
        for keyword in node.keywords:
            yield keyword.arg or "", keyword.value
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), value
    elif isinstance(node, ast.Assign):
        yield name_of(node.targets[0]), node.value


def _number_of_paths(function: ast.expr) -> int:
    """Return how many of a function's first arguments are paths."""
    name = name_of(function)
    base = name_of(function.value) if isinstance(function, ast.Attribute) else ""
    if name == "open":
        return int(not isinstance(function, ast.Attribute) or base in OPENERS)
    if name in OS_PATH_FUNCTIONS and base == "path":
        return ALL
    return PATH_FUNCTIONS.get(name, int(FILE_READER.fullmatch(name) is not None))
