"""Find the positions at which a line of Python can be broken."""

from __future__ import annotations

import io
import tokenize
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    import re

OPENING = "([{"
CLOSING = ")]}"
FOR_CLAUSE = regex(r"(?:^| )(?:async )?for ")
IF_CLAUSE = regex(r" if ")
CONDITIONAL = regex(r" (?:if|else) ")
BOOLEAN_OPERATOR = regex(r" (?:or|and) ")
COMPARISON = regex(r" (?:[<>]|[<>=!]=|not in|(?<! not )in|is(?: not)?) ")
ADDITION = regex(r" [+-] ")
LAMBDA = regex(r"lambda(?: \w+=\w+,?)*: ")
FSTRING = regex(r"""(?P<start>(?:[rR]?[fF]|[fF][rR])(?P<quote>["'])(?!(?P=quote))).*""")
CONDITION = regex(r"(?:if|elif|while) ")

# Since Python 3.12 and 3.14, an f-string and a t-string are several tokens.
STRING_STARTS = (getattr(tokenize, "FSTRING_START", -1), getattr(tokenize, "TSTRING_START", -1))
STRING_ENDS = (getattr(tokenize, "FSTRING_END", -1), getattr(tokenize, "TSTRING_END", -1))


def lines_in_strings(expression: str) -> set[int]:
    """Return the lines of an expression that start inside a string; the first line is 1."""
    found: set[int] = set()
    starts: list[int] = []  # the first lines of the strings around a token
    for token in tokenize.generate_tokens(io.StringIO(f"({expression})").readline):
        if token.type in STRING_STARTS:
            starts.append(token.start[0])
        elif token.type in STRING_ENDS:
            found.update(range(starts.pop() + 1, token.end[0] + 1))
        elif token.type == tokenize.STRING:
            found.update(range(token.start[0] + 1, token.end[0] + 1))
    return found


def code_positions(text: str) -> list[int]:
    """Return the positions outside strings and comments."""
    return _scan(text)[0]


def comment_start(text: str) -> int:
    """Return where the comment starts, or the length of the line."""
    return _scan(text)[1]


def _scan(text: str) -> tuple[list[int], int]:
    positions: list[int] = []
    at = 0
    while at < len(text):
        char = text[at]
        if char == "#":
            break
        if char in "'\"":
            quote = text[at : at + 3] if text[at : at + 3] in {"'''", '"""'} else char
            at = _string_end(text, at + len(quote), quote)
            continue
        positions.append(at)
        at += 1
    return positions, at


def _string_end(text: str, at: int, quote: str) -> int:
    while at < len(text) and not text.startswith(quote, at):
        at += 2 if text[at] == "\\" else 1
    return at + len(quote)


def top_level_positions(text: str) -> list[int]:
    """Return the positions outside brackets, strings and comments.

    The list is empty if the brackets are not balanced.
    """
    level = 0
    positions = []
    for at in code_positions(text):
        level += _level_change(text[at])
        if level < 0:
            return []
        if not level:
            positions.append(at)
    return [] if level else positions


def _level_change(char: str) -> int:
    return (char in OPENING) - (char in CLOSING)


def operator_positions(text: str) -> list[int]:
    """Return the positions of the weakest operators outside all brackets.

    They are `if` and `else`, `or` and `and`, comparisons, or else `+` and `-`. The list is empty
    for comprehensions, and for a line that a backslash continues.
    """
    patterns: tuple[re.Pattern[str], ...] = (CONDITIONAL, BOOLEAN_OPERATOR, ADDITION)
    weakest = (*patterns, COMPARISON)
    if text.endswith("\\") or not any(pattern.search(text) for pattern in weakest):
        return []
    positions = top_level_positions(text)
    if _matching(FOR_CLAUSE, text, positions):
        return []
    if any(text[at] == "," and at < len(text) - 1 for at in positions):
        patterns = (CONDITIONAL, BOOLEAN_OPERATOR)
    elif _matching(COMPARISON, text, positions):
        patterns = (CONDITIONAL, BOOLEAN_OPERATOR, COMPARISON)
    found = (_matching(pattern, text, positions) for pattern in patterns)
    return next(filter(None, found), [])


def lambda_body(text: str) -> tuple[int, int] | None:
    """Return the span of the body if a text is a lambda, without a comma after it."""
    match = LAMBDA.match(text)
    return (match.end(), len(text) - text.endswith(",")) if match else None


def fstring_cuts(text: str) -> tuple[str, str, list[int]]:
    """Return how an f-string starts, its quote, and the positions of all its fields but the first.

    The list is empty if the text is anything other than one f-string, with or without a comma.
    """
    match = FSTRING.fullmatch(text)
    if not match:
        return "", "", []
    end = _string_end(text, match.end("start"), match["quote"])
    if end != len(text.removesuffix(",")):
        return "", "", []
    level = 0
    fields = []
    at = match.end("start")
    while at < len(text):
        if not level and text[at : at + 2] in {"{{", "}}", "\\{"}:
            at += 1
        elif text[at] in OPENING + CLOSING and (level or text[at] == "{"):
            level += _level_change(text[at])
            if level == 1 and text[at] == "{":
                fields.append(at)
        at += 1
    return match["start"], match["quote"], [] if level else fields[1:]


def _matching(pattern: re.Pattern[str], text: str, positions: list[int]) -> list[int]:
    return [at for at in positions if pattern.match(text, at)]


def element_positions(text: str) -> tuple[list[int], list[int]]:
    """Return the positions after the top-level commas and before the comprehension clauses."""
    level = 0
    commas: list[int] = []
    clauses: list[int] = []
    for at in code_positions(text):
        char = text[at]
        level += _level_change(char)
        if level:
            continue
        if char == ",":
            commas.append(at + 1)
        elif FOR_CLAUSE.match(text, at) or (clauses and IF_CLAUSE.match(text, at)):
            clauses.append(at)
    return commas, clauses


def parenthesizable_span(text: str) -> tuple[int, int] | None:
    """Return the span of the condition or the assigned value, if parentheses can go around it."""
    code = code_positions(text)
    ends_in_code = len(text) in code_positions(text + " ")
    if not ends_in_code or any(text[at] == ";" for at in code):
        return None
    condition = CONDITION.match(text)
    if condition:
        return (condition.end(), len(text) - 1) if text[-1] == ":" else None
    start = _assigned_value_start(text, code)
    if not start or "lambda" in text[:start]:
        return None
    return start, len(text)


def _assigned_value_start(text: str, code: list[int]) -> int:
    """Return where the value of an assignment starts, or 0 without an assignment."""
    level = 0
    start = 0
    for at in code:
        level += _level_change(text[at])
        if not level and text.startswith(" = ", at):
            start = at + 3
    return start
