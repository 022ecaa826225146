"""Parse YAML files that are templates of Helm, Jinja, Cookiecutter or ERB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.config_parsers import yaml_values

if TYPE_CHECKING:
    from shield_ai.scan.text.config_node import Node

# Before parsing, spaces replace statements and lines that are only a `{{ … }}`, and the letter T
# replaces each other `{{ … }}`.
ACTION = rb"\{\{(?:[^{}]|\{(?!\{)|\}(?!\})){0,2000}\}\}"
STATEMENT = rb"\{%(?:[^{%]|\{(?!%)|%(?!\})){0,2000}%\}|<%(?!=)(?:[^<%]|<(?!%)|%(?!>)){0,2000}%>"
TEMPLATE_LINE = regex(rb"(?m)^[ \t]*" + ACTION + rb"[ \t]*\r?$|" + STATEMENT)
TEMPLATE = regex(ACTION)
FILLED = regex(r"T{4,}")
NOT_A_LINE_END = regex(rb"[^\r\n]")


def has_template_tags(raw: bytes) -> bool:
    """Return whether a file has a `{{ … }}`.

    Args:
        raw: The file.
    """
    return TEMPLATE.search(raw) is not None


def template_values(raw: bytes) -> list[Node]:
    """Parse a YAML file, or a template of a YAML file. Offsets refer to the original file.

    Args:
        raw: The file.
    """
    roots = yaml_values(raw)
    if roots or not (TEMPLATE.search(raw) or TEMPLATE_LINE.search(raw)):
        return roots
    without_lines = TEMPLATE_LINE.sub(lambda match: _fill(match[0], b" "), raw)
    return yaml_values(TEMPLATE.sub(lambda match: _fill(match[0], b"T"), without_lines))


def shown_text(text: str) -> str:
    """Return a text of a parsed template with `{{…}}` for each part that was not parsed.

    Args:
        text: The text.
    """
    return FILLED.sub("{{…}}", text)


def _fill(text: bytes, character: bytes) -> bytes:
    return NOT_A_LINE_END.sub(character, text)
