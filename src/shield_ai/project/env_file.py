r"""Read and edit env files, and quote values so that every reader gets the same value.

python-dotenv, django-environ and a POSIX shell (`set -a; . FILE`) read quotes, backslashes and `$`
differently. A value is written only in a form that all of them read in the same way. Otherwise, a
shell could read another value, or run a command that the value contains.

- python-dotenv decodes `\\` and `\'` in single quotes, and a shell does not.
- In double quotes, a shell expands `$` and backticks. python-dotenv does not remove the backslash
  of `\$`.
- python-dotenv replaces `${NAME}` in all quotes, and reads a carriage return as a line feed.
- django-environ reads one line at a time.
- `docker run --env-file` and simple readers keep quotes, so a value that needs none gets none.

https://github.com/theskumar/python-dotenv, https://django-environ.readthedocs.io/en/latest/tips.html,
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_02
"""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING

from dotenv.parser import Binding, parse_stream

from shield_ai.model.errors import SourceError
from shield_ai.model.hidden import Hidden
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

UTF8_BOM = b"\xef\xbb\xbf"
STDIN = "-"
# A conventional name of a variable. Any other line is more likely the second line of a value.
_NAME = regex("[A-Z]{1,30}[0-9]{0,4}|(?![0-9])[A-Z0-9]{0,30}_[A-Z0-9_]{0,90}")
_NEEDS_NO_QUOTES = regex("[A-Za-z0-9_./:@%+,=-]+")
_NOT_ALLOWED = regex("[\0\r]")
_ENV_FILE = regex(r"(?:^|/)(?:\.env(?:\.[\w.-]{1,100})?|[\w.-]{1,100}\.env)$")
EXPANDED_BY_DOTENV = regex(r"\$\{[^}]*\}")
_EXPANDED_BY_SHELL = regex("[$`]")
_ASSIGNMENT = regex(
    r"""
    (?P<start> \s* (?:export[^\S\r\n]+)? )
    (?: '[^']+' | [^=\#\s]+ )
    (?: [^\S\r\n]*=[^\S\r\n]*
        (?: '(?:\\.|[^'\\])*'
          | "(?:\\.|[^"\\])*"
          | (?!['"]) [^\r\n]*? (?= [^\S\r\n]+\# | [^\S\r\n]* (?:[\r\n]|\Z) )
        )
    )?
    (?P<end> [^\r\n]* (?:\r\n|\n|\r)? )
    """,
    re.VERBOSE | re.DOTALL,
)


class ExpandableValue(Hidden):
    """A value with `${NAME}` from a .env file: python-dotenv and Docker expand it, others do not.

    python-dotenv expands it in single quotes, too.

    Args:
        value: The text in the file, not expanded.
        line: Its line in the file.
    """

    __slots__ = ("line",)

    def __init__(self, value: str, line: int) -> None:
        super().__init__(value)
        self.line = line


def read_env_file(path: Path) -> dict[str, Hidden]:
    """Read a .env file, or standard input for `-`. The last value of a variable wins.

    A name without `=` is a variable without a value, as for python-dotenv.

    Raises:
        SourceError: The file can't be read, or a line is invalid. The message does not quote it.
    """
    try:
        raw = sys.stdin.buffer.read() if str(path) == STDIN else read_regular_file(path)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise SourceError(
            f"{path} can't be read: {error.strerror}", "use a file with KEY=value lines"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError(f"{path}:{line}: not UTF-8", "save the file as UTF-8") from None
    values: dict[str, Hidden] = {}
    for binding in parse_stream(io.StringIO(text)):
        line = binding.original.line
        if binding.error:
            raise SourceError(
                f"{path}:{line}: not a KEY=value line", "quote values with special characters"
            )
        if not binding.key:
            continue
        if binding.value is None:
            _require_name(binding.key, f"{path}:{line}")
            values.pop(binding.key, None)
        elif EXPANDED_BY_DOTENV.search(binding.value):
            values[binding.key] = ExpandableValue(binding.value, line)
        else:
            values[binding.key] = Hidden(binding.value)
    return values


def _require_name(line: str, place: str) -> None:
    """Require that a line without `=` is a name, and not the second line of a value."""
    if not _NAME.fullmatch(line):
        raise SourceError(f"{place}: not a KEY=value line", "write KEY=value, or remove the line")


def quote_value(value: str) -> str | None:
    """Return the text after `NAME=`; None if no text gives every reader the same value.

    For a value with several lines, the text suits python-dotenv and shells, but not
    django-environ.
    """
    if not _can_be_quoted(value):
        return None
    readable = [form for form in _forms(value) if _read_by_dotenv(form) == value]
    for form in readable:
        if _read_by_django_environ(form) == value:
            return form
    return readable[0] if readable else None


def _can_be_quoted(value: str) -> bool:
    """Return False for a value that python-dotenv reads differently in all quotes."""
    if _NOT_ALLOWED.search(value) or EXPANDED_BY_DOTENV.search(value):
        return False
    return _is_unicode(value)


def _forms(value: str) -> list[str]:
    """Return the forms of a value that a shell reads correctly, the preferred one first."""
    forms = [value] if _NEEDS_NO_QUOTES.fullmatch(value) else []
    if "'" not in value:
        forms.append(f"'{value}'")
    if not _EXPANDED_BY_SHELL.search(value):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        forms.append(f'"{escaped}"')
    return forms


def is_env_file(path: str) -> bool:
    """Return whether a file has the name of an env file: `.env`, `.env.local`, `production.env`."""
    return bool(_ENV_FILE.search(path))


def has_several_lines(value: str) -> bool:
    """Return True if django-environ can't read a value, because it is not on one line."""
    return len(f"{value}.".splitlines()) > 1


def read_assignments(content: bytes) -> dict[str, list[str]]:
    """Return the values of each variable, in the order of the file. Invalid lines are skipped.

    Raises:
        SourceError: The content is not UTF-8.
    """
    assignments: dict[str, list[str]] = {}
    for binding in _bindings(_decode(content)):
        if binding.key and not binding.error:
            assignments.setdefault(binding.key, []).append(binding.value or "")
    return assignments


def variables_with_escapes(content: bytes) -> set[str]:
    r"""Return the variables with `\n` in place of line breaks, as django-environ needs them.

    Raises:
        SourceError: The content is not UTF-8.
    """
    return {binding.key or "" for binding in _bindings(_decode(content)) if _has_escapes(binding)}


def _has_escapes(binding: Binding) -> bool:
    written = binding.original.string.strip()
    return "\n" in (binding.value or "") and "\n" not in written and r"\n" in written


def _escape_newlines(value: str) -> str:
    """Return several lines in one; empty if there is only one, or if python-dotenv misreads it."""
    if "\n" not in value:
        return ""
    escaped = value.replace('"', r"\"").replace("\n", r"\n")
    form = f'"{escaped}"'
    return form if _read_by_dotenv(form) == value else ""


def set_variables(content: bytes, values: Mapping[str, str]) -> bytes:
    r"""Replace the values of variables, and append the variables that are missing.

    Every other byte is kept. A variable that is assigned more than once gets the value each time:
    some readers use the first assignment, others the last. Line breaks are written as `\n` if the
    old value of the variable has them in this form, which is not for shells.

    Args:
        content: The content of the file.
        values: The value of each variable.

    Raises:
        SourceError: The content is not UTF-8, or has an invalid line that would hide a variable.
        ValueError: A value has no form that all readers read in the same way.
    """
    text = _decode(content)
    quoted = {variable: _require_quoted(value) for variable, value in values.items()}
    parts = []
    for binding in _bindings(text):
        part = binding.original.string
        if binding.key in quoted and not binding.error and binding.value != values[binding.key]:
            escaped = _escape_newlines(values[binding.key]) if _has_escapes(binding) else ""
            part = _replace_value(part, f"{binding.key}={escaped or quoted[binding.key]}")
        parts.append(part)
    present = read_assignments(content)
    edited = _append(
        "".join(parts),
        [f"{name}={form}" for name, form in quoted.items() if name not in present],
    )
    _require_readable(edited, present, values)
    bom = UTF8_BOM if content.startswith(UTF8_BOM) else b""
    return bom + edited.encode()


def _append(text: str, lines: list[str]) -> str:
    line_end = "\r\n" if "\r\n" in text else "\n"
    if lines and text and not text.endswith(("\n", "\r")):
        text += line_end
    return text + "".join(line + line_end for line in lines)


def _replace_value(part: str, assignment: str) -> str:
    match = _ASSIGNMENT.fullmatch(part)
    if not match:
        raise ValueError("the assignment has an unknown form")
    return match["start"] + assignment + match["end"]


def _require_quoted(value: str) -> str:
    quoted = quote_value(value)
    if quoted is None:
        raise ValueError("the value has no form that all readers read alike")
    return quoted


def _require_readable(
    text: str, before: Mapping[str, list[str]], values: Mapping[str, str]
) -> None:
    """Read the edited text again: an unclosed quote above a line can make it part of a value."""
    after = read_assignments(text.encode())
    expected = {name: [value] * len(before.get(name, [""])) for name, value in values.items()}
    for variable, assigned in {**before, **expected}.items():
        if after.get(variable) != assigned:
            raise SourceError(
                f"{variable} can't be set, because a line of the file is invalid",
                "look for a quote that is not closed above the line of the variable",
            )


def _decode(content: bytes) -> str:
    try:
        return content.removeprefix(UTF8_BOM).decode()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError(f"line {line} is not UTF-8", "save the file as UTF-8") from None


def _bindings(text: str) -> list[Binding]:
    return list(parse_stream(io.StringIO(text, newline="")))


def _is_unicode(value: str) -> bool:
    """Return False for a value with lone surrogates, such as binary data."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_by_dotenv(form: str) -> str | None:
    bindings = _bindings(f"NAME={form}\n")
    if len(bindings) != 1 or bindings[0].error:
        return None
    return bindings[0].value


def _read_by_django_environ(form: str) -> str | None:
    """Read a form as `environ.Env.read_env` does."""
    if has_several_lines(form):
        return None
    value = form
    if value.startswith("'"):
        value = value[1:-1]
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        value = re.sub(r"\\(.)", _unescape, value[1:-1])
    return value


def _unescape(match: re.Match[str]) -> str:
    return match[0] if match[1] in "rnt" else match[1]
