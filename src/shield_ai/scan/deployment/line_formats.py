"""Find the variables that line-based files set.

These are Dockerfiles, systemd units, Procfiles, fly.toml, shell scripts and templates of env files.
"""

from __future__ import annotations

import bisect
import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import Use, ValueForm
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.environment import Setting
from shield_ai.scan.deployment.value_form import Style, value_form

if TYPE_CHECKING:
    from collections.abc import Iterator

# A line and its continuation lines; comment lines between them do not end it.
CONTINUED = rb"(?P<body>(?:\\[ \t]*\r?\n(?:[ \t]*(?:[#;][^\n]*)?\r?\n)*+|[^\n])*+)"
INSTRUCTION = regex(
    rb"(?im)^[ \t]*(?:ONBUILD[ \t]+)?(?:(?P<name>ENV|ARG|RUN|CMD|ENTRYPOINT|HEALTHCHECK)[ \t]+"
    rb"|FROM[ \t]+(?:--\S+[ \t]+){0,9}\S+(?:[ \t]+AS[ \t]+(?P<stage>\S+))?)" + CONTINUED
)
DIRECTIVE = regex(
    rb"(?m)^[ \t]*(?P<name>Environment|EnvironmentFile|PassEnvironment|Exec\w{1,20})[ \t]*="
    + CONTINUED
)
TOML_LINE = regex(
    rb"(?m)^[ \t]*(?:\[{1,2}[ \t]*(?P<table>[^\]\n]+?)[ \t]*\]"
    rb"|[\"']?(?P<name>\w+)[\"']?[ \t]*=[ \t]*"
    rb"(?P<value>[\"']{3}[^\n]*|\"(?:[^\"\\\n]|\\.)*+\"|'[^'\n]*'|[^\n]*))"
)
LONG_TEXTS = ('"""', "'''")  # of several lines
ENV_LINE = regex(
    rb"(?m)^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w{0,200})[ \t]*=[ \t]*(?P<value>[^\n]*)"
)
FLY_TABLES = frozenset({"env", "build.args"})
PROCESS = regex(rb"(?m)^(?P<name>[\w-]{1,100}):(?P<body>[^\n]*)")
# The first alternatives, without a word, are arithmetic, here-strings and comments.
HEREDOC = regex(
    rb"\(\([^()\n]{0,200}\)\)|<<<|(?:^[ \t]*|[ \t])\#[^\n]*"
    rb"|<<[-~]?[ \t]{0,9}(?:[\"'](?P<quoted>[^\"'\n]{1,100})|\\?(?P<word>[A-Za-z_][\w.-]{0,100}))"
)
EXPORTED = regex(rb"(?m)^[ \t]*(?:export|declare[ \t]+-x|typeset[ \t]+-x)[ \t]+([^=\n;]+)$")
EXPORTS_ALL = regex(rb"(?m)^[ \t]*set[ \t]+-(?:\w*a\w*|o[ \t]+allexport)\b")
BARE = (
    rb"(?:\$\([^)\n]{0,200}\)|\$\{[^}\n]{0,200}\}|\"(?:\\.|[^\"\\]){0,4096}+\"|'[^']{0,4096}'"
    rb"|`[^`\n]{0,500}`|\\.|[^\s;&|()<>\"'`\\])*+"
)
BARE_VALUE = regex(BARE)
# The words of `ENV NAME value`, which can be on several lines.
WORDS = regex(
    rb"(?:\s|\\[ \t]*\r?\n)*+[\"']?(?P<name>\w+)[\"']?(?:\s|\\[ \t]*\r?\n|\Z)+(?P<value>[\s\S]*)"
)
# What can be on a line before and after an assignment that no command sees.
STATEMENT_START = regex(
    rb"[ \t]*(?:[^\s()]+\)[ \t]*)?(?:(?:if|elif|then|else|while|until|do|!)[ \t]+)?"
    rb"(?:(?:local|readonly|declare|typeset)[ \t]+(?:-[A-Za-wyz]+[ \t]+)*)?"
    rb"(?:\w+=[^\s\"'`]*[ \t]+)*"
)
STATEMENT_END = regex(
    rb"(?:[ \t]+[A-Za-z_]\w{0,100}=" + BARE + rb"){0,20}[ \t]*(?:[;&|\#]|\r?$)", re.MULTILINE
)
SEPARATORS = b";&|{"
SUBSTITUTION = regex(rb"\"?\$\(")
PARENTHESIS = regex(rb"[()]")
MAX_SUBSTITUTION = 1000
WINDOW = 4000  # characters of a line before an assignment
ENV_FILE_MARK = b"-"  # systemd ignores a missing file with this prefix
NO_OPERATION = b":"  # its heredoc is a comment
CAT = b"cat"
QUOTES = b"\"'"
COMMENT = regex(rb"[ \t]{0,200}\#")
SYSTEMD_COMMENT = regex(rb"[ \t]{0,200}[#;]")


class Span(NamedTuple):
    """A part of a file that is a script or a list of assignments."""

    start: int
    end: int


@functools.lru_cache(maxsize=4)
def assignment_regex(names: frozenset[str]) -> re.Pattern[bytes]:
    """Return a regex for `NAME=`, with the character before it."""
    alternatives = "|".join(sorted(names, key=len, reverse=True))
    return re.compile(
        rb"(?m)(?P<before>^|[\s;&|(=\"'`])(?P<name>" + alternatives.encode() + rb")=(?!=)"
    )


def dockerfile_settings(raw: bytes, names: frozenset[str]) -> Iterator[Setting]:
    """Yield the variables that a Dockerfile sets.

    RUN sets variables for one build step only. Builds need no secrets: docs/guides/containers.md
    recommends a temporary key for `collectstatic`. The value of ARG is often copied by ENV.

    Args:
        raw: The file.
        names: The variables of the secrets.
    """
    stage = ""
    for match in INSTRUCTION.finditer(raw):
        name = (match["name"] or b"").upper()
        if not name:
            stage = (match["stage"] or b"").decode("utf-8", "replace")
            continue
        body = Span(*match.span("body"))
        if name == b"RUN":
            for setting in shell_settings(raw, names, stage, body):
                yield setting._replace(use=Use.DEVELOPMENT)
            continue
        use = Use.UNKNOWN if name == b"ARG" else None
        found = list(_assignments(raw, names, body, stage, comment=COMMENT))
        if name not in {b"ENV", b"ARG"}:
            yield from found
            continue
        for setting in found or _first_word(raw, names, body, stage, is_arg=name == b"ARG"):
            yield setting._replace(use=use)


def run_spans(raw: bytes) -> list[Span]:
    """Return the bodies of the RUN instructions of a Dockerfile.

    Args:
        raw: The file.
    """
    spans = []
    for match in INSTRUCTION.finditer(raw):
        if (match["name"] or b"").upper() == b"RUN":
            spans.append(Span(*match.span("body")))
    return spans


def _first_word(
    raw: bytes, names: frozenset[str], body: Span, unit: str, *, is_arg: bool
) -> Iterator[Setting]:
    """Yield the variable of `ARG NAME` or of the legacy `ENV NAME value`."""
    match = WORDS.match(raw, body.start, body.end)
    variable = _text(match["name"]) if match else ""
    if match is None or variable not in names:
        return
    form = ValueForm.REFERENCE
    if not is_arg:
        form = value_form(_text(match["value"].strip().strip(QUOTES)), Style.SHELL)
    yield Setting(variable, match.start("name"), unit, form)


def systemd_settings(raw: bytes, names: frozenset[str], unit: str) -> Iterator[Setting]:
    """Yield the variables and the env files of a systemd unit.

    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Environment

    Args:
        raw: The file.
        names: The variables of the secrets.
        unit: The name of the unit.
    """
    for match in DIRECTIVE.finditer(raw):
        body = Span(*match.span("body"))
        if match["name"] == b"EnvironmentFile":
            path = _text(match["body"].strip().lstrip(ENV_FILE_MARK).strip(QUOTES))
            if path:
                yield Setting("", body.start, unit, ValueForm.ENV_FILE, env_file=path)
        elif match["name"] == b"PassEnvironment":
            for word in re.finditer(rb"\w+", match["body"]):
                if _text(word[0]) in names:
                    start = body.start + word.start()
                    yield Setting(_text(word[0]), start, unit, ValueForm.REFERENCE)
        else:
            # systemd expands variables in commands only
            is_command = match["name"] != b"Environment"
            style = Style.BRACES if is_command else Style.TEMPLATE
            yield from _assignments(raw, names, body, unit, style, SYSTEMD_COMMENT)


def procfile_settings(raw: bytes, names: frozenset[str]) -> Iterator[Setting]:
    """Yield the variables that the commands of a Procfile set.

    Args:
        raw: The file.
        names: The variables of the secrets.
    """
    for match in PROCESS.finditer(raw):
        body = Span(*match.span("body"))
        yield from _assignments(raw, names, body, _text(match["name"]))


def fly_settings(raw: bytes, names: frozenset[str]) -> Iterator[Setting]:
    """Yield the variables of the tables `env` and `build.args` of a fly.toml.

    https://fly.io/docs/reference/configuration/

    Args:
        raw: The file.
        names: The variables of the secrets.
    """
    table = ""
    for match in TOML_LINE.finditer(raw):
        if match["table"]:
            table = _text(match["table"])
        elif table in FLY_TABLES and _text(match["name"]) in names:
            value = _text(match["value"])
            is_long = value.startswith(LONG_TEXTS)
            form = ValueForm.LITERAL if is_long else value_form(value.strip("'\""), Style.TEMPLATE)
            yield Setting(_text(match["name"]), match.start("name"), table, form)


def env_file_settings(raw: bytes, names: frozenset[str]) -> Iterator[Setting]:
    """Yield the variables of an env file with references, as for Ansible, envsubst or 1Password.

    Args:
        raw: The file.
        names: The variables of the secrets.
    """
    for match in ENV_LINE.finditer(raw):
        if _text(match["name"]) in names:
            form = value_form(_text(match["value"].strip().strip(QUOTES)), Style.SHELL)
            yield Setting(_text(match["name"]), match.start("name"), "", form)


def shell_settings(
    raw: bytes, names: frozenset[str], unit: str = "", span: Span | None = None
) -> Iterator[Setting]:
    """Yield the variables that a shell script sets for its commands, or writes to a file.

    `NAME=value` alone sets a variable of the shell only, unless the script exports it.

    Args:
        raw: The file.
        names: The variables of the secrets.
        unit: The job that the script belongs to.
        span: The script; by default, the whole file.
    """
    start, end = span or Span(0, len(raw))
    script = _Script(raw[start:end])
    for setting in _assignments(raw, names, Span(start, end), unit):
        if script.sets(setting.variable, setting.start - start):
            yield setting


class _Script:
    """Tells which assignments of a shell script set environment variables."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._heredocs = _heredocs(text)
        self._exports_all = EXPORTS_ALL.search(text) is not None
        self._exported: set[str] = set()
        for match in EXPORTED.finditer(text):
            self._exported.update(map(_text, match[1].split()))

    def sets(self, variable: str, offset: int) -> bool:
        """Return whether an assignment is seen by a command or written to a file.

        Args:
            variable: The name.
            offset: The offset of the name.
        """
        command = _command_of(self._heredocs, offset)
        if command == NO_OPERATION or _is_comment(self._text, offset):
            return False
        if command or self._exports_all or variable in self._exported:
            return True
        return not _is_statement(self._text, offset)


def _heredocs(script: bytes) -> list[tuple[int, bytes]]:
    """Return the offsets at which heredocs begin and end.

    Each offset has the command that reads the heredoc; it is empty at an end.
    """
    changes: list[tuple[int, bytes]] = []
    word = b""
    offset = 0
    for line in script.splitlines(keepends=True):
        offset += len(line)
        if word and line.strip() == word:
            word = b""
            changes.append((offset, b""))
        elif not word and (match := _heredoc(line)):
            word = match["quoted"] or match["word"]
            changes.append((offset, line[: match.start()].strip() or CAT))
    return changes


def _heredoc(line: bytes) -> re.Match[bytes] | None:
    """Return the first `<<WORD` of a line."""
    for match in HEREDOC.finditer(line):
        if match.lastgroup:
            return match
    return None


def _command_of(heredocs: list[tuple[int, bytes]], offset: int) -> bytes:
    """Return the command that gets the text at an offset as a heredoc; empty if none does."""
    index = bisect.bisect_right(heredocs, offset, key=lambda change: change[0])
    return heredocs[index - 1][1] if index else b""


def _line_before(script: bytes, offset: int) -> bytes:
    floor = max(offset - WINDOW, 0)
    return script[max(script.rfind(b"\n", floor, offset) + 1, floor) : offset]


def _is_comment(script: bytes, offset: int) -> bool:
    before = _line_before(script, offset).lstrip()
    return before.startswith(b"#") or b" # " in before


def _is_statement(script: bytes, offset: int) -> bool:
    """Return whether a command consists of assignments only."""
    before = _line_before(script, offset)
    if before.count(b'"') % 2 or before.count(b"'") % 2:  # in a text
        return False
    start = max(map(before.rfind, SEPARATORS)) + 1
    if not STATEMENT_START.fullmatch(before, start):
        return False
    end = _value_end(script, script.index(b"=", offset) + 1)
    return end is None or STATEMENT_END.match(script, end) is not None


def _value_end(script: bytes, start: int) -> int | None:
    """Return the end of an assigned value; None if it is a substitution without a clear end."""
    if substitution := SUBSTITUTION.match(script, start):
        end = _closing_parenthesis(script, start)
        if end and substitution[0].startswith(b'"'):
            end = script.find(b'"', end, end + MAX_SUBSTITUTION) + 1
        if not end:
            return None
        start = end
    match = BARE_VALUE.match(script, start)
    return match.end() if match else start


def _closing_parenthesis(script: bytes, start: int) -> int:
    """Return the end of the parentheses that open after an offset; 0 if it is not found."""
    depth = 0
    for match in PARENTHESIS.finditer(script, start, start + MAX_SUBSTITUTION):
        depth += 1 if match[0] == b"(" else -1
        if not depth:
            return match.end()
    return 0


def _assignments(
    raw: bytes,
    names: frozenset[str],
    span: Span,
    unit: str,
    style: Style = Style.SHELL,
    comment: re.Pattern[bytes] | None = None,
) -> Iterator[Setting]:
    """Yield each `NAME=value` in a part of a file, except in lines that start with a comment."""
    # The regex also matches the character before a name, which can be before the part.
    for match in assignment_regex(names).finditer(raw, max(span.start - 1, 0), span.end):
        before = match["before"]
        start = match.end()
        line_start = raw.rfind(b"\n", 0, start) + 1
        if comment and comment.match(raw, line_start, start):
            continue
        if before and before in QUOTES:  # the quotes contain the name, too
            end = raw.find(before, start, span.end)
            value = raw[start : end if end >= 0 else span.end]
        else:
            bare = BARE_VALUE.match(raw, start, span.end)
            value = bare[0] if bare else b""
        is_single = value[:1] == b"'"
        text = _text(value.strip(QUOTES))
        # Single quotes: a shell expands nothing in them, but a template does.
        form = value_form(text, Style.BRACES if is_single and style is Style.SHELL else style)
        yield Setting(_text(match["name"]), match.start("name"), unit, form)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
