"""Format the changes in AWS, and the sources of their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.locator import (
    CodeLiteral,
    Copy,
    EnvVar,
    FormerSecret,
    Generated,
    Locator,
    Prompt,
)
from shield_ai.model.plan import Action, ValueState
from shield_ai.model.printable import printable
from shield_ai.model.resource import SECRET_KIND
from shield_ai.project.env_file import STDIN
from shield_ai.reports.setting_changes import settings_lines
from shield_ai.reports.terminal.entries import NAME_WIDTH, shorten_name, wrap_detail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.plan import Change, Origin

_MARKS = {
    Action.CREATE: "+",
    Action.RESTORE: "+",
    Action.UPDATE: "~",
    Action.REMOVE: "-",
    Action.KEEP: "=",
    Action.DRIFT: "!",
}
_KEPT_VALUES = {
    ValueState.DIFFERS: "keep (value differs)",
    ValueState.UNKNOWN: "keep (value not compared)",
}


def change_lines(change: Change, read: FileReader) -> Iterator[str]:
    """Yield the line of a change, then its sources and the settings that change."""
    is_secret = change.resource == SECRET_KIND
    name = change.name if is_secret else f"{change.resource} {change.name}"
    mark = _MARKS[change.action]
    line = f"  {mark} {shorten_name(name):<{NAME_WIDTH}} {_describe_action(change)}"
    yield printable(line)
    if change.action not in {Action.KEEP, Action.DRIFT}:
        yield from _origin_lines(change.origins, read)
    if change.action is Action.KEEP or (is_secret and change.before is None):
        return
    for line in settings_lines(change.before, change.settings):
        yield f"      {line}"


def _describe_action(change: Change) -> str:
    if change.action is Action.DRIFT:
        return "manual change, kept"
    if change.action is Action.KEEP and change.value in _KEPT_VALUES:
        return _KEPT_VALUES[change.value]
    sources = sorted({_describe_source(origin.source) for origin in change.origins})
    if sources:
        return f"{change.action} from {', '.join(sources)}"
    return str(change.action)


def _origin_lines(origins: Sequence[Origin], read: FileReader) -> Iterator[str]:
    """Yield the variables, fields and lines that values are read from, for each source.

    shield.toml can name any variable of the user who runs the command, so the user must see it.
    """
    names: dict[str, list[str]] = {}
    for origin in origins:
        name = _describe_item(origin.source, read)
        if name:
            names.setdefault(_describe_source(origin.source), []).append(name)
    for source, group in sorted(names.items()):
        yield from wrap_detail(f"{source}: {', '.join(group)}")


def _describe_source(source: Locator) -> str:
    match source:
        case EnvVar():
            return "the environment"
        case Generated():
            return "a generated value"
        case Prompt():
            return "a prompt"
        case Copy():
            return f"{source.environment}/{source.secret}"
        case FormerSecret():
            return f"{source.name} in AWS"
    return "standard input" if source.path == STDIN else source.path


def _describe_item(source: Locator, read: FileReader) -> str:
    match source:
        case Generated():
            return ""
        case Copy() | FormerSecret():
            return source.field
        case CodeLiteral():
            number = (read(source.path) or b"").count(b"\n", 0, source.start) + 1
            return f"line {number}"
    return source.variable
