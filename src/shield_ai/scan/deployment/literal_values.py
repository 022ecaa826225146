"""Decide whether the text after the name of a variable in a deployment file is a literal value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.deployment import ValueForm
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.value_form import Style, value_form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.deployment.line_formats import Span
    from shield_ai.scan.text.config_node import Node

LITERAL_FORMS = frozenset({ValueForm.LITERAL, ValueForm.DEFAULT, ValueForm.MIXED})
# Keys of the value of a variable, beside its name or below it.
VALUE_KEYS = frozenset({
    "value", "values", "securevalue", "default", "content", "data", "stringdata", "plaintext",
    "literal",
})  # fmt: skip
VALUE = regex(rb"\"(?P<double>(?:[^\"\\\n]|\\.){0,500})|'(?P<single>[^'\n]{0,500})|[^\n]{0,500}")
SUBSTITUTION = regex(rb"\"?(?:\$\(|`)")
EXPANSION = regex(rb":?[-=](?P<text>[^}\n]{0,500})")  # of ${NAME:-text}


def values_in(node: Node) -> Iterator[Node]:
    """Yield the texts of a map or list that may be the value of a variable."""
    for item in node.items:
        if not item.is_container:
            yield item
    for key, value in node.pairs:
        if key.text.lower() in VALUE_KEYS and not value.is_container:
            yield value


def is_pure_expansion(raw: bytes, name: Span, floor: int) -> bool:
    """Return whether `${NAME…}` has no literal default, or its default belongs to a setting.

    Args:
        raw: The file.
        name: The span of the name.
        floor: The offset at which the line of the name, or the part that is searched, begins.
    """
    match = EXPANSION.match(raw, name.end)
    if match is None:
        return True
    text = match["text"].decode("utf-8", "replace")
    if value_form(text, Style.SHELL) not in LITERAL_FORMS:
        return True
    # value_form() classifies the default of `NAME=${NAME:-text}`.
    return raw[name.start : name.end] in re.findall(rb"\w+", raw[floor : name.start])


def is_literal(raw: bytes, start: int, limit: int, floor: int) -> bool:
    """Return whether the text after a sign is a literal.

    Args:
        raw: The file.
        start: The offset after the sign, such as `=`.
        limit: The offset at which the text ends at the latest.
        floor: The offset at which the line of the sign, or the part that is searched, begins.
    """
    quote = raw[start : start + 1]
    if quote in {b"'", b'"'} and raw.count(quote, floor, start) % 2:
        return False  # the end of the text `'NAME='`
    match = VALUE.match(raw, start, limit)
    if match is None or SUBSTITUTION.match(match[0]):
        return False
    text = match["double"] or match["single"]
    if not text:
        words = match[0].split(maxsplit=1)
        text = words[0] if words else b""
    return value_form(text.decode("utf-8", "replace").strip("'\",;"), Style.SHELL) in LITERAL_FORMS
