"""Recognize a secret that an object copies from a mapping: `self.api_key = self.rule["api_key"]`.

The mapping is probably a configuration if its key and the attribute end with the same word.
"""

from __future__ import annotations

import ast
from typing import NamedTuple

from shield_ai.model.name_meaning import Meaning
from shield_ai.model.words import word_set, words
from shield_ai.project.python_source import string_constant
from shield_ai.scan.python.config.config_objects import Names, origin_of
from shield_ai.scan.python.config.names import key_meaning
from shield_ai.scan.python.config.statements import dotted_name

# In the name of a mapping: its values come from a server, a form or a database.
DATA_WORDS = word_set("""
    DATA RESPONSE RESPONSES RESULT RESULTS JSON PAYLOAD BODY RESP RES R ROW RECORD ITEM ITEMS
    REQUEST FORM MESSAGE MSG EVENT VALUES ATTRS ATTRIBUTES OBJ OBJECT USER SESSION COOKIE COOKIES
    HEADERS POST QUERY CLAIMS TOKEN TOKENS ACCOUNT STATE CACHE STORE D DOC DOCUMENT META CLEANED
    VALIDATED KWARGS MODEL INSTANCE
""")
# At the start of a key: the value belongs to a session, or a person types it.
OTHER_KEYS = word_set("ACCESS REFRESH ID SESSION CSRF NEW OLD CURRENT USER RESET NEXT CONFIRM")


class CopiedSecret(NamedTuple):
    """A value that is copied to an attribute."""

    node: ast.expr
    key: str
    mapping: str  # the code of the mapping


def copied_secret(statement: ast.stmt, names: Names) -> CopiedSecret | None:
    """Return the secret that a statement copies from a mapping to an attribute of `self`.

    Args:
        statement: The statement.
        names: The names that the statement sees.
    """
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Attribute):
        return None
    target = dotted_name(statement.targets[0])
    mapping, key = _item(statement.value)
    if mapping is None or not target.startswith("self.") or not _is_service_secret(key):
        return None
    if words(target)[-1:] != words(key)[-1:] or not _may_be_configuration(mapping, names):
        return None
    return CopiedSecret(statement.value, key, dotted_name(mapping))


def _may_be_configuration(mapping: ast.expr, names: Names) -> bool:
    """Return whether a mapping may be a configuration, although its name does not say so."""
    name = dotted_name(mapping)
    if not name or name in names or origin_of(mapping, names):
        return False
    return DATA_WORDS.isdisjoint(words(name.rpartition(".")[2]))


def _item(value: ast.expr) -> tuple[ast.expr | None, str]:
    """Return the mapping and the key of `mapping[key]` or `mapping.get(key)`."""
    key: ast.expr | None = None
    mapping: ast.expr | None = None
    if isinstance(value, ast.Subscript):
        mapping, key = value.value, value.slice
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.args:
        mapping = value.func.value if value.func.attr == "get" else None
        key = value.args[0]
    text = string_constant(key)
    return (None, "") if text is None else (mapping, text)


def _is_service_secret(key: str) -> bool:
    parts = words(key)
    return len(parts) > 1 and parts[0] not in OTHER_KEYS and key_meaning(key) is Meaning.SECRET
