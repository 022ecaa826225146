"""Find the stages of a Dockerfile that are for development."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.evidence import (
    Evidence,
    Matches,
    command_matches,
    find_matches,
    variable_matches,
)
from shield_ai.scan.deployment.evidence_rules import TextKind
from shield_ai.scan.deployment.line_formats import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

FROM = regex(
    rb"(?im)^[ \t]*FROM[ \t]+(?:--\S+[ \t]+){0,9}(?P<base>\S+)(?:[ \t]+AS[ \t]+(?P<name>\S+))?"
)
COMMAND = regex(rb"(?im)^[ \t]*(?:CMD|ENTRYPOINT)[ \t]+(?P<text>[^\n]{1,2000})")
VARIABLE = regex(
    rb"(?im)^(?:[ \t]*ENV)?[ \t]+(?P<name>[A-Za-z_]\w{0,100})[= ][\"']?(?P<value>[^\s\"'\\]{1,200})"
)
WORD_SIGN = regex(rb"[\[\]\",]+")


class Stage(NamedTuple):
    """A stage of a Dockerfile."""

    name: str
    base: str
    span: Span


def development_stages(raw: bytes) -> list[Span]:
    """Return the stages for development, except those on which a production stage is built.

    Args:
        raw: The file.
    """
    found: list[Span] = []
    in_production: set[str] = set()  # the names of the stages that others are built on
    for stage in reversed(list(_stages(raw))):
        is_base = stage.name in in_production
        if not is_base and Evidence(_matches(raw, stage)).is_development:
            found.append(stage.span)
        else:
            in_production.add(stage.base)
    return found


def _stages(raw: bytes) -> Iterator[Stage]:
    matches = list(FROM.finditer(raw))
    ends = [match.start() for match in matches[1:]] + [len(raw)]
    for number, (match, end) in enumerate(zip(matches, ends, strict=False)):
        name = (match["name"] or b"").decode("utf-8", "replace").lower()
        base = match["base"].decode("utf-8", "replace").lower()
        yield Stage(name or f"#{number}", base, Span(match.start(), end))


def _matches(raw: bytes, stage: Stage) -> Matches:
    """Return the matches of a stage. A container can override its instructions."""
    matches = find_matches(TextKind.TARGET, stage.name)
    for match in COMMAND.finditer(raw, *stage.span):
        text = WORD_SIGN.sub(b" ", match["text"]).decode("utf-8", "replace")
        matches |= command_matches(text, is_default=True)
    for match in VARIABLE.finditer(raw, *stage.span):
        name = match["name"].decode("utf-8", "replace")
        value = match["value"].decode("utf-8", "replace")
        matches |= variable_matches(name, value, is_default=True)
    return matches
