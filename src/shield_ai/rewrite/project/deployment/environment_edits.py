"""Remove, set or inject the variables of one container in its deployment file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind
from shield_ai.model.edit import Edit
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.deployment.block_edits import (
    CLOUDFORMATION,
    ENVIRONMENT,
    SECRETS,
    BlockEditor,
    EditError,
    capitalized,
    is_secrets,
    variable_objects,
)
from shield_ai.rewrite.project.file_edits import newline

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from shield_ai.model.deployment import EnvironmentBlock, EnvironmentEntry, EnvironmentFile

# A variable of a Kubernetes container with its value, in one line or in several.
FLOW_ENTRY = regex(rb"\{[^{}#\r\n]*\}")
BLOCK_ENTRY = regex(
    rb"name:[^\r\n]*\r?\n(?:[ \t]*#[^\r\n]*\r?\n)*(?P<indent>[ \t]*)(?P<value>value:.*)", re.DOTALL
)
MAP_ENTRY = regex(rb"[\"']?\w+[\"']?[ \t]*:(?P<gap>\s*)(?P<value>.*)", re.DOTALL)
# The number of maps and lists around a list of a container, which is its indentation in steps.
DEPTHS = {DeploymentKind.ECS: 3, CLOUDFORMATION: 6}


def container_edits(
    path: str,
    file: EnvironmentFile,
    blocks: Sequence[EnvironmentBlock],
    removed: Collection[str],
    added: Mapping[str, str],
) -> Iterator[Edit]:
    """Yield the edits of one container.

    Args:
        path: The file.
        file: Its content.
        blocks: The lists and maps of the container, of which one sets a removed variable.
        removed: The variables to remove.
        added: The variables to set, with their values.

    Raises:
        EditError: An entry can't be edited with certainty.
    """
    target = _target(blocks, removed)
    for block in blocks:
        editor = BlockEditor(path, file, block, removed)
        yield from editor.edits(added if block is target else {})
    if target is None and added:
        yield _new_block(path, file, blocks[0], added, ENVIRONMENT)


def injection_edits(
    path: str,
    file: EnvironmentFile,
    blocks: Sequence[EnvironmentBlock],
    references: Mapping[str, str],
) -> Iterator[Edit]:
    """Yield the edits that move variables of an ECS container to its secrets.

    Args:
        path: The file.
        file: Its content.
        blocks: The lists of the container.
        references: The variables, with their `valueFrom`.

    Raises:
        EditError: An entry can't be edited with certainty.
    """
    for block in blocks:
        receives = is_secrets(block)
        editor = BlockEditor(path, file, block, () if receives else references)
        yield from editor.edits(references if receives else {})
    if not any(map(is_secrets, blocks)):
        yield _new_block(path, file, blocks[0], references, SECRETS)


def secret_key_edits(
    path: str, raw: bytes, entries: Sequence[EnvironmentEntry], secret: str
) -> Iterator[Edit]:
    """Yield the edits that take variables of a Kubernetes container from a Secret.

    Args:
        path: The file.
        raw: Its content.
        entries: The variables, which have a `value`.
        secret: The name of the Secret. Its keys are the names of the variables.

    Raises:
        EditError: An entry can't be edited with certainty.
    """
    for entry in entries:
        name = entry.variable
        start, text = entry.start, ""
        source = f"{{secretKeyRef: {{name: {secret}, key: {name}}}}}"
        if FLOW_ENTRY.fullmatch(raw, entry.start, entry.end):
            text = f"{{name: {name}, valueFrom: {source}}}"
        elif match := BLOCK_ENTRY.fullmatch(raw, entry.start, entry.end):
            start, end_of_line = match.start("value"), newline(raw)
            indent = end_of_line + match["indent"].decode()
            text = f"valueFrom:{indent}  secretKeyRef:"
            text += f"{indent}    name: {secret}{indent}    key: {name}"
        else:
            raise EditError("its lines are not in a form that can be edited with certainty")
        yield Edit(path=path, start=start, end=entry.end, replacement=text)


def dynamic_reference_edits(
    path: str,
    raw: bytes,
    entries: Sequence[EnvironmentEntry],
    references: Mapping[str, str],
) -> Iterator[Edit]:
    """Yield the edits that replace the values of a function's variables in CloudFormation.

    Args:
        path: The file.
        raw: Its content.
        entries: The variables.
        references: The new value of each.

    Raises:
        EditError: An entry can't be edited with certainty.
    """
    for entry in entries:
        match = MAP_ENTRY.fullmatch(raw, entry.start, entry.end)
        if not match or (b"\n" in match["value"] and b"#" in match["value"]):
            raise EditError("its lines are not in a form that can be edited with certainty")
        text = json.dumps(references[entry.variable])
        gap = "" if match["gap"] else " "
        start = match.start("value")
        if b"\n" in match["gap"]:
            start, gap = match.start("gap"), " "
        yield Edit(path=path, start=start, end=entry.end, replacement=gap + text)


def _target(
    blocks: Sequence[EnvironmentBlock], removed: Collection[str]
) -> EnvironmentBlock | None:
    """Return the block that gets the new variables; None if it must be created."""
    others = [block for block in blocks if not is_secrets(block)]
    for block in others:
        if any(entry.variable in removed for entry in block.entries):
            return block
    return next((block for block in others if block.key.lower() == ENVIRONMENT), None)


def _new_block(
    path: str,
    file: EnvironmentFile,
    beside: EnvironmentBlock,
    added: Mapping[str, str],
    key: str,
) -> Edit:
    """Insert the environment or the secrets of an ECS container before another of its keys."""
    raw = file.raw
    line_start = raw.rfind(b"\n", 0, beside.key_start) + 1
    before = raw[line_start : beside.key_start]
    is_own_line = not before.strip()
    gap = newline(raw) + before.decode() if is_own_line else " "
    entries = list(variable_objects(file.kind, key, added))
    if file.kind is CLOUDFORMATION:
        key = capitalized(key)
        if raw[beside.container : beside.container + 1] != b"{":
            return _new_list(path, raw, beside, key, entries)
    text = json.dumps(entries)
    if key.lower() == SECRETS and is_own_line:
        indent = before.decode()
        step = indent[: len(indent) // DEPTHS[file.kind]] or "  "
        text = json.dumps(entries, indent=step).replace("\n", newline(raw) + indent)
    text = f'"{key}": {text},{gap}'
    return Edit(path=path, start=beside.key_start, end=beside.key_start, replacement=text)


def _new_list(
    path: str, raw: bytes, beside: EnvironmentBlock, key: str, entries: list[dict[str, str]]
) -> Edit:
    """Insert a YAML list before another key, which can follow the dash of a list item."""
    column = beside.key_start - raw.rfind(b"\n", 0, beside.key_start) - 1
    indent = newline(raw) + " " * column
    text = f"{key}:"
    for entry in entries:
        (name_key, variable), (value_key, value) = entry.items()
        text += f"{indent}  - {name_key}: {variable}"
        text += f"{indent}    {value_key}: {json.dumps(value)}"
    return Edit(path=path, start=beside.key_start, end=beside.key_start, replacement=text + indent)
