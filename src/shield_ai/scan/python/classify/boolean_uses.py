"""Find the expressions that a module uses only as truth values.

    debug_keys = os.getenv("DEBUG_API_KEYS", "")
    if debug_keys.lower() == "true":
        ...

A variable with such a value is not a secret.
"""

from __future__ import annotations

import ast

from shield_ai.scan.python.classify.assigned_values import with_assigned_values
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.readers.ast_walk import descend

BOOLEAN_TEXTS = frozenset({"true", "false", "1", "0", "yes", "no", "on", "off", "y", "n", "t", "f"})
DISPLAYS = (ast.List, ast.Tuple, ast.Set)
TEXT_METHODS = frozenset({"lower", "upper", "casefold", "capitalize", "title", "strip"})


def boolean_expressions(tree: ast.Module) -> set[ast.expr]:
    """Return the expressions that a module only compares with texts such as "true" or "0".

    For a name, these include the value assigned to it.
    """
    compared = set()
    for node in descend(tree):
        if isinstance(node, ast.Compare) and compares_with_boolean_text(node):
            compared.add(_without_text_methods(node.left))
    return with_assigned_values(tree, compared, with_settings=False)


def compares_with_boolean_text(node: ast.Compare) -> bool:
    """Return whether a comparison is with "true", "1" or other texts for truth values."""
    if len(node.comparators) != 1:
        return False
    operand = node.comparators[0]
    nodes = operand.elts if isinstance(operand, DISPLAYS) else [operand]
    for node_of_text in nodes:
        text = literal_text(node_of_text)
        if text is None or text.lower() not in BOOLEAN_TEXTS:
            return False
    return bool(nodes)


def _without_text_methods(node: ast.expr) -> ast.expr:
    """Return `x` for `x.strip().lower()`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr not in TEXT_METHODS:
            break
        node = node.func.value
    return node
