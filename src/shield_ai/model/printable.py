"""Make text from files, git and AWS safe for terminals, logs and reports.

A control character can move the cursor, change the window's title or hide text; a directional or
invisible character can make two different texts look the same; a line can be a command to a CI
system that reads the output.
https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing
"""

from __future__ import annotations

import re
import unicodedata

# Letters and marks that are invisible, such as variation selectors and fillers.
# https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_COLOR = re.compile(
    r"(\x1b\[(?:[012]|3[1236])m)"
)  # the escape sequences of `reports.terminal.color`
# Commands in the output of a job. GitHub ignores spaces before `::command`, and finds `##[command]`
# anywhere in a line, as Azure Pipelines and TeamCity do.
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
# https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands
# https://www.jetbrains.com/help/teamcity/service-messages.html
_GITHUB_COMMAND = re.compile(
    rf"^((?:[^\S\n]|{_COLOR.pattern})*):(?=:[a-z])", re.MULTILINE | re.IGNORECASE
)
_BRACKET_COMMAND = re.compile(r"(?<=#)#(?=\w*\[)")
_REPLACEMENT = "?"


def printable(text: str) -> str:
    """Replace newlines and unsafe characters by `?`, and tabs by spaces."""
    return _replace_unsafe(text.replace("\t", "    ").replace("\n", _REPLACEMENT))


def printable_line(text: str) -> str:
    """Make a text printable, and join its lines and words with single spaces."""
    return " ".join(printable(text).split())


def printable_lines(text: str, *, keep_color: bool = False, keep_commands: bool = False) -> str:
    """Replace unsafe characters and the start of CI commands by `?`, but keep newlines and tabs.

    Args:
        text: The text.
        keep_color: Whether to keep the escape sequences of `reports.terminal.color`.
        keep_commands: Whether to keep the commands to GitHub of `reports.findings.github`.
    """
    parts = _COLOR.split(text) if keep_color else [text]  # the color sequences have odd indexes
    parts[::2] = map(_replace_unsafe, parts[::2])
    safe_text = "".join(parts)
    if not keep_commands:
        safe_text = _GITHUB_COMMAND.sub(rf"\1{_REPLACEMENT}", safe_text)
    return _BRACKET_COMMAND.sub(_REPLACEMENT, safe_text)


def escape_json(text: str) -> str:
    r"""Replace unsafe characters and CI commands in a JSON document with \u escapes.

    They can occur only in its strings, because a serializer never writes them between tokens.
    """
    import json  # the text report of a scan does not need it

    escapes = {ord(character): json.dumps(character)[1:-1] for character in _unsafe(text)}
    return _BRACKET_COMMAND.sub(r"\\u0023", text.translate(escapes))


def _replace_unsafe(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, _unsafe(text)), _REPLACEMENT))


def _unsafe(text: str) -> set[str]:
    return {character for character in set(text) if _is_unsafe(character)}


def _is_unsafe(character: str) -> bool:
    """Return whether a character controls the output, is invisible or has no defined meaning.

    The categories are control, format, surrogate, private use and unassigned (C), and line and
    paragraph separators (Zl, Zp).
    """
    if character in "\n\t":
        return False
    category = unicodedata.category(character)
    if category[0] == "C" or category in {"Zl", "Zp"}:
        return True
    return _INVISIBLE.match(character) is not None
