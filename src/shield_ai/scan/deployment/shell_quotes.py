"""Find the quotes around a place in a shell script."""

from __future__ import annotations

import re

from shield_ai.project.perf.lazy_regex import regex

# What ends or opens a quote or parenthesis, by the innermost one that is open. An expression of
# GitHub is one token.
EXPRESSION = rb"\$\{\{.{0,2000}?\}\}"
TOKENS = {
    "'": regex(rb"'"),
    '"': regex(EXPRESSION + rb"|\\.|\"|\$\(|`", re.DOTALL),
    "": regex(
        EXPRESSION + rb"|\\.|'|\"|\(|\)|`|<<<|<<|(?:(?<![^\s;&|()])#[^\n]*)",
        re.DOTALL,
    ),
}
UNCERTAIN = frozenset({b"`", b"<<"})  # a here-document can be quoted


def quote_at(script: bytes, offset: int) -> str | None:
    """Return the quote around an offset: single, double or empty; None if it is not certain.

    Args:
        script: The script.
        offset: Where an expression starts.
    """
    stack: list[str] = []
    position = 0
    while True:
        top = stack[-1] if stack else ""
        match = TOKENS[top.strip("(")].search(script, position)
        if match is None or match.start() >= offset:
            return top.strip("(")
        if match[0] in UNCERTAIN or match.end() > offset:
            return None
        position = match.end()
        _update(stack, match[0])


def _update(stack: list[str], token: bytes) -> None:
    """Open or close a quote or a parenthesis."""
    top = stack[-1] if stack else ""
    text = token.decode("utf-8", "replace")
    if text == top or (text == ")" and top == "("):
        stack.pop()
    elif text in {"(", "$("}:
        stack.append("(")
    elif text in {"'", '"'}:
        stack.append(text)
