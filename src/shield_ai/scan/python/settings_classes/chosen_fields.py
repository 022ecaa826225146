"""Find the fields of a class that name an entry to choose, such as a model: `llm_key: str`."""

from __future__ import annotations

import ast

from shield_ai.model.words import words
from shield_ai.scan.python.classify.label_defaults import is_choice, may_be_choice
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.settings_classes.field_defaults import (
    SECRET_ANNOTATION,
    default_text,
    generated_default,
)

ENDING = 2  # words that the names of related fields share


def is_chosen(node: ast.AnnAssign) -> bool:
    """Return whether the default of a field names an entry, as in `llm_key: str = "GPT_4"`."""
    text = literal_text(default_text(node.value)) or ""
    return _may_be_chosen(node) and is_choice(ast.unparse(node.target), text)


def chosen_fields(body: list[ast.stmt]) -> frozenset[str]:
    """Return the fields of a class that name an entry.

    Fields without a default belong to them if their names end with the same words, as do
    `backup_llm_key` and `llm_key`.

    Args:
        body: The statements of the class.
    """
    fields = [node for node in body if isinstance(node, ast.AnnAssign) and _may_be_chosen(node)]
    endings = {_ending(node) for node in fields if is_chosen(node)}
    return frozenset(
        ast.unparse(node.target)
        for node in fields
        if is_chosen(node) or (_ending(node) in endings and not _has_default(node.value))
    )


def _may_be_chosen(node: ast.AnnAssign) -> bool:
    is_secret_type = SECRET_ANNOTATION.search(ast.unparse(node.annotation))
    return not is_secret_type and may_be_choice(ast.unparse(node.target))


def _ending(node: ast.AnnAssign) -> tuple[str, ...]:
    return words(ast.unparse(node.target))[-ENDING:]


def _has_default(value: ast.expr | None) -> bool:
    return default_text(value) is not None or generated_default(value) is not None
