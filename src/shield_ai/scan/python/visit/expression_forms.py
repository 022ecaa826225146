"""Recognize forms of expressions: conversions, records, database logins and truth-value tests."""

from __future__ import annotations

import ast

from shield_ai.model.database_fields import is_sqlite
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.readers.ast_walk import name_of
from shield_ai.scan.python.readers.known_readers import Reader

# Functions of apps and libraries: strtobool, str_to_bool, parse_boolean, is_true.
BOOLEAN_CONVERSION = regex(r"\w+bool(?:ean)?|(?:is_|as_)?true|truthy|is_truthy")
# The backends of the runtime: their option SECRET names a secret.
SECRET_BACKEND = regex(r"shield_runtime\.django\.\w+$")
TYPES = frozenset({"str", "int", "bool", "float", "list", "dict", "tuple", "bytes"})


def is_record(node: ast.expr) -> bool:
    """Return whether a tuple contains a type or a non-text constant: `(str, "default", True)`."""
    if not isinstance(node, ast.Tuple):
        return False
    for element in node.elts:
        if isinstance(element, ast.Name) and element.id in TYPES:
            return True
        if isinstance(element, ast.Constant) and not isinstance(element.value, (str, bytes)):
            return True
    return False


def is_database(keys: list[str | None], engine: str) -> bool:
    """Return whether a dict has the settings of a database: a password, or a known engine.

    Args:
        keys: The keys of the dict.
        engine: The constant ENGINE; empty without one.
    """
    if "PASSWORD" in keys and ("ENGINE" in keys or {"NAME", "USER"}.issubset(keys)):
        return True
    return is_sqlite(engine) or SECRET_BACKEND.search(engine) is not None


def sets_attribute(node: ast.Call) -> bool:
    """Return whether a call is `setattr(object, name, value)`."""
    is_setattr = isinstance(node.func, ast.Name) and node.func.id == "setattr"
    return is_setattr and len(node.args) == 3 and not node.keywords


def is_boolean_conversion(node: ast.Call, function: object) -> bool:
    """Return whether a call converts a text to a boolean; not for a reader: `env_bool("X")`."""
    if isinstance(function, Reader):
        return False
    return bool(BOOLEAN_CONVERSION.fullmatch(name_of(node.func)))
