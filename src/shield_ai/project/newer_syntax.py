"""Replace syntax that is newer than Python 3.11 by older syntax of the same length.

All positions in the syntax tree remain those of the original code. The replacements look at single
lines. They may also change a comment or a text that looks like code, which changes no code.
"""

from __future__ import annotations

from shield_ai.project.perf.lazy_regex import regex

# A list of exceptions without parentheses: https://peps.python.org/pep-0758/
EXCEPT = regex(r"(?m)^[ \t]*except\*?[ \t]+[\w.]+(?:[ \t]*,[ \t]*[\w.]+){1,50}[ \t]*:")
# Type parameters and type aliases: https://peps.python.org/pep-0695/
PARAMETERS = regex(
    r"(?m)^([ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+\w+[ \t]*)"
    r"(\[(?:[^\[\]\n]|\[[^\[\]\n]{0,200}\]){1,500}\])(?=[ \t]*[(:])"
)
ALIAS = regex(
    r"(?m)^([ \t]*type)[ \t](\w+[ \t]*)"
    r"(\[(?:[^\[\]\n]|\[[^\[\]\n]{0,200}\]){1,500}\])?(?=[ \t]*=)"
)
# Quotes and backslashes in the expressions of an f-string: https://peps.python.org/pep-0701/
F_STRING = regex(r"""(?<!\w)(?:[fF][rR]?|[rR][fF])(?P<quote>["'])(?!(?P=quote))""")
OTHER_QUOTE = {'"': "'", "'": '"'}


MAX_LINE = 1000  # characters; longer lines with f-strings are left as they are


def to_older_syntax(text: str) -> str:
    """Return code in which newer syntax is replaced; the length of each line is unchanged."""
    text = EXCEPT.sub(lambda match: match[0].replace(",", "|"), text)
    text = PARAMETERS.sub(lambda match: match[1] + " " * len(match[2]), text)
    text = ALIAS.sub(lambda match: f"{match[1]}_{match[2]}{' ' * len(match[3] or '')}", text)
    return "\n".join(map(_replace_in_f_strings, text.split("\n")))


def _replace_in_f_strings(line: str) -> str:
    """Replace the quotes and backslashes in the expressions of the f-strings of a line."""
    if len(line) > MAX_LINE:
        return line
    position = 0
    while match := F_STRING.search(line, position):
        position, line = _replace_in_f_string(line, match.end(), match["quote"])
    return line


def _replace_in_f_string(line: str, start: int, quote: str) -> tuple[int, str]:
    """Return the end of an f-string, and the line with the expressions in it replaced.

    Args:
        line: The line.
        start: The position after the opening quote.
        quote: The opening quote.
    """
    replaced = ""
    depth = 0
    for position in range(start, len(line)):
        character = line[position]
        if character in "{}":
            depth = max(0, depth + (1 if character == "{" else -1))
        elif depth and character == "\\":
            character = "_"
        elif depth and character == quote:
            character = OTHER_QUOTE[quote]
        elif character == quote and line[position - 1] != "\\":
            return position + 1, line[:start] + replaced + line[position:]
        replaced += character
    return len(line), line
