"""Find names of variables in deployment files that may set a value in a form that is not known.

The search of a file is only complete if each occurrence of a name is explained: as a setting, a
comment, a reference such as `${NAME}`, or a name without a value.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.line_formats import Span, assignment_regex, run_spans
from shield_ai.scan.deployment.literal_values import (
    LITERAL_FORMS,
    is_literal,
    is_pure_expansion,
    values_in,
)
from shield_ai.scan.deployment.parts import DeploymentFile, development_spans
from shield_ai.scan.deployment.scalars import Scalar, scalars
from shield_ai.scan.deployment.structured import SCRIPT_KEYS, SCRIPTED_KINDS
from shield_ai.scan.deployment.value_form import Style, value_form
from shield_ai.scan.files.suppressions import find_suppressions
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.scan.text.config_node import Node

CREDENTIALS = "CRED"  # the id of the pattern
WORDS = frozenset({"true", "false", "null", "~"})
SIGN = regex(rb"[\"'\]]{0,2}[ \t]{0,40}(?:[+:]?=(?![=~])|(?P<colon>:)(?=\s|\Z))[ \t]{0,40}")
BEFORE_COLON = regex(rb"[ \t\"'{,-]*+")
WINDOW = 500  # bytes around a name that are searched, because a line can be the whole file
# Commands and options that take the name and the value as separate words.
SEPARATE_VALUE = regex(rb"\bsetenv\b|--(?:value|body|secret-string)\b|<<<|\bprintf[ \t]+-v\b")
INLINE_COMMENT = {
    DeploymentKind.TERRAFORM: regex(rb"[^\"]*?\s(?:\#|//|/\*)"),
    DeploymentKind.SHELL: regex(rb"[^\"']*?\s\#"),
}
COMMENT = {
    DeploymentKind.SYSTEMD: regex(rb"\s{0,200}[#;]"),
    DeploymentKind.TERRAFORM: regex(rb"\s{0,200}(?:\#|//|\*|/\*)"),
}
HASH_COMMENT = regex(rb"\s{0,200}\#")


@functools.lru_cache(maxsize=4)
def name_regex(names: frozenset[str]) -> re.Pattern[bytes]:
    """Return a regex for the names as whole words, or after the option `-e`."""
    return re.compile(rb"(?:\b|(?<=\s-e))(?:" + "|".join(sorted(names)).encode() + rb")\b")


def suppressed_lines(raw: bytes) -> set[int]:
    """Return the numbers of the lines in which a comment suppresses credentials."""
    lines = set()
    for comment in find_suppressions(raw):
        has_credential_rule = any(rule.startswith(CREDENTIALS) for rule in comment.rules)
        if comment.is_valid() and (not comment.rules or has_credential_rule):
            lines.add(comment.line)
    return lines


def unexplained_names(
    file: DeploymentFile,
    names: frozenset[str],
    settings: Collection[int],
    suppressed: Collection[int],
) -> Iterator[Span]:
    """Yield the spans of names that may have a value, but are not known settings.

    Args:
        file: The file; `roots` is empty if the format has no maps and lists.
        names: The variables of the secrets.
        settings: The offsets of the names of known settings.
        suppressed: The numbers of the lines with a suppression comment.
    """
    spans = development_spans(file)
    if file.kind is DeploymentKind.DOCKERFILE:
        spans += run_spans(file.raw)
    ignored = Spans(spans)
    explanation = _Explanation(file, names)
    lines = LineIndex(file.raw)
    for match in name_regex(names).finditer(file.raw):
        name = Span(*match.span())
        if name.start in settings or ignored.contain(name.start):
            continue
        if explanation.is_explained(name):
            continue
        if lines.position(name.start)[0] not in suppressed:
            yield name


class Spans:
    """Parts of a file, which may overlap.

    Args:
        spans: The parts.
    """

    def __init__(self, spans: list[Span]) -> None:
        spans.sort()
        self._starts = [span.start for span in spans]
        self._ends = list(itertools.accumulate((span.end for span in spans), max))

    def contain(self, offset: int) -> bool:
        """Return whether an offset is in one of the parts.

        Args:
            offset: The offset.
        """
        count = bisect.bisect_right(self._starts, offset)
        return count > 0 and offset < self._ends[count - 1]


class _Explanation:
    """Decides whether a name in a file is a comment, a reference, or has no literal value."""

    def __init__(self, file: DeploymentFile, names: frozenset[str]) -> None:
        self._file = file
        self._raw = file.raw
        self._names = names
        self._scalars = sorted(scalars(file.roots), key=lambda scalar: scalar.start)
        self._starts = [scalar.start for scalar in self._scalars]
        self._literals: dict[tuple[int, int], bool] = {}  # by the span of a value

    def is_explained(self, name: Span) -> bool:
        """Return whether a name can't be a variable with a value."""
        scalar = self._scalar_at(name.start)
        if not self._file.roots or (scalar is None and self._file.kind is DeploymentKind.TERRAFORM):
            return self._is_comment(name.start) or self._is_explained_text(name, None)
        if scalar is None:
            return True  # a comment, or the syntax of a template
        if scalar.value is not None:
            return not self._has_literal(scalar.value)
        # The name can be the end of a path, as in `name: env.NAME` of a Helm release.
        is_path = scalar.start < name.start and self._raw[name.start - 1 : name.start] == b"."
        if scalar.end != name.end or not (is_path or scalar.start == name.start):
            return self._is_explained_text(name, scalar)
        return scalar.parent is None or not self._has_literal(scalar.parent)

    def _scalar_at(self, offset: int) -> Scalar | None:
        index = bisect.bisect_right(self._starts, offset) - 1
        if index < 0 or offset >= self._scalars[index].end:
            return None
        return self._scalars[index]

    def _has_literal(self, node: Node) -> bool:
        """Return whether a value is a literal, or a map or list that has one as a value."""
        span = (node.start, node.end)
        if span not in self._literals:
            parts = [node] if not node.is_container else values_in(node)
            self._literals[span] = any(self._is_literal_node(part) for part in parts)
        return self._literals[span]

    def _is_literal_node(self, node: Node) -> bool:
        text = self._raw[node.start : min(node.end, node.start + WINDOW)].decode("utf-8", "replace")
        is_word = text in WORDS and not node.quoted
        is_expression = self._file.kind is DeploymentKind.TERRAFORM
        style = Style.EXPRESSION if is_expression else Style.SHELL
        return not is_word and value_form(text, style, quoted=node.quoted) in LITERAL_FORMS

    def _is_comment(self, start: int) -> bool:
        line_start = self._raw.rfind(b"\n", 0, start) + 1
        kind = self._file.kind
        if COMMENT.get(kind, HASH_COMMENT).match(self._raw, line_start, start):
            return True
        inline = INLINE_COMMENT.get(kind)
        return bool(inline and inline.match(self._raw, max(line_start, start - WINDOW), start))

    def _is_explained_text(self, name: Span, scalar: Scalar | None) -> bool:
        """Return whether a name in a longer text has no literal value."""
        raw = self._raw
        limit = scalar.end if scalar else len(raw)
        floor = max(scalar.start if scalar else 0, name.start - WINDOW)
        floor = max(floor, raw.rfind(b"\n", floor, name.start) + 1)
        before = raw[max(name.start - 2, floor) : name.start]
        if before.endswith(b"$") or _is_in_action(raw, floor, name.start):
            return True
        if before == b"${":
            is_own_value = scalar is not None and scalar.key.encode() == raw[name.start : name.end]
            return is_own_value or is_pure_expansion(raw, name, floor)
        is_script = self._file.kind is DeploymentKind.SHELL or _is_script(self._file.kind, scalar)
        pattern = assignment_regex(self._names)
        if is_script and pattern.match(raw, max(name.start - 1, 0), limit):
            return True  # shell_settings() has checked it
        sign = SIGN.match(raw, name.end, limit)
        if sign is None:
            line_end = raw.find(b"\n", name.end, name.end + WINDOW)
            end = line_end if line_end >= 0 else name.end + WINDOW
            return not SEPARATE_VALUE.search(raw, floor, end)
        is_reference = sign["colon"] and before.endswith(b".")  # `? var.NAME : null`
        if is_reference or (sign["colon"] and not BEFORE_COLON.fullmatch(raw, floor, name.start)):
            return True
        return not is_literal(raw, sign.end(), limit, floor)


def _is_script(kind: DeploymentKind, scalar: Scalar | None) -> bool:
    return kind in SCRIPTED_KINDS and scalar is not None and scalar.key.lower() in SCRIPT_KEYS


def _is_in_action(raw: bytes, floor: int, start: int) -> bool:
    """Return whether an offset is in a `{{ … }}` or `{% … %}` of its line."""
    opening = max(raw.rfind(b"{{", floor, start), raw.rfind(b"{%", floor, start))
    closing = max(raw.rfind(b"}}", floor, start), raw.rfind(b"%}", floor, start))
    return opening > closing
