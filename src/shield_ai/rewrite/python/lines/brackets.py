"""Find the brackets at which a line can be split, and split their content."""

from __future__ import annotations

from shield_ai.rewrite.python.lines.line_scanning import (
    CLOSING,
    OPENING,
    code_positions,
    element_positions,
    top_level_positions,
)
from shield_ai.rewrite.python.lines.tracked_text import (
    NEW,
    TrackedChar,
    TrackedText,
    cut_at,
    has_new,
    plain_text,
)


def has_brackets(chars: TrackedText) -> bool:
    """Return whether the code of a line has brackets, outside strings and comments."""
    text = plain_text(chars)
    return any(text[at] in OPENING + CLOSING for at in code_positions(text))


def elements_outside_brackets(chars: TrackedText) -> list[TrackedText]:
    """Split a line that is enclosed in brackets at the commas outside its own brackets.

    Return [] if there are none, or if the brackets are not balanced.
    """
    text = plain_text(chars)
    if "," in text and any(text[at] == "," for at in top_level_positions(text)):
        return split_elements(chars)
    return []


def comprehension_parts(chars: TrackedText) -> list[TrackedText]:
    """Split a line that is enclosed in brackets before the clauses of a comprehension, if any."""
    clauses = element_positions(plain_text(chars))[1]
    return [part for part in cut_at(chars, clauses) if part]


def ends_with_nonempty_brackets(chars: TrackedText) -> bool:
    """Return whether a line ends with brackets that are not empty, so that they can be split."""
    return chars[-1].text in CLOSING and chars[-2].text not in OPENING


def last_bracket_pair(
    chars: TrackedText, room: int, *, include_fixed: bool = False
) -> tuple[int, int] | None:
    """Return the last outermost bracket pair with new text inside.

    A pair with an opening bracket that fits on the line is preferred.

    Args:
        chars: The line.
        room: How many characters fit on the line.
        include_fixed: Also consider calls in the expression of the app, otherwise not split.
    """
    candidates = []
    for start, end in _outer_bracket_pairs(chars, include_fixed=include_fixed):
        is_call = include_fixed and chars[start].text == "("
        if end - start > 1 and (is_call or has_new(chars[start : end + 1])):
            candidates.append((start, end))
    for pair in candidates:
        if pair[0] < room:
            return pair
    return candidates[0] if candidates else None


def _outer_bracket_pairs(chars: TrackedText, *, include_fixed: bool) -> list[tuple[int, int]]:
    """Return the pairs that are in no other pair, the last one first."""
    outer: list[tuple[int, int]] = []
    for start, end in reversed(_bracket_pairs(chars, include_fixed=include_fixed)):
        if not outer or end < outer[-1][0]:
            outer.append((start, end))
    return outer


def _bracket_pairs(chars: TrackedText, *, include_fixed: bool) -> list[tuple[int, int]]:
    """Return the bracket pairs that can be split, in the order of their closing brackets."""
    starts: list[int] = []
    pairs: list[tuple[int, int]] = []
    for at in code_positions(plain_text(chars)):
        char = chars[at].text
        if char in OPENING:
            starts.append(at)
        elif char in CLOSING and starts:
            start = starts.pop()
            if include_fixed or not chars[start].is_fixed or has_new(chars[start:at]):
                pairs.append((start, at))
    return pairs


def split_elements(body: TrackedText) -> list[TrackedText]:
    """Split the content of brackets at its commas, or before the clauses of a comprehension.

    The last of several elements gets a trailing comma.
    """
    commas, clauses = element_positions(plain_text(body))
    if clauses:  # the commas belong to the targets of the clauses
        return cut_at(body, clauses)
    if not commas:
        return []
    parts = [part for part in cut_at(body, commas) if part]
    if parts[-1][-1].text != ",":
        parts[-1] = [*parts[-1], TrackedChar(",", NEW)]
    return parts


def has_clauses(body: TrackedText) -> bool:
    """Return whether the content of brackets is a comprehension."""
    return bool(element_positions(plain_text(body))[1])


def is_grouping(chars: TrackedText, at: int) -> bool:
    """Return whether an opening parenthesis starts neither a call nor a definition."""
    return not at or not (chars[at - 1].text.isalnum() or chars[at - 1].text in "_)]")


def is_subscript(chars: TrackedText, at: int) -> bool:
    """Return whether a bracket starts a subscript, not a list."""
    before = chars[at - 1].text if at else " "
    return chars[at].text == "[" and (before.isalnum() or before in "_)]\"'")
