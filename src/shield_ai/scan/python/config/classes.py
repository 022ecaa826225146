"""Find the fields of configuration classes, which are filled from a file or another source."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.config.names import (
    CONFIG_WORDS,
    is_config_name,
    is_consumer_key,
    key_meaning,
)
from shield_ai.scan.python.config.statements import FUNCTIONS, dotted_name, own_statements
from shield_ai.scan.python.readers.ast_walk import statements_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# At the end of a class name: its fields are parameters of the app, not data of its users.
CONFIG_CLASS_WORDS = CONFIG_WORDS | word_set("PARAMS PARAMETERS OPTIONS CREDENTIALS CREDS")
# In a class name: the fields are data of a request, a response or a user.
DATA_WORDS = word_set("""
    REQUEST RESPONSE CREATE UPDATE LOGIN REGISTER SIGNUP USER FORM SCHEMA PAYLOAD BODY QUERY RESET
    OUTPUT SERIALIZER DTO IN OUT
""")
# In the path of a module with such classes only.
DATA_MODULES = word_set("SCHEMA SCHEMAS SERIALIZERS DTO DTOS REQUESTS RESPONSES")
SECRET_TYPES = ("SecretStr", "SecretBytes")
TEXT_TYPES = ("str", "bytes", "constr", *SECRET_TYPES)
API_KEY = regex(r"(?i)\bAPI[ _-]?key\b")
DEFAULTS = word_set("DEFAULT DEFAULTS")  # in the name of a dict of a configuration class
URLS = frozenset({("URL",), ("URI",), ("DSN",)})
# Calls that declare a field, and a keyword of each call, or of `.tag()` after it:
# https://github.com/bwindsor/typed-config and https://traitlets.readthedocs.io
FIELD_CALLS = {"key": "cast", "Unicode": "config"}


def is_data_module(path: str) -> bool:
    """Return whether a module has data of requests and users, such as `api/schemas/user.py`."""
    module = path.removesuffix(".py")
    is_config = is_config_name(module.rpartition("/")[2])
    return not is_config and not DATA_MODULES.isdisjoint(words(module.replace("/", "_")))


def _has_init(statements: Iterable[ast.stmt]) -> bool:
    return any(getattr(statement, "name", "") == "__init__" for statement in statements)


def secret_fields(tree: ast.Module) -> Iterator[tuple[ast.stmt | ast.expr, str, str]]:
    """Yield each field of a secret that has no value, as (node, field name, class name).

    Args:
        tree: The module.
    """
    classes = [node for node in statements_in(tree) if isinstance(node, ast.ClassDef)]
    config_classes = _config_classes(classes)
    for node in classes:
        statements = list(own_statements(node))
        sets_attributes = any(map(_sets_attributes, statements))
        if not node.bases and _has_init(statements):
            # The values are arguments, and the annotations only declare the attributes.
            statements = [part for part in statements if not isinstance(part, ast.AnnAssign)]
        for statement in statements:
            name = _field(statement, node, config_classes, sets_attributes=sets_attributes)
            if name and (_is_secret(name, node.name) or _is_api_key(statement)):
                yield statement, name, node.name
            if node.name in config_classes:
                for key, name in _empty_defaults(statement):
                    yield key, name, node.name


def _config_classes(classes: list[ast.ClassDef]) -> set[str]:
    """Return the classes with parameters of the app: by their names, bases and uses as types."""
    by_name = {node.name: node for node in classes}
    found = [node for node in classes if _is_config_class(node)]
    names = {node.name for node in found}
    for node in found:
        for name in _type_names(node):
            if name in by_name and name not in names:
                names.add(name)
                found.append(by_name[name])
    return names


def _type_names(node: ast.ClassDef) -> Iterator[str]:
    """Yield the names in the types of the fields of a class."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign):
            for part in ast.walk(statement.annotation):
                if isinstance(part, ast.Name):
                    yield part.id


def _is_config_class(node: ast.ClassDef) -> bool:
    if not CONFIG_CLASS_WORDS.isdisjoint(words(node.name)[-1:]):
        return True
    bases = {dotted_name(base).rpartition(".")[2] for base in node.bases} - {"BaseSettings"}
    return any(map(is_config_name, bases))


def _is_secret(name: str, class_name: str) -> bool:
    """Return whether a field is a secret: also the `url` of a class such as PostgresConfig."""
    full_name = f"{class_name}_{name}"
    if key_meaning(name) is Meaning.SECRET:
        # For example, the space_key of ConfluenceConfig is not a secret.
        return words(name)[-1] != "KEY" or key_meaning(full_name) is not Meaning.HARMLESS
    return key_meaning(full_name if words(name) in URLS else name) is not Meaning.HARMLESS


def _is_api_key(statement: ast.stmt) -> bool:
    """Return whether a field is the `key` of a service: `Field(description="The API key")`."""
    if not isinstance(statement, ast.AnnAssign) or dotted_name(statement.target) != "key":
        return False
    keywords = statement.value.keywords if isinstance(statement.value, ast.Call) else []
    texts = [ast.unparse(part.value) for part in keywords if part.arg == "description"]
    return any(map(API_KEY.search, texts))


def _empty_defaults(statement: ast.stmt) -> Iterator[tuple[ast.expr, str]]:
    """Yield the keys of secrets in a dict of defaults that are empty: `{"smtp_password": ""}`."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Dict):
        return
    if DEFAULTS.isdisjoint(words(dotted_name(statement.targets[0]))):
        return
    pairs = zip(statement.value.keys, statement.value.values, strict=True)
    empty = {
        str(key.value): key
        for key, value in pairs
        if isinstance(key, ast.Constant) and _is_empty(value)
    }
    for name, key in empty.items():
        if key_meaning(name) is Meaning.SECRET and not is_consumer_key(name, empty):
            yield key, name


def _field(
    statement: ast.stmt, owner: ast.ClassDef, config_classes: set[str], *, sets_attributes: bool
) -> str:
    """Return the name of a field that gets its value later; empty for other statements."""
    if isinstance(statement, ast.AnnAssign) and _is_empty(statement.value):
        is_field = _is_text(statement.annotation, owner.name, config_classes)
        return dotted_name(statement.target) if is_field else ""
    if not isinstance(statement, ast.Assign):
        return ""
    name = dotted_name(statement.targets[0])
    if _declares_field(statement.value):
        return name
    return name if sets_attributes and _is_empty(statement.value) and name.isupper() else ""


def _declares_field(value: ast.expr) -> bool:
    """Return whether a call declares a field: `key(cast=str)`, `Unicode().tag(config=True)`."""
    if not isinstance(value, ast.Call):
        return False
    keywords = {keyword.arg for keyword in value.keywords if keyword.arg}
    if isinstance(value.func, ast.Attribute) and value.func.attr == "tag":
        if not isinstance(value.func.value, ast.Call):
            return False
        value = value.func.value
    return FIELD_CALLS.get(dotted_name(value.func).rpartition(".")[2]) in keywords


def _is_text(annotation: ast.expr, class_name: str, config_classes: set[str]) -> bool:
    """Return whether a field is a string of a configuration class, or a SecretStr of another class.

    Classes with data of requests and users are excluded.
    """
    parts = words(class_name)
    if not DATA_WORDS.isdisjoint(parts):
        return False
    types = TEXT_TYPES if class_name in config_classes else SECRET_TYPES
    names = {dotted_name(node).rpartition(".")[2] for node in ast.walk(annotation)}
    return not names.isdisjoint(types)


def _is_empty(value: ast.expr | None) -> bool:
    """Return whether a field has no value: `None`, `""`, `SecretStr("")` or `Field(…)`."""
    if isinstance(value, ast.Call) and dotted_name(value.func).rpartition(".")[2] == "Field":
        return True
    if isinstance(value, ast.Call) and dotted_name(value.func).endswith(SECRET_TYPES):
        value = value.args[0] if value.args else None
    return value is None or (isinstance(value, ast.Constant) and not value.value)


def _sets_attributes(statement: ast.stmt) -> bool:
    """Return whether a method sets attributes of its class or instance with `setattr()`."""
    if not isinstance(statement, FUNCTIONS):
        return False
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and dotted_name(node.func) == "setattr" and node.args:
            if dotted_name(node.args[0]) in {"cls", "self"}:
                return True
    return False
