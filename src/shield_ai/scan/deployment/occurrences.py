"""Find names of variables in deployment files that may set a value in a form that is not known.

A file is only certified if each occurrence of a name is understood: as a setting, as a comment, as
a reference such as `${NAME}`, or as a name without a value.
"""

from __future__ import annotations

import bisect
import functools
import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import DeploymentKind, ValueForm
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.line_formats import Span, assignment_regex, run_spans
from shield_ai.scan.deployment.structured import SCRIPT_KEYS, DeploymentFile, development_spans
from shield_ai.scan.deployment.value_form import Style, value_form

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.scan.text.structure import Node

LITERAL_FORMS = frozenset({ValueForm.LITERAL, ValueForm.DEFAULT, ValueForm.MIXED})
# Keys whose values, beside a name or below it, are values of the variable.
VALUE_KEYS = frozenset(
    {"value", "values", "default", "content", "data", "stringdata", "plaintext", "literal"}
)
SCRIPTED_KINDS = frozenset({DeploymentKind.GITHUB, DeploymentKind.GITLAB})
WORDS = frozenset({"true", "false", "null", "~"})
SIGN = regex(rb"[\"'\]]{0,2}[ \t]{0,40}(?:[+:]?=(?![=~])|(?P<colon>:)(?=\s|\Z))[ \t]{0,40}")
VALUE = regex(rb"\"(?P<double>(?:[^\"\\\n]|\\.){0,4096})|'(?P<single>[^'\n]{0,4096})|[^\n]{0,4096}")
EXPANSION = regex(rb":?[-=+](?P<text>[^}\n]{0,4096})")  # of ${NAME:-text}
BEFORE_COLON = regex(rb"[ \t\"'{,-]*")
# Commands and options that take the name and the value as separate words.
SEPARATE_VALUE = regex(rb"\bsetenv\b|--(?:value|body|secret-string)\b|<<<|\bprintf[ \t]+-v\b")
LINE_COMMENT = {
    DeploymentKind.SYSTEMD: regex(rb"\s*[#;]"),
    DeploymentKind.TERRAFORM: regex(rb"\s*(?:\#|//|\*|/\*)|[^\"]*\s(?:\#|//|/\*)"),
    DeploymentKind.SHELL: regex(rb"\s*\#|[^\"']*\s\#"),
}
COMMENT = regex(rb"\s*\#")
# Escapes of YAML, JSON and HCL, and continued lines, which can split a name.
ESCAPE = regex(
    rb"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|[ \t]*\r?\n[ \t]*)"
    rb"|(?<=\w)[\"']{1,2}(?=\w)"
)
ESCAPE_DIRECTIVE = regex(rb"(?im)\A(?:\#[^\n]*\n)*\#[ \t]*escape[ \t]*=[ \t]*`")
CONTINUED_WITH_BACKTICK = regex(rb"`[ \t]*\r?\n[ \t]*")


@functools.lru_cache(maxsize=4)
def name_regex(names: frozenset[str]) -> re.Pattern[bytes]:
    """Return a regex for the names as whole words."""
    return re.compile(rb"\b(?:" + "|".join(sorted(names)).encode() + rb")\b")


def has_hidden_names(raw: bytes, names: frozenset[str]) -> bool:
    """Return whether a file writes a name in another encoding than UTF-8, or with escapes.

    Args:
        raw: The file.
        names: The variables of the secrets.
    """
    plain = raw.replace(b"\0", b"")  # of UTF-16
    plain = ESCAPE.sub(_unescape, plain)
    if ESCAPE_DIRECTIVE.match(raw):
        plain = CONTINUED_WITH_BACKTICK.sub(b"", plain)
    if plain == raw:
        return False
    pattern = name_regex(names)
    return len(pattern.findall(plain)) > len(pattern.findall(raw))


def _unescape(match: re.Match[bytes]) -> bytes:
    digits = match[1] or match[2] or match[3]
    if not digits:
        return b""
    code = int(digits, 16)
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else match[0]


class _Scalar(NamedTuple):
    """A text of a structured file: a key, the value of a key, or an item of a list."""

    start: int
    end: int
    key: str  # the key that the text belongs to
    value: Node | None = None  # of a key
    parent: Node | None = None  # the map of a value


def unexplained_names(
    file: DeploymentFile,
    names: frozenset[str],
    settings: Collection[int],
    accepted_lines: Collection[int],
) -> Iterator[int]:
    """Yield the offsets of names that may have a value, but are no known setting.

    Args:
        file: The file; without documents for a format of lines.
        names: The variables of the secrets.
        settings: The offsets of the names of known settings.
        accepted_lines: The lines with a suppression comment.
    """
    scalars = sorted(_scalars(file.roots))
    starts = [scalar.start for scalar in scalars]
    ignored = run_spans(file.raw) if file.kind is DeploymentKind.DOCKERFILE else []
    ignored += development_spans(file)
    for match in name_regex(names).finditer(file.raw):
        start, end = match.span()
        if start in settings or any(span.start <= start < span.end for span in ignored):
            continue
        index = bisect.bisect_right(starts, start) - 1
        scalar = scalars[index] if index >= 0 and start < scalars[index].end else None
        if _is_explained(file, names, scalar, Span(start, end)):
            continue
        if file.raw.count(b"\n", 0, start) + 1 not in accepted_lines:
            yield start


def _scalars(roots: list[Node]) -> Iterator[_Scalar]:
    """Yield the texts of a file; a YAML alias is visited once."""
    pending = [("", root) for root in roots]
    seen: set[tuple[int, int]] = set()
    while pending:
        key_text, node = pending.pop()
        span = (node.start, node.end)
        if span in seen:
            continue
        seen.add(span)
        if not node.is_container:
            yield _Scalar(node.start, node.end, key_text)
        for key, value in node.pairs:
            yield _Scalar(key.start, key.end, key.text, value=value)
            if value.is_container:
                pending.append((key.text, value))
            else:
                yield _Scalar(value.start, value.end, key.text, parent=node)
        pending.extend((key_text, item) for item in node.items)


def _is_explained(
    file: DeploymentFile, names: frozenset[str], scalar: _Scalar | None, name: Span
) -> bool:
    if not file.roots or (scalar is None and file.kind is DeploymentKind.TERRAFORM):
        return _is_comment(file, name.start) or _is_explained_text(file, names, name, None)
    if scalar is None:
        return True  # a comment, or the syntax of a template
    if scalar.value is not None:
        return not _has_literal(file.raw, scalar.value)
    if (scalar.start, scalar.end) != (name.start, name.end):
        return _is_explained_text(file, names, name, scalar)
    parent = scalar.parent
    return parent is None or not _has_literal_below(file.raw, parent)


def _has_literal(raw: bytes, node: Node) -> bool:
    """Return whether a value is a literal, or a map or list that has one as a value."""
    if not node.is_container:
        text = raw[node.start : node.end].decode("utf-8", "replace")
        is_word = text in WORDS and not node.quoted
        return not is_word and value_form(text, Style.SHELL) in LITERAL_FORMS
    items = [item for item in node.items if not item.is_container]
    return any(_has_literal(raw, item) for item in items) or _has_literal_below(raw, node)


def _has_literal_below(raw: bytes, node: Node) -> bool:
    for key, value in node.pairs:
        if key.text.lower() in VALUE_KEYS and not value.is_container and _has_literal(raw, value):
            return True
    return False


def _is_comment(file: DeploymentFile, start: int) -> bool:
    line_start = file.raw.rfind(b"\n", 0, start) + 1
    return bool(LINE_COMMENT.get(file.kind, COMMENT).match(file.raw, line_start, start))


def _is_explained_text(
    file: DeploymentFile, names: frozenset[str], name: Span, scalar: _Scalar | None
) -> bool:
    """Return whether a name in a longer text has no literal value."""
    raw = file.raw
    limit = scalar.end if scalar else len(raw)
    floor = max(scalar.start if scalar else 0, raw.rfind(b"\n", 0, name.start) + 1)
    before = raw[max(name.start - 2, floor) : name.start]
    if before.endswith(b"$") or _is_in_action(raw, floor, name.start):
        return True
    if before == b"${":
        return _is_pure_expansion(raw, name, limit)
    is_script = file.kind is DeploymentKind.SHELL or _is_script(file.kind, scalar)
    if is_script and assignment_regex(names).match(raw, max(name.start - 1, 0), limit):
        return True  # shell_settings() has checked it
    sign = SIGN.match(raw, name.end, limit)
    if sign is None:
        line_end = raw.find(b"\n", name.end)
        return not SEPARATE_VALUE.search(raw, floor, line_end if line_end >= 0 else len(raw))
    if sign["colon"]:
        is_reference = before.endswith(b".")  # `? var.NAME : null`
        if is_reference or not BEFORE_COLON.fullmatch(raw, floor, name.start):
            return True
    return not _is_literal(raw, sign.end(), limit)


def _is_script(kind: DeploymentKind, scalar: _Scalar | None) -> bool:
    return kind in SCRIPTED_KINDS and scalar is not None and scalar.key.lower() in SCRIPT_KEYS


def _is_in_action(raw: bytes, floor: int, start: int) -> bool:
    """Return whether an offset is in a `{{ … }}` or `{% … %}` of its line."""
    opening = max(raw.rfind(b"{{", floor, start), raw.rfind(b"{%", floor, start))
    closing = max(raw.rfind(b"}}", floor, start), raw.rfind(b"%}", floor, start))
    return opening > closing


def _is_pure_expansion(raw: bytes, name: Span, limit: int) -> bool:
    """Return whether `${NAME…}` has no literal default, or one that is part of a setting."""
    match = EXPANSION.match(raw, name.end, limit)
    if match is None:
        return True
    text = match["text"].decode("utf-8", "replace")
    if value_form(text, Style.SHELL) not in LITERAL_FORMS:
        return True
    # value_form() classifies the default of `NAME=${NAME:-text}`.
    word = raw[name.start : name.end]
    line_start = raw.rfind(b"\n", 0, name.start) + 1
    return word in re.findall(rb"\w+", raw[line_start : name.start])


def _is_literal(raw: bytes, start: int, limit: int) -> bool:
    match = VALUE.match(raw, start, limit)
    if match is None:
        return False
    text = match["double"] or match["single"] or match[0]
    words = text.split(maxsplit=1) if match["double"] is match["single"] is None else [text]
    value = words[0].decode("utf-8", "replace") if words else ""
    return value_form(value.strip("'\",;"), Style.SHELL) in LITERAL_FORMS
