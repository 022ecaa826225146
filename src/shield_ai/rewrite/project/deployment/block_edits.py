"""Edit one list or map of variables in a deployment file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import DeploymentKind, EntryStyle
from shield_ai.model.edit import Edit
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.file_edits import newline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from shield_ai.model.deployment import EnvironmentBlock, EnvironmentEntry, EnvironmentFile

LINE_START = regex(rb"(?P<indent>[ \t]*)(?P<dash>-[ \t]+)?")
REST_OF_LINE = regex(rb"[ \t]*(?:[ \t]#[^\r\n]*)?(?:\r?\n|\Z)")
SEPARATOR = regex(rb"\s*,\s*")
SPACES = regex(rb"\s*")
EMPTIED_KEY = regex(rb"[\"']?[A-Za-z]+[\"']?[ \t]*:(?=[ \t]*(?:#[^\r\n]*)?\r?\n)")
PLAIN = regex(r"[A-Za-z_][A-Za-z0-9_]*=[A-Za-z0-9/_+=.@-]*")
ENVIRONMENT = "environment"
SECRETS = "secrets"  # of ECS, which accepts only references there
VALUE_KEYS = {ENVIRONMENT: "value", SECRETS: "valueFrom"}
CLOUDFORMATION = DeploymentKind.CLOUDFORMATION  # capitalizes the keys


class EditError(Exception):
    """An entry can't be edited with certainty."""


class _Line(NamedTuple):
    """The whole lines of an entry of a block."""

    start: int
    end: int
    indent: str
    dash: str  # for example "- "; empty in a map


def is_secrets(block: EnvironmentBlock) -> bool:
    """Return whether a block is the list of secrets of an ECS container."""
    return block.key.lower() == SECRETS


def variable_objects(
    kind: DeploymentKind, key: str, variables: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """Yield an object for each variable, with the keys of ECS or CloudFormation.

    Args:
        kind: The kind of the file.
        key: The key of the list.
        variables: The variables, with their values.
    """
    keys = ("name", VALUE_KEYS[key.lower()])
    if kind is CLOUDFORMATION:
        keys = (capitalized(keys[0]), capitalized(keys[1]))
    for pair in variables.items():
        yield dict(zip(keys, pair, strict=True))


def capitalized(key: str) -> str:
    """Return a key as CloudFormation writes it."""
    return key[:1].upper() + key[1:]


class BlockEditor:
    """Edits one list or map of variables.

    Args:
        path: The file.
        file: Its content.
        block: The list or map.
        removed: The variables to remove, of which the block may have none.
    """

    def __init__(
        self, path: str, file: EnvironmentFile, block: EnvironmentBlock, removed: Collection[str]
    ) -> None:
        self._path = path
        self._raw = file.raw
        self._kind = file.kind
        self._is_json = file.is_json
        self._block = block
        self._entries = block.entries
        self._removed_indexes = [
            index for index, entry in enumerate(block.entries) if entry.variable in removed
        ]

    def edits(self, added: Mapping[str, str]) -> Iterator[Edit]:
        """Yield the edits that remove the variables, and set others.

        Args:
            added: The variables to set, with their values.

        Raises:
            EditError: An entry can't be edited with certainty.
        """
        if not self._removed_indexes and not added:
            return
        if self._raw[self._block.start : self._block.start + 1] in (b"{", b"["):
            yield from self._flow_edits(added)
        elif self._removed_indexes:
            yield from self._block_edits(added)
            if not added and len(self._removed_indexes) == len(self._entries):
                yield self._emptied()
        else:
            yield self._appended(added)

    def _edit(self, start: int, end: int, text: str = "") -> Edit:
        return Edit(path=self._path, start=start, end=end, replacement=text)

    def _block_edits(self, added: Mapping[str, str]) -> Iterator[Edit]:
        """Replace the lines of the first removed entry, and remove those of the others."""
        for index in self._removed_indexes:
            entry = self._entries[index]
            line = self._line(entry)
            text = ""
            if index == self._removed_indexes[0]:
                text = "".join(self._new_lines(name, added[name], line, entry) for name in added)
                if text and not self._raw[line.start : line.end].endswith(b"\n"):
                    text = text.removesuffix("\n")
            yield self._edit(line.start, line.end, text.replace("\n", newline(self._raw)))

    def _emptied(self) -> Edit:
        """Give the key of a list an empty list: CloudFormation rejects a key without a value."""
        key = EMPTIED_KEY.match(self._raw, self._block.key_start)
        if not key or self._kind is not CLOUDFORMATION:
            raise EditError("the environment would become empty")
        return self._edit(key.end(), key.end(), " []")

    def _appended(self, added: Mapping[str, str]) -> Edit:
        """Insert lines after the last entry."""
        entry = self._entries[-1]
        line = self._line(entry)
        text = "".join(self._new_lines(name, added[name], line, entry) for name in added)
        if not self._raw[line.start : line.end].endswith(b"\n"):
            text = "\n" + text.removesuffix("\n")
        return self._edit(line.end, line.end, text.replace("\n", newline(self._raw)))

    def _line(self, entry: EnvironmentEntry) -> _Line:
        start = self._raw.rfind(b"\n", 0, entry.start) + 1
        before = LINE_START.fullmatch(self._raw, start, entry.start)
        after = REST_OF_LINE.match(self._raw, entry.end)
        is_map = self._block.style is EntryStyle.MAP
        if not before or not after or (before["dash"] is None) != is_map:
            raise EditError("its line contains other text")
        return _Line(
            start, after.end(), before["indent"].decode(), (before["dash"] or b"").decode()
        )

    def _new_lines(self, name: str, value: str, line: _Line, entry: EnvironmentEntry) -> str:
        first = line.indent + line.dash
        if self._block.style is EntryStyle.MAP:
            return f"{first}{name}: {json.dumps(value)}\n"
        if self._block.style is EntryStyle.ASSIGNMENTS:
            text = f"{name}={value}"
            return f"{first}{text if PLAIN.fullmatch(text) else json.dumps(text)}\n"
        (pair,) = variable_objects(self._kind, self._object_key, {name: value})
        name_key, value_key = pair
        if self._raw[entry.start : entry.start + 1] == b"{":
            return f"{first}{{{name_key}: {name}, {value_key}: {json.dumps(value)}}}\n"
        inner = line.indent + " " * len(line.dash)
        return f"{first}{name_key}: {name}\n{inner}{value_key}: {json.dumps(value)}\n"

    def _flow_edits(self, added: Mapping[str, str]) -> Iterator[Edit]:
        """Edit a list or map in brackets."""
        self._require_plain_gaps()
        if not self._entries:
            text = ", ".join(self._new_entry(name, added[name]) for name in added)
            yield self._edit(self._block.start + 1, self._block.start + 1, text)
            return
        separator = self._separator()
        text = separator.join(self._new_entry(name, added[name]) for name in added)
        if not self._removed_indexes:
            end = self._entries[-1].end
            yield self._edit(end, end, separator + text)
            return
        rest = self._removed_indexes
        if text:
            first = self._entries[rest[0]]
            yield self._edit(first.start, first.end, text)
            rest = rest[1:]
        yield from self._flow_removals(rest)

    def _flow_removals(self, indexes: list[int]) -> Iterator[Edit]:
        """Remove entries with the separator before each, or after those at the start."""
        if len(indexes) == len(self._entries):
            yield self._edit(self._block.start + 1, self._block.end - 1)
            return
        leading = 0
        while leading < len(indexes) and indexes[leading] == leading:
            leading += 1
        if leading:
            yield self._edit(self._entries[0].start, self._entries[leading].start)
        for index in indexes[leading:]:
            yield self._edit(self._entries[index - 1].end, self._entries[index].end)

    def _require_plain_gaps(self) -> None:
        """Raise EditError if other text, such as a comment, is between the entries."""
        ends = [self._block.start + 1, *[entry.end for entry in self._entries]]
        starts = [*[entry.start for entry in self._entries], self._block.end - 1]
        last = len(self._entries)
        for number, (end, start) in enumerate(zip(ends, starts, strict=True)):
            is_inside = 0 < number < last
            pattern = SEPARATOR if is_inside else SPACES
            if not pattern.fullmatch(self._raw, end, start):
                raise EditError("other text is between the entries")

    def _separator(self) -> str:
        """Return the text between two entries."""
        if len(self._entries) > 1:
            return self._raw[self._entries[0].end : self._entries[1].start].decode()
        before = self._raw[self._block.start + 1 : self._entries[0].start].decode()
        return f",{before}" if "\n" in before else ", "

    def _new_entry(self, name: str, value: str) -> str:
        text = json.dumps(value)
        if self._block.style is EntryStyle.ASSIGNMENTS:
            return json.dumps(f"{name}={value}")
        if self._block.style is EntryStyle.MAP:
            return f'"{name}": {text}' if self._is_json else f"{name}: {text}"
        (pair,) = variable_objects(self._kind, self._object_key, {name: value})
        if self._is_json:
            return self._json_object(pair)
        name_key, value_key = pair
        return f"{{{name_key}: {name}, {value_key}: {text}}}"

    @property
    def _object_key(self) -> str:
        """The kind of the list, which determines the keys of its objects."""
        return SECRETS if is_secrets(self._block) else ENVIRONMENT

    def _json_object(self, pairs: dict[str, str]) -> str:
        """Return an object with the line breaks of the first entry."""
        sample = self._entries[0] if self._entries else None
        if sample is None or b"\n" not in self._raw[sample.start : sample.end]:
            return json.dumps(pairs)
        inside = SPACES.match(self._raw, sample.start + 1)
        spaces = inside[0].decode() if inside else ""
        line_start = self._raw.rfind(b"\n", 0, sample.start) + 1
        indent = SPACES.match(self._raw, line_start, sample.start)
        lines = f",{spaces}".join(f"{json.dumps(key)}: {json.dumps(pairs[key])}" for key in pairs)
        closing = newline(self._raw) + (indent[0].decode() if indent else "")
        return "{" + spaces + lines + closing + "}"
