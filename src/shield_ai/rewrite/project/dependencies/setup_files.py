"""Add requirements to `install_requires` in setup.cfg and setup.py. setup.py is never run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.package_lists import listed_texts
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.rewrite.project.dependencies.sorted_position import sorted_position
from shield_ai.rewrite.project.dependencies.version_form import with_version
from shield_ai.rewrite.project.dependencies.version_pins import (
    outdated_dependency,
    outdated_version,
)
from shield_ai.rewrite.project.dependencies.wanted_requirements import (
    NAME,
    first_requirement_name,
    requirement_name,
)
from shield_ai.rewrite.project.file_edits import (
    NOTHING,
    encoding_problem,
    insertion_change,
    skip_file,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.rewrite.project.dependencies.wanted_requirements import Wanted
    from shield_ai.rewrite.project.file_edits import Outcome

# https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
OPTIONS = regex(rb"(?m)^\[options\][^\n]*\n(?:(?!\[)[^\n]*\n?)*")
# The lines include comments and empty lines, as those of configparser do.
INSTALL_REQUIRES = regex(
    rb"(?m)^install[_-]requires[ \t]*=[ \t]*\r?\n(?P<lines>(?:[ \t#;\r][^\n]*\n?|\n)+)"
)
LINE = regex(rb"(?m)^(?P<indent>[ \t]+)(?P<text>[^\s#;][^\r\n]*)\r?(?P<end>\n?)")


def add_to_setup_cfg(path: str, read: FileReader, wanted: Wanted) -> Outcome | None:
    """Add the first requirement to setup.cfg; return None if it has no list with one per line."""
    raw = read(path)
    options = OPTIONS.search(raw) if raw and not encoding_problem(raw) else None
    listed = INSTALL_REQUIRES.search(options[0]) if options else None
    if not raw or not options or not listed:
        return None
    lines = list(LINE.finditer(raw, *_shift(options.start(), listed.span("lines"))))
    if not lines:
        return None
    texts = [line["text"].decode("utf-8", "replace") for line in lines]
    addition, unchanged = _addition(path, texts, wanted)
    if not addition:
        return unchanged
    position = _position(texts, addition)
    if position == 0:
        start, text = lines[0].start(), f"{lines[0]['indent'].decode()}{addition}\n"
    else:
        before = lines[position - 1]
        newline = "" if before["end"] else "\n"
        start, text = before.end(), f"{newline}{before['indent'].decode()}{addition}\n"
    return [insertion_change(path, raw, start, text)], []


def add_to_setup_py(path: str, read: FileReader, wanted: Wanted) -> Outcome | None:
    """Add the first requirement to setup.py; return None if it has no list of constants for it."""
    raw = read(path)
    if raw is None:
        return None
    try:
        source = Source.from_bytes(path, raw)
        elements = listed_texts(source.tree, "install_requires")
    except SourceError:
        return None
    if not elements:
        return None
    texts = [str(element.value) for element in elements]
    addition, unchanged = _addition(path, texts, wanted)
    if not addition:
        return unchanged
    position = _position(texts, addition)
    return [insertion_change(path, raw, *_insertion(source, elements, position, [addition]))], []


def append_to_setup_py(
    path: str, read: FileReader, keyword: str, texts: Sequence[str]
) -> Outcome | None:
    """Append strings to a list in the call of setup(); return None if it is not all constants."""
    raw = read(path) or b""
    source = Source.from_bytes(path, raw)
    elements = listed_texts(source.tree, keyword)
    if not elements:
        return None
    return [insertion_change(path, raw, *_insertion(source, elements, len(elements), texts))], []


def append_to_setup_cfg(
    path: str, read: FileReader, keys: tuple[str, str], texts: Sequence[str]
) -> Outcome | None:
    """Append strings to an option of setup.cfg; return None if the option is not found.

    Args:
        path: The file.
        read: Returns the bytes of a file of the app.
        keys: The section and the option.
        texts: The strings.
    """
    raw = read(path) or b""
    section, option = (re.escape(key.encode()) for key in keys)
    pattern = (
        rb"(?m)^\[%s\][ \t]*\r?\n(?:(?!\[)[^\n]*\n)*?%s[ \t]*=[ \t]*"
        rb"(?:\r?\n(?P<lines>(?P<indent>[ \t]+)[^\s#;][^\n]*(?:\n(?P=indent)[^\s#;][^\n]*)*)"
        rb"|(?P<text>[^\s#;][^\n#;]*[^\s#;]))"
    )
    match = re.search(pattern % (section, option), raw)
    if not match:
        return None
    if match["text"]:
        return [
            insertion_change(path, raw, match.end(), "".join(f", {text}" for text in texts))
        ], []
    comma = "," if match["lines"].rstrip().endswith(b",") else ""
    lines = "".join(f"\n{match['indent'].decode()}{text}{comma}" for text in texts)
    end = match.end("lines") - match["lines"].endswith(b"\r")
    return [insertion_change(path, raw, end, lines)], []


def _insertion(
    source: Source, elements: Sequence[ast.Constant], position: int, additions: Sequence[str]
) -> tuple[int, str]:
    """Return the insertion that adds elements to a list: its offset and its text.

    Comments stay in place.
    """
    neighbor = elements[min(position, len(elements) - 1)]
    start, end = source.span(neighbor)
    texts = _quoted(additions, source.segment(neighbor))
    line_start = source.raw.rfind(b"\n", 0, start) + 1
    line_end = source.raw.find(b"\n", end)
    indent = source.raw[line_start:start].decode(source.encoding)
    if indent.strip():
        if position == len(elements):
            return end, "".join(f", {text}" for text in texts)
        return start, "".join(f"{text}, " for text in texts)
    if position == len(elements) and re.match(rb",[ \t]*(?:#|\r?\n)", source.raw[end:]):
        return line_end + 1, "".join(f"{indent}{text},\n" for text in texts)
    return start, "".join(f"{text},\n{indent}" for text in texts)


def _quoted(texts: Sequence[str], neighbor: str) -> list[str]:
    plain = re.fullmatch(r"(\"[^\"\n]*\"|'[^'\n]*')", neighbor)
    quote = neighbor[-1] if plain else '"'
    return [f"{quote}{text}{quote}" for text in texts]


def _shift(offset: int, span: tuple[int, int]) -> tuple[int, int]:
    return offset + span[0], offset + span[1]


def _addition(path: str, texts: Sequence[str], wanted: Wanted) -> tuple[str, Outcome]:
    """Return the first requirement as the text to add, and the outcome without it.

    The requirement is "" if the file has it already, or pins versions that are too old.
    """
    name = first_requirement_name(wanted)
    present = name in map(requirement_name, texts)
    problem = outdated_version(texts) if present else outdated_dependency(texts, name)
    if problem or present:
        return "", skip_file(path, problem) if problem else NOTHING
    requirement, bound = next(iter(wanted.items()))
    return with_version(requirement, bound, texts), NOTHING


def _position(texts: Sequence[str], requirement: str) -> int:
    names = [NAME.match(text) for text in texts]
    listed = [name[1] if name else "" for name in names]
    position = sorted_position(listed, requirement_name(requirement))
    return len(texts) if position is None else position
