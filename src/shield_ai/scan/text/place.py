"""Read the text around the value of a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.layout import is_settings
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.reader import utf16_to_utf8
from shield_ai.scan.text.settings_class_names import is_test_class
from shield_ai.scan.text.wrapped_reads import WRAPPED_LINES, unwrap_reads

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from shield_ai.model.finding import Finding

LITERAL_RULES = frozenset({"CSEC34.literal", "CSEC34.dotenv"})
ASSIGNMENT_RULES = frozenset({"CRED.password", "CRED.secret"})
LINES_AROUND = 3
WINDOW = 240  # characters before and after a value that may contain its user name
# Characters before and after the beginning of a value that count as its line. A line of a megabyte
# can have 100,000 values, so no check may read all of it.
LINE_WINDOW = 1000
TRIPLE_QUOTE = regex(r"\"{3}|'{3}")
# The documentation of an Ansible module:
# https://docs.ansible.com/ansible/latest/dev_guide/developing_modules_documenting.html
ANSIBLE_TEXT = regex(r"(?:DOCUMENTATION|EXAMPLES|RETURN)[ \t]*=[ \t]*r?")
CONTINUES = ("(", ",", "=", "[", "{", "+", "%", "\\")  # the ends of an unfinished statement
TEST_FUNCTION = regex(r"[ \t]*(?:async[ \t]+)?def[ \t]+test_\w+\(")
CLASS = regex(r"class[ \t]+(\w+)")
ASSERTION = regex(r"[ \t]*(?:assert\b|self\.assert\w+\()")
LITERAL_PREFIX = regex(r"[bBrRuUfF]{0,2}(\"\"\"|'''|\"|')")


class PythonLines(NamedTuple):
    """The numbers, from 1, of the lines of Python code that contain only texts or tests."""

    docstrings: AbstractSet[int] = frozenset()
    tests: AbstractSet[int] = frozenset()


NO_PYTHON_LINES = PythonLines()


class Place(NamedTuple):
    """A value and the text around it."""

    path: str
    rule: str
    name: str
    value: str  # without quotes; the password, if the value is a URL with one
    line_start: str
    line: str  # the part of the line around the value
    before: str  # the text directly before the value, on its line
    after: str  # the text directly after the value, on its line
    nearby: str  # the lines around the value, without the value
    in_docstring: bool = False
    in_test: bool = False  # in a test function, or a settings class for tests
    line_length: int = 0

    @property
    def is_python(self) -> bool:
        """Whether the file is Python code."""
        return self.path.endswith(".py")


def last_lines(findings: Iterable[Finding]) -> dict[str, int]:
    """Map each path to the last line that its findings and the reads around them can have."""
    ends: dict[str, int] = {}
    for finding in findings:
        end = finding.end_line + WRAPPED_LINES
        ends[finding.path] = max(end, ends.get(finding.path, 0))
    return ends


def split_lines(raw: bytes | None, count: int) -> list[str]:
    """Return the first lines of a file, and then the rest of it as a single string."""
    if raw is None:
        return []
    text = utf16_to_utf8(raw).decode("utf-8-sig", "replace")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n", count)


def create_place(
    finding: Finding, lines: list[str], python_lines: PythonLines = NO_PYTHON_LINES
) -> Place | None:
    """Return the value of a finding and the text around it; None if it is outside the lines.

    Args:
        finding: The finding.
        lines: The lines of its file.
        python_lines: The docstrings and tests of the file.
    """
    if not 0 < finding.line <= len(lines) or finding.end_line > len(lines):
        return None
    in_docstring = finding.line in python_lines.docstrings
    in_test = finding.line in python_lines.tests
    if finding.path.endswith(".py"):
        finding, lines = unwrap_reads(finding, lines)
    first = lines[finding.line - 1]
    last = lines[finding.end_line - 1]
    start, end = finding.column - 1, finding.end_column - 1
    before = first[max(0, start - WINDOW) : start]
    after = last[end : end + WINDOW]
    if finding.line == finding.end_line:
        value = first[start:end]
    else:
        inner = lines[finding.line : finding.end_line - 1]
        value = "\n".join([first[start:], *inner, last[:end]])
    if finding.rule == "CSEC34.literal":
        value = _unquote(value)
    lines_above = lines[max(0, finding.line - 1 - LINES_AROUND) : finding.line - 1]
    above = "\n".join([*(line[-WINDOW:] for line in lines_above), before])[-WINDOW:]
    lines_below = lines[finding.end_line : finding.end_line + LINES_AROUND]
    below = "\n".join([after, *(line[:WINDOW] for line in lines_below)])[:WINDOW]
    return Place(
        path=finding.path,
        rule=finding.rule,
        name=finding.name,
        value=value,
        line_start=first[:LINE_WINDOW],
        line=first[max(0, start - LINE_WINDOW) : start + LINE_WINDOW],
        before=before,
        after=after,
        nearby=above + "\0" + below,
        in_docstring=in_docstring,
        in_test=in_test,
        line_length=len(first),
    )


def find_python_lines(path: str, lines: list[str]) -> PythonLines:
    """Find the docstrings, the test functions and the settings classes for tests in a file.

    Args:
        path: The file. There are none if it is not Python code.
        lines: Its lines, as `split_lines` returns them.
    """
    if not path.endswith(".py") or not lines:
        return NO_PYTHON_LINES
    lines = [*lines[:-1], *lines[-1].split("\n")]
    tests = _test_lines(lines)
    if is_settings(path):
        tests |= _test_class_lines(lines)
    return PythonLines(_docstring_lines(lines), tests)


def _test_lines(lines: list[str]) -> set[int]:
    """Return the numbers, from 1, of the lines of test functions that contain an assertion."""
    inside: set[int] = set()
    function: list[int] = []
    indent = 0
    for number, line in enumerate([*lines, "end"], 1):
        depth = len(line) - len(line.lstrip())
        if function and line.strip() and depth <= indent and not line.lstrip().startswith(")"):
            if any(ASSERTION.match(lines[at - 1]) for at in function):
                inside.update(function)
            function = []
        if function:
            function.append(number)
        elif TEST_FUNCTION.match(line):
            function = [number]
            indent = depth
    return inside


def _test_class_lines(lines: list[str]) -> set[int]:
    """Return the numbers, from 1, of the lines of settings classes for tests."""
    inside: set[int] = set()
    is_inside = False
    for number, line in enumerate(lines, 1):
        if line[:1].isidentifier():
            match = CLASS.match(line)
            is_inside = match is not None and is_test_class(match[1])
        if is_inside:
            inside.add(number)
    return inside


def _docstring_lines(lines: list[str]) -> set[int]:
    """Return the numbers, from 1, of the lines that continue a docstring in Python code.

    Other texts that are a statement by themselves count as docstrings, too.
    """
    inside: set[int] = set()
    quote = code = ""
    is_docstring = False
    for number, line in enumerate(lines, 1):
        if quote and is_docstring:
            inside.add(number)
        for match in TRIPLE_QUOTE.finditer(line):
            if not quote:
                quote = match[0]
                is_docstring = _begins_docstring(line[: match.start()], code)
            elif match[0] == quote:
                quote = ""
        if line.strip() and not line.lstrip().startswith("#"):
            code = line.rstrip()
    return inside


def _begins_docstring(before: str, code: str) -> bool:
    """Return whether a text is a statement by itself, or documents an Ansible module.

    Args:
        before: The text before it, on its line.
        code: The last line of code above it.
    """
    is_statement = not before.strip(" \trRuU") and not code.endswith(CONTINUES)
    return is_statement or bool(ANSIBLE_TEXT.fullmatch(before))


def _unquote(text: str) -> str:
    match = LITERAL_PREFIX.match(text)
    if not match or not text.endswith(match[1]):
        return text
    return text[match.end() : -len(match[1])]
