"""Combine enumerated strings and the elements of displays; the result is None if one is unknown."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    Texts = tuple[str, ...] | None
    Elements = list[ast.expr] | None

MAX_TEXTS = 64
MAX_STEPS = 500  # of one enumeration; the number of values can grow exponentially


def unpacked_item(element: ast.expr, index: int | None) -> ast.expr | None:
    """Return an item of a tuple, or the element itself if the index is None."""
    if index is None:
        return element
    if isinstance(element, (ast.Tuple, ast.List)) and len(element.elts) > index:
        return element.elts[index]
    return None


def display_keys(node: ast.Dict) -> Elements:
    """Return the keys of a dict display; None if it contains `**mapping`."""
    if len(node.keys) > MAX_STEPS:
        return None
    keys = [key for key in node.keys if key]
    return keys if len(keys) == len(node.keys) else None


def mapping_elements(mapping: ast.expr | None, method: str) -> Elements:
    """Return the elements of a dict's keys(), values() or items()."""
    if not isinstance(mapping, ast.Dict):
        return None
    keys = display_keys(mapping)
    if keys is None:
        return None
    if method == "keys":
        return keys
    if method == "values":
        return mapping.values
    if method == "items":
        pairs = zip(keys, mapping.values, strict=True)
        return [ast.Tuple(elts=[key, value]) for key, value in pairs]
    return None


def mapping_value(mapping: ast.Dict, key: str) -> ast.expr | None:
    """Return the value under a constant key of a dict display; None if `**mapping` may replace it.

    Of several values, Python keeps the last one.
    """
    for key_node, value in reversed([*zip(mapping.keys, mapping.values, strict=True)]):
        if key_node is None:
            return None
        if isinstance(key_node, ast.Constant) and key_node.value == key:
            return value
    return None


def union_of_texts(parts: Iterable[Texts]) -> Texts:
    """Return the strings of all parts; None if one of them is unknown or there are no parts."""
    texts: dict[str, None] = {}  # an ordered set
    is_empty = True
    for part in parts:
        if part is None:
            return None
        texts.update(dict.fromkeys(part))
        if len(texts) > MAX_TEXTS:
            return None
        is_empty = False
    return None if is_empty else tuple(texts)


def concatenations(parts: list[Texts]) -> Texts:
    """Return all concatenations of one string from each part; None if a part is unknown."""
    known = [part for part in parts if part is not None]
    if len(known) != len(parts):
        return None
    combinations = itertools.islice(itertools.product(*known), MAX_TEXTS + 1)
    return tuple(dict.fromkeys("".join(texts) for texts in combinations))


def chain_elements(parts: Iterable[Elements]) -> Elements:
    """Return the elements of all parts; None if one of them is unknown, or they are too many."""
    elements: list[ast.expr] = []
    for part in parts:
        if part is None or len(elements) + len(part) > MAX_STEPS:
            return None
        elements.extend(part)
    return elements
