"""Recognize the settings that a loader of any name returns: `API_KEY = loader.load("API_KEY")`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.name_meaning import Meaning
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.config.classes import CONFIG_CLASS_WORDS
from shield_ai.scan.python.config.copied_values import DATA_WORDS
from shield_ai.scan.python.config.names import is_config_name, is_getter_method, key_meaning
from shield_ai.scan.python.config.statements import dotted_name, own_statements
from shield_ai.scan.python.readers.ast_walk import descend, statements_in

if TYPE_CHECKING:
    from collections.abc import Iterator

# In the name of an object that does not read the configuration of the app.
OTHER_OBJECTS = DATA_WORDS | word_set("OS ENVIRON REQUESTS HTTPX CLIENT HTTP URLLIB JSON YAML TOML")
NAME = regex(r"[A-Za-z_][\w.-]{0,79}")


class LoadedValue(NamedTuple):
    """A setting that a loader returns."""

    node: ast.expr
    key: str
    loader: str  # the code of the object


def loaded_values(tree: ast.Module, path: str) -> Iterator[LoadedValue]:
    """Yield the secrets that a settings module or class gets from a loader.

    Args:
        tree: The module.
        path: Its file.
    """
    scopes: list[ast.Module | ast.ClassDef] = []
    if is_config_name(path.rpartition("/")[2].removesuffix(".py")):
        scopes.append(tree)
    for node in statements_in(tree):
        if isinstance(node, ast.ClassDef) and CONFIG_CLASS_WORDS.intersection(words(node.name)):
            scopes.append(node)
    for scope in scopes:
        for statement in own_statements(scope):
            if loaded := _loaded_value(statement):
                yield loaded


def _loaded_value(statement: ast.stmt) -> LoadedValue | None:
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return None
    call = statement.value
    loader, _, method = dotted_name(call.func).rpartition(".")
    if not loader or not is_getter_method(method):
        return None
    if not OTHER_OBJECTS.isdisjoint(words(loader)):
        return None
    key = _key_of(call)
    if key and key_meaning(key) is Meaning.HARMLESS:
        key = dotted_name(statement.targets[0])
    return LoadedValue(call, key, loader) if key_meaning(key) is not Meaning.HARMLESS else None


def _key_of(call: ast.Call) -> str:
    """Return the last of the arguments if all are names; empty otherwise."""
    texts = [node.value for node in call.args if isinstance(node, ast.Constant)]
    names = [text for text in texts if isinstance(text, str) and NAME.fullmatch(text)]
    if not names or len(names) < len(call.args):
        return ""
    # The second argument of get() is a default, unless it is written like a section's key.
    has_default = ast.unparse(call.func).endswith(".get") and not names[-1].isupper()
    return names[0] if has_default else names[-1]


def names_with(tree: ast.Module, values: set[ast.AST]) -> set[str]:
    """Return the names whose values contain one of some expressions, also through other names.

    Args:
        tree: The module.
        values: The expressions.
    """
    names: set[str] = set()
    for statement in sorted(statements_in(tree), key=lambda statement: statement.lineno):
        if isinstance(statement, ast.Assign) and _contains(statement.value, values, names):
            names.update(target.id for target in statement.targets if isinstance(target, ast.Name))
    return names


def _contains(value: ast.expr, values: set[ast.AST], names: set[str]) -> bool:
    for node in descend(value):
        if node in values or (isinstance(node, ast.Name) and node.id in names):
            return True
    return False
