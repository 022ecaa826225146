"""Find where a GitLab pipeline sets and names the variables of secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import ValueForm
from shield_ai.model.pipeline import TOKEN, VariableUse
from shield_ai.scan.deployment.environment import MAX_DEPTH, Setting
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.scan.text.config_node import Node

    Path = tuple[str, ...]
    Span = tuple[int, int]

MAX_WORK = 30_000_000  # jobs times bytes: each job can inherit or share the other parts
OWN_COMMAND = f"${TOKEN}".encode()  # in the command with which a job reads its secrets
SCRIPT_KEYS = frozenset({"before_script", "script"})
BEFORE_SCRIPT = "GitLab evaluates {} before the script"
AFTER_SCRIPT = "after_script runs in another shell, without the variables of the script"
OTHER_VARIABLE = "GitLab computes the variable {} from this one before the script"
OUTSIDE = "{} outside of the jobs names the variable"
# Keys of the top level that are not jobs. https://docs.gitlab.com/ci/yaml/#keywords
GLOBAL_KEYS = frozenset(
    {
        "after_script",
        "before_script",
        "cache",
        "default",
        "image",
        "include",
        "services",
        "spec",
        "stages",
        "types",
        "variables",
        "workflow",
    }
)


class _Text(NamedTuple):
    path: Path  # the keys around it, and its own if it is a key
    node: Node
    is_key: bool


def is_job(key: Node, value: Node) -> bool:
    """Return whether a top-level entry is a job or a hidden job (its name starts with a dot).

    Args:
        key: Its name.
        value: Its value.
    """
    return key.text not in GLOBAL_KEYS and bool(value.pairs)


def find_pipeline_uses(raw: bytes, root: Node, names: Collection[str]) -> tuple[VariableUse, ...]:
    """Find the places that set or name variables, but not in comments.

    Args:
        raw: The pipeline.
        root: Its only document.
        names: The variables to search for.
    """
    if not names or not root.pairs:  # a file that is included may be a text or a list
        return ()
    pattern = re.compile(rb"\b(?:" + "|".join(map(re.escape, sorted(names))).encode() + rb")\b")
    lines = LineIndex(raw)
    uses = []
    for text in _texts(raw, root):
        if OWN_COMMAND in raw[text.node.start : text.node.end]:
            continue
        for match in pattern.finditer(raw, text.node.start, text.node.end):
            name = match[0].decode()
            job, problem = _place(text, name)
            line, _ = lines.position(match.start())
            is_set = text.is_key and not problem
            uses.append(VariableUse(name, job, match.start(), line, is_set, problem))
    return tuple(sorted(uses, key=lambda use: use.start))


def _texts(raw: bytes, root: Node) -> Iterator[_Text]:
    """Yield the texts and keys of a pipeline.

    A YAML alias is credited to each job that has it, and to a hidden job only if no other has it.
    """
    visited: set[Span] = set()
    is_large = len(root.pairs) * len(raw) > MAX_WORK
    for key, value in sorted(root.pairs, key=lambda pair: pair[0].text.startswith(".")):
        yield _Text((key.text,), key, is_key=True)
        seen = visited if is_large or key.text.startswith(".") else set()
        yield from _texts_of(key.text, value, seen)
        visited |= seen


def _texts_of(name: str, value: Node, seen: set[Span]) -> Iterator[_Text]:
    """Yield the texts and keys in a top-level entry, except those seen; add them to these."""
    pending: list[tuple[Path, Node]] = [((name,), value)]
    while pending:
        path, node = pending.pop()
        if (node.start, node.end) in seen or len(path) > MAX_DEPTH:
            continue
        seen.add((node.start, node.end))
        if not node.is_container:
            yield _Text(path, node, is_key=False)
        for key, child in node.pairs:
            yield _Text((*path, key.text), key, is_key=True)
            pending.append(((*path, key.text), child))
        pending.extend((path, item) for item in node.items)


def _place(text: _Text, name: str) -> tuple[str, str]:
    """Return the job of a text, and why a variable can't be read from AWS there."""
    path = text.path
    if path[0] in GLOBAL_KEYS:
        problem = _variables_problem(path, name)
        if problem and path[0] != "variables":
            problem = OUTSIDE.format(path[0])
        return "", problem
    if len(path) > 1 and path[1] in SCRIPT_KEYS:
        return path[0], ""
    if len(path) > 1 and path[1] == "after_script":
        return path[0], AFTER_SCRIPT
    return path[0], _variables_problem(path[1:], name)


def _variables_problem(path: Path, name: str) -> str:
    """Return why a text outside of scripts can't be edited; empty if it sets the variable."""
    if path[:1] != ("variables",) or len(path) != 2:
        return BEFORE_SCRIPT.format(path[0] if path else "the name of the job")
    return "" if path[1] == name else OTHER_VARIABLE.format(path[1])


def find_pipeline_reads(raw: bytes, root: Node, names: frozenset[str]) -> Iterator[Setting]:
    """Yield the first place of each job that reads a variable, such as `$NAME`.

    Args:
        raw: The pipeline.
        root: Its only document.
        names: The variables of the secrets.
    """
    uses = find_pipeline_uses(raw, root, names)
    set_lines = {(use.job, use.variable): use.line for use in uses if use.is_set}
    seen = set()
    for use in uses:
        key = (use.job, use.variable)
        if key in seen or set_lines.get(key) == use.line or not _is_reference(raw, use.start):
            continue
        seen.add(key)
        yield Setting(use.variable, use.start, use.job, ValueForm.READ)


def _is_reference(raw: bytes, start: int) -> bool:
    before = raw[max(start - 6, 0) : start].lower()
    return before.endswith((b"$", b"${", b"%", b"$env:", b"${env:"))
