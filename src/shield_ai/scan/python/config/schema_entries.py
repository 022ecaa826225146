"""Find the secrets in a schema of a configuration: `ConfigEntry("client_secret", str)`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import Meaning
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.config.names import CONFIG_WORDS, key_meaning
from shield_ai.scan.python.config.statements import dotted_name
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.text.pattern_search import has_match

if TYPE_CHECKING:
    from collections.abc import Iterator

ENTRY_WORDS = word_set("ENTRY OPTION FIELD ITEM PARAM PARAMETER VALUE")
MARK = regex(
    rb"(?i)(?:conf|cfg|setting)\w{0,30}(?:entry|option|field|item|param|parameter|value)\("
)
OTHER_TYPES = word_set("bool int float list dict set tuple")


def schema_entries(tree: ast.Module, raw: bytes) -> Iterator[tuple[ast.Call, str, str]]:
    """Yield the entries of secrets, as (call, key, function).

    Args:
        tree: The module.
        raw: Its code.
    """
    if not has_match(MARK, raw):
        return
    targets: dict[ast.AST, str] = {}
    for node in descend(tree):
        if isinstance(node, ast.Assign):
            targets[node.value] = dotted_name(node.targets[0])
        elif isinstance(node, ast.Call) and node.args:
            function = dotted_name(node.func).rpartition(".")[2]
            key = _key_of(node, targets.get(node, ""))
            if _is_entry(function) and key_meaning(key) is not Meaning.HARMLESS:
                yield node, key, f"{function}()"


def _is_entry(function: str) -> bool:
    parts = words(function)
    return not ENTRY_WORDS.isdisjoint(parts[-1:]) and not CONFIG_WORDS.isdisjoint(parts)


def _key_of(call: ast.Call, target: str) -> str:
    """Return the key of an entry for a text: its first argument, or the name of the attribute."""
    first, *others = call.args
    if any(dotted_name(node) in OTHER_TYPES for node in (first, *others[:1])):
        return ""
    if isinstance(first, ast.Constant):
        return str(first.value) if others or call.keywords else ""
    return target if isinstance(first, ast.Name) else ""
