"""Add requirements to `install_requires` in setup.cfg and setup.py, which is parsed, never run."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.rewrite.project.dependencies.sorted_position import sorted_position
from shield_ai.rewrite.project.dependencies.version_form import with_version
from shield_ai.rewrite.project.dependencies.version_pins import outdated_pin
from shield_ai.rewrite.project.dependencies.wanted_requirements import (
    NAME,
    first_requirement_name,
    requirement_name,
)
from shield_ai.rewrite.project.file_edits import NOTHING, encoding_problem, insert, skip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.rewrite.project.dependencies.wanted_requirements import Wanted
    from shield_ai.rewrite.project.file_edits import Outcome

# https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
OPTIONS = regex(rb"(?m)^\[options\][^\n]*\n(?:(?!\[)[^\n]*\n?)*")
INSTALL_REQUIRES = regex(
    rb"(?m)^install[_-]requires[ \t]*=[ \t]*\r?\n(?P<lines>(?:[ \t]+[^\s#;][^\n]*\n?)+)"
)
LINE = regex(rb"(?P<indent>[ \t]+)(?P<text>[^\r\n]*)\r?(?P<end>\n?)")


def add_to_setup_cfg(path: str, read: FileReader, wanted: Wanted) -> Outcome | None:
    """Add requirements to setup.cfg; return None if it does not list any, one on each line."""
    raw = read(path)
    options = OPTIONS.search(raw) if raw and not encoding_problem(raw) else None
    listed = INSTALL_REQUIRES.search(options[0]) if options else None
    if not raw or not options or not listed:
        return None
    lines = list(LINE.finditer(raw, *_span(options.start(), listed.span("lines"))))
    texts = [line["text"].decode("utf-8", "replace") for line in lines]
    addition, problem = _addition(path, texts, wanted)
    if not addition:
        return problem
    position = _position(texts, addition)
    if position == 0:
        start, text = lines[0].start(), f"{lines[0]['indent'].decode()}{addition}\n"
    else:
        before = lines[position - 1]
        newline = "" if before["end"] else "\n"
        start, text = before.end(), f"{newline}{before['indent'].decode()}{addition}\n"
    return [insert(path, raw, start, text)], []


def add_to_setup_py(path: str, read: FileReader, wanted: Wanted) -> Outcome | None:
    """Add requirements to setup.py; return None if it has no list of constants for them."""
    raw = read(path)
    if raw is None:
        return None
    try:
        source = Source.from_bytes(path, raw)
        elements = _listed_in(source.tree)
    except SourceError:
        return None
    if not elements:
        return None
    addition, problem = _addition(path, [str(element.value) for element in elements], wanted)
    if not addition:
        return problem
    position = _position([str(element.value) for element in elements], addition)
    return [insert(path, raw, *_insertion(source, elements, position, addition))], []


def _insertion(
    source: Source, elements: Sequence[ast.Constant], position: int, addition: str
) -> tuple[int, str]:
    """Return the offset and the text that adds an element to a list; comments stay in place."""
    neighbor = elements[min(position, len(elements) - 1)]
    start, end = source.span(neighbor)
    is_plain = re.fullmatch(r"(\"[^\"\n]*\"|'[^'\n]*')", source.segment(neighbor))
    quote = source.segment(neighbor)[-1] if is_plain else '"'
    text = f"{quote}{addition}{quote}"
    line_start, line_end = source.raw.rfind(b"\n", 0, start) + 1, source.raw.find(b"\n", end)
    indent = source.raw[line_start:start].decode(source.encoding)
    if indent.strip():
        if position == len(elements):
            return end, f", {text}"
        return start, f"{text}, "
    if position == len(elements) and re.match(rb",[ \t]*(?:#|\r?\n)", source.raw[end:]):
        return line_end + 1, f"{indent}{text},\n"
    return start, f"{text},\n{indent}"


def _span(offset: int, span: tuple[int, int]) -> tuple[int, int]:
    return offset + span[0], offset + span[1]


def _addition(path: str, texts: Sequence[str], wanted: Wanted) -> tuple[str, Outcome]:
    """Return the requirement to add; "" if it is there, or if an old version is required."""
    name = first_requirement_name(wanted)
    present = [text for text in texts if requirement_name(text) == name]
    pin = outdated_pin(present or texts)
    if pin and present:
        return "", skip(path, SkipId.OUTDATED_VERSION.reason(pin=pin))
    if pin:
        return "", skip(path, SkipId.OUTDATED_PIN.reason(pin=pin, requirement=name))
    if present:
        return "", NOTHING
    requirement, bound = next(iter(wanted.items()))
    return with_version(requirement, bound, texts), NOTHING


def _position(texts: Sequence[str], requirement: str) -> int:
    names = [NAME.match(text) for text in texts]
    listed = [name[1] if name else "" for name in names]
    position = sorted_position(listed, requirement_name(requirement))
    return len(texts) if position is None else position


def _listed_in(tree: ast.Module) -> list[ast.Constant]:
    """Return the texts in the list that the call of `setup` installs; [] for another form."""
    lists: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            lists[statement.targets[0].id] = statement.value
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith("setup"):
            continue
        for keyword in call.keywords:
            if keyword.arg == "install_requires":
                value = keyword.value
                if isinstance(value, ast.Name):
                    value = lists.get(value.id, value)
                return _texts_of(value)
    return []


def _texts_of(value: ast.expr) -> list[ast.Constant]:
    if not isinstance(value, (ast.List, ast.Tuple)):
        return []
    texts = [
        part
        for part in value.elts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    return texts if len(texts) == len(value.elts) else []
