"""Decide whether a pydantic field can hold a secret: by its names, its type and its default."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_secret, may_be_auth_token
from shield_ai.model.words import words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import string_constant
from shield_ai.scan.python.classify.candidates import SERVICE_URL
from shield_ai.scan.python.classify.literals import is_harmless_value, literal_text
from shield_ai.scan.python.settings_classes.chosen_fields import chosen_fields, is_chosen
from shield_ai.scan.python.settings_classes.field_defaults import (
    SECRET_ANNOTATION,
    default_text,
    is_instance_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.python.settings_classes.settings_class import SettingsClass

ALIASES = frozenset({"alias", "validation_alias", "env"})
NON_TEXT_ANNOTATION = regex(
    r"(?:typing\.)?ClassVar\b"  # not a field
    r"|(?:typing\.)?(?:Optional\[)?"
    r"(?:(?:typing\.)?Literal\[|(?:bool|int|float|(?:datetime\.)?timedelta)\b"
    r"|(?:pydantic\.|pathlib\.)?(?:FileUrl|FilePath|DirectoryPath|NewPath|Path)\b)"
)
TEXT_ANNOTATION = regex(r"(?:(?:typing\.)?Optional\[str\]|str(?: \| None)?)")

# Last words of fields that are secrets only by the names of the models above: `openai.key`.
NAMED_BY_PARENTS = frozenset({("URL",), ("URI",), ("DSN",), ("KEY",), ("PASS",)})


def find_choices(scope: ast.ClassDef) -> frozenset[str]:
    """Return the fields of a class that name an entry to choose, such as a model."""
    return chosen_fields(scope.body)


def may_be_secret(node: ast.AnnAssign, settings: SettingsClass | None, parents: str) -> bool:
    """Return whether a field can hold a secret.

    Args:
        node: The field.
        settings: The settings class that reads it; None if no class is known to read it.
        parents: The names of the fields with the nested models that contain it.
    """
    name = ast.unparse(node.target)
    if NON_TEXT_ANNOTATION.match(ast.unparse(node.annotation)):
        return False
    if name.startswith("_") or is_instance_of(node.value, node.annotation):
        return False
    if not is_secret(name) and not (settings and _is_secret_field(node, settings, parents)):
        return False
    default = node.value.value if isinstance(node.value, ast.Constant) else None
    if isinstance(default, (bool, int, float)) or is_chosen(node):
        return False
    return not isinstance(default, str) or not is_harmless_value(name, default)


def _is_secret_field(node: ast.AnnAssign, settings: SettingsClass, parents: str) -> bool:
    """Return whether a field is a secret, by its variable, its type or its default.

    The names of the fields above count only for a URL or key: `db.url` is a secret, but
    `token.issuer` is not.
    """
    name = ast.unparse(node.target)
    if settings.prefix and is_secret(settings.prefix + name):
        return True
    if any(map(is_secret, _aliases(node.value))):
        return True
    if SECRET_ANNOTATION.search(ast.unparse(node.annotation)) or _is_auth_token(node):
        return True
    default = default_text(node.value)
    if default is not None and SERVICE_URL.match(literal_text(default) or ""):
        return True
    last = words(name)[-1:]
    return bool(parents) and last in NAMED_BY_PARENTS and is_secret(parents + name)


def _aliases(value: ast.expr | None) -> Iterator[str]:
    """Yield the variables that a field names: `Field(validation_alias="GITHUB_TOKEN")`."""
    keywords = value.keywords if isinstance(value, ast.Call) else []
    for keyword in keywords:
        if keyword.arg in ALIASES:
            for part in ast.walk(keyword.value):
                text = string_constant(part)
                if text is not None:
                    yield text


def _is_auth_token(node: ast.AnnAssign) -> bool:
    """Return whether a text field without a default is named like a token: `report_auth: str`."""
    is_text = TEXT_ANNOTATION.fullmatch(ast.unparse(node.annotation))
    if not is_text or default_text(node.value) is not None:
        return False
    return may_be_auth_token(ast.unparse(node.target))
