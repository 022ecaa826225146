"""Recognize a secret that is the content of a whole file: `password = f.read().strip()`."""

from __future__ import annotations

import ast

from shield_ai.model.name_meaning import Meaning
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.config.config_objects import OPENED, OPENERS, Names
from shield_ai.scan.python.config.names import key_meaning
from shield_ai.scan.python.config.statements import dotted_name

# Methods of str and bytes that are applied to the text of a file before it is used.
TEXT_METHODS = word_set("""
    strip rstrip lstrip decode encode replace removesuffix splitlines split rsplit
    partition rpartition
""")
# Methods of a path that read its file.
PATH_METHODS = word_set("read_text read_bytes")
# Methods of an open file.
READ_METHODS = word_set("read readline readlines")
# The first word of a function that reads a file: read_secret_file().
READERS = word_set("GET READ LOAD FETCH")
SECRETS = frozenset({Meaning.SECRET, Meaning.URL, Meaning.DSN})


def file_secret(statement: ast.stmt, names: Names) -> tuple[ast.expr, str, str] | None:
    """Return the value, the name and the reading function of a secret from a file; else None.

    Args:
        statement: The statement.
        names: The names that the statement sees.
    """
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return None
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    names_of_secrets = [name for name in map(_target_name, targets) if key_meaning(name) in SECRETS]
    if not names_of_secrets:
        return None
    reader = _file_reader(_text_source(statement.value), names)
    return (statement.value, names_of_secrets[0], reader) if reader else None


def _target_name(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Attribute):
        return target.attr
    if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
        return str(target.slice.value)
    return ""


def _text_source(value: ast.expr) -> ast.expr:
    """Return the expression that provides a text, without methods of str: `f.read()`."""
    while True:
        if isinstance(value, ast.Subscript):
            value = value.value
        elif not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
            return value
        elif value.func.attr in TEXT_METHODS:
            value = value.func.value
        else:
            return value


def _file_reader(value: ast.expr, names: Names) -> str:
    """Return the function that reads a file; empty if the value is not the text of a file."""
    if not isinstance(value, ast.Call):
        return ""
    if isinstance(value.func, ast.Attribute):
        method = value.func.attr
        if method in PATH_METHODS:
            return f"{method}()"
        if method in READ_METHODS:
            return "open()" if _is_open_file(value.func.value, names) else ""
    name = dotted_name(value.func).rpartition(".")[2]
    parts = words(name)
    return f"{name}()" if parts[:1] and parts[0] in READERS and "FILE" in parts[1:] else ""


def _is_open_file(node: ast.expr, names: Names) -> bool:
    if isinstance(node, ast.Name):
        return names.get(node.id) is OPENED
    if not isinstance(node, ast.Call):
        return False
    is_open_method = isinstance(node.func, ast.Attribute) and node.func.attr == "open"
    return is_open_method or dotted_name(node.func) in OPENERS
