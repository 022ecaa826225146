"""Find the variables that a map or list of a configuration file sets."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import Use, ValueForm
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.value_form import MAX_SIZE, Style, has_value, value_form
from shield_ai.scan.text.config_node import find_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.scan.text.config_node import Node

MAX_DEPTH = 60  # of maps and lists; Kubernetes manifests have about 15
MAX_PARTS = 200  # of the arguments of a function, or of a merged map
MERGE_KEY = "<<"
# The values of these keys contain maps with further variables of the same environment.
MERGE_KEYS = frozenset({MERGE_KEY, "Fn::If"})
NAME_KEYS = frozenset({"name", "key", "secretkey"})
# `secureValue` is that of Azure container groups.
VALUE_KEYS = frozenset({"value", "securevalue"})
LITERAL_KEYS = VALUE_KEYS | {"default"}  # `default` is that of a Terraform variable
SUBSTITUTION_KEYS = frozenset({"fn::sub"})
SUBSTITUTION_TAG = regex(rb"!(?:Sub|Base64)\s+[\"']?\Z")
# Functions of CloudFormation that return one of their texts, or join them. The first argument of
# the list is the condition, the index or the delimiter.
FUNCTION_KEYS = frozenset({"fn::join", "fn::if", "fn::select"})
FUNCTION_TAG = regex(rb"!(?:Join|If|Select)\s")
REFERENCE_KEYS = frozenset({"ref", "fn::getatt", "fn::importvalue", "fn::findinmap", "fn::sub"})
REFERENCE_TAG = regex(rb"!(?:GetAtt|FindInMap|Sub)\s")
NULLS = frozenset({"", "~", "null"})
# Keys of External Secrets and the Secrets Store CSI driver: the value is in a secret store.
REMOTE_KEYS = frozenset({"remoteref", "objectname"})
# The sources of a Kubernetes `valueFrom` that are not secrets.
PLAIN_SOURCES = frozenset({"configmapkeyref", "fieldref", "resourcefieldref"})
# Keys beside a name, in lower case and without underscores. https://render.com/docs/blueprint-spec,
# https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/cloud_run_v2_service
SOURCE_KEYS = frozenset({"valuefrom", "valuesource"})
STORE_KEYS = frozenset({"secretname", "sync", "generatevalue"})
OTHER_SOURCE_PREFIX = "from"  # as in `fromDatabase`


class Setting(NamedTuple):
    """A variable that a file sets."""

    variable: str
    start: int  # byte offset of the name
    unit: str  # name of the service, container, job, function or object; can be empty
    form: ValueForm
    use: Use | None = None  # None: the use of the file
    env_file: str = ""
    is_own_login: bool = False  # a login for a server that the same file starts


@dataclasses.dataclass(frozen=True, slots=True)
class Block:
    """A value of a map, and where it is."""

    path: tuple[str, ...]  # the keys of the maps around it, and its own
    parents: list[Node]  # the maps and lists around it, the innermost last
    value: Node


def walk_blocks(roots: list[Node]) -> Iterator[Block]:
    """Yield the values of all maps, in the order of the file.

    If several YAML aliases refer to a map or list, it is yielded for each of them, but the values
    inside it are yielded only once.

    Args:
        roots: The documents of the file.
    """
    pending: list[tuple[Node, Block]] = []
    for root in reversed(roots):
        pending.append((root, Block((), [], root)))
    seen: set[tuple[int, int]] = set()
    while pending:
        node, block = pending.pop()
        if block.path and block.value is node:
            yield block
        span = (node.start, node.end)
        if not node.is_container or span in seen or len(block.parents) > MAX_DEPTH:
            continue
        seen.add(span)
        pending.extend(_children(node, block))


def _children(node: Node, block: Block) -> Iterator[tuple[Node, Block]]:
    """Yield the values of a map or list, the last one first."""
    inside = block.parents.copy()
    inside.append(node)
    for key, value in reversed(node.pairs):
        path = block.path if key.text == MERGE_KEY else (*block.path, key.text)
        yield value, Block(path, inside, value)
    for item in reversed(node.items):
        yield item, Block(block.path, inside, node)


class EnvironmentReader:
    """Finds the environment variables of secrets in maps and lists.

    Args:
        raw: The file.
        names: The environment variables that hold secrets; others are ignored.
        style: The syntax of the file's values.
        null_form: What a name without a value means.
    """

    def __init__(
        self,
        raw: bytes,
        names: frozenset[str],
        style: Style = Style.BRACES,
        null_form: ValueForm = ValueForm.EMPTY,
    ) -> None:
        self.raw = raw
        self.names = names
        self.style = style
        self.null_form = null_form
        self._seen: set[tuple[Use | None, int, int]] = set()

    def read(self, node: Node, unit: str, use: Use | None = None) -> Iterator[Setting]:
        """Yield the variables that an environment sets.

        It can be a map of names to values, a list of maps with a name and a value, or a list of
        `NAME=value`. A node is read once for each value of `use`, even if it has several YAML
        aliases.

        Args:
            node: The environment.
            unit: The service, container or job that it belongs to.
            use: What the environment is for. The caller must set it in the settings.
        """
        pending: list[Node] = [node]
        while pending:
            part = pending.pop()
            key = (use, part.start, part.end)
            if key in self._seen:
                continue
            self._seen.add(key)
            yield from self._named(part, unit)
            for name, value in part.pairs:
                if name.text in MERGE_KEYS:
                    pending.append(value)
                    pending.extend(value.items)
                elif name.text in self.names:
                    yield Setting(name.text, name.start, unit, self.form(value))
            for item in part.items:
                if item.is_container:
                    pending.append(item)
                else:
                    yield from self._assignment(item, unit)

    def _named(self, node: Node, unit: str) -> Iterator[Setting]:
        """Yield the variable of a map such as `{name: DB_PASSWORD, value: …}`.

        In Terraform, the name can be the end of a path, as in `set` of a Helm release.
        """
        pairs = _merged_pairs(node)
        name = find_text(pairs, NAME_KEYS)
        if name is None:
            return
        if self.style is Style.EXPRESSION:
            text = name.text.rpartition(".")[2]
            name = name._replace(text=text, start=name.end - len(text.encode()))
        if name.text not in self.names:
            return
        keys = {key.text.lower() for key, _ in pairs}
        if keys & REMOTE_KEYS:
            yield Setting(name.text, name.start, unit, ValueForm.SECRET_STORE)
        for key, value in pairs:
            if form := self._form_beside_name(_normalize(key), value):
                yield Setting(name.text, name.start, unit, form)

    def _form_beside_name(self, key: str, value: Node) -> ValueForm | None:
        """Return the form that a key beside a name gives; None if it gives no value."""
        if key in VALUE_KEYS:
            return self.form(value)
        if key in SOURCE_KEYS:
            return _source_form(value)
        if key in STORE_KEYS:
            return ValueForm.SECRET_STORE
        is_reference = key.startswith(OTHER_SOURCE_PREFIX) and bool(value.pairs)
        return ValueForm.REFERENCE if is_reference else None

    def _assignment(self, item: Node, unit: str) -> Iterator[Setting]:
        """Yield the variable of an item such as `NAME=value` of a list."""
        name, sign, text = item.text.partition("=")
        name = name.strip()
        if name in self.names:
            form = value_form(text.strip("'\""), self.style) if sign else ValueForm.REFERENCE
            yield Setting(name, item.start, unit, form)

    def form(self, value: Node) -> ValueForm:
        """Return how a value is given.

        Args:
            value: The value. A map is a function such as `Fn::Sub`, or has the value under `value`
                or `default`.
        """
        if value.is_container:
            return self._container_form(value)
        written = self._written(value)
        if not value.text and written.strip():  # a tag such as `!Ref`
            form = value_form(written, self.style)
            window = max(value.start - 12, 0)
            if SUBSTITUTION_TAG.search(self.raw, window, value.start):
                return form
            return form if form is ValueForm.SECRET_STORE else ValueForm.REFERENCE
        if value.text in NULLS and not value.quoted:
            return self.null_form
        return value_form(written, self.style, quoted=value.quoted)

    def _container_form(self, value: Node) -> ValueForm:
        inner = value.find_text(LITERAL_KEYS) or value.find_text(SUBSTITUTION_KEYS)
        if inner:
            return self.form(inner)
        text = self._written(value)
        form = value_form(text, self.style, quoted=self.style is not Style.EXPRESSION)
        # YAML parses the `{{ … }}` of a template as a map.
        if form in {ValueForm.SECRET_STORE, ValueForm.DEFAULT}:
            return form
        if arguments := self._arguments(value):
            is_mixed = self._may_be_literal(arguments)
            return ValueForm.MIXED if is_mixed else ValueForm.REFERENCE
        return ValueForm.REFERENCE if value.pairs else form

    def _arguments(self, value: Node) -> tuple[Node, ...]:
        """Return the arguments of a function of CloudFormation that can be or contain the value."""
        for key, arguments in value.pairs:
            if key.text.lower() in FUNCTION_KEYS:
                return arguments.items[1:]
        return value.items[1:] if FUNCTION_TAG.match(self.raw, value.start) else ()

    def _may_be_literal(self, nodes: Iterable[Node]) -> bool:
        """Return whether arguments have enough text to be a literal, apart from references.

        Also true if there are too many arguments to check.
        """
        texts: list[str] = []
        seen: set[tuple[int, int]] = set()  # of YAML aliases
        pending = list(nodes)
        while pending and len(seen) < MAX_PARTS:
            node = pending.pop()
            if (node.start, node.end) in seen:
                continue
            seen.add((node.start, node.end))
            if not node.is_container:
                texts.append(node.text)
            elif not REFERENCE_TAG.match(self.raw, node.start):
                pending += node.items
                pending += [v for key, v in node.pairs if key.text.lower() not in REFERENCE_KEYS]
        return bool(pending) or has_value("".join(texts))

    def _written(self, value: Node) -> str:
        """Return the first characters of a value, unparsed."""
        end = min(value.end, value.start + 4 * MAX_SIZE)
        return self.raw[value.start : end].decode("utf-8", "replace")


def _merged_pairs(node: Node) -> tuple[tuple[Node, Node], ...]:
    """Return the pairs of a map, and those that its YAML merge keys add."""
    merged = [value for key, value in node.pairs if key.text == MERGE_KEY]
    if not merged:
        return node.pairs
    names = {key.text for key, _ in node.pairs}
    pairs = list(node.pairs)
    maps = list(merged)
    for value in merged:
        maps += value.items[:MAX_PARTS]
    for value in maps:
        for key, part in value.pairs[:MAX_PARTS]:
            if key.text not in names:
                names.add(key.text)
                pairs.append((key, part))
    return tuple(pairs)


def _source_form(value: Node) -> ValueForm:
    """Return the form of a `valueFrom`: a map in Kubernetes, the name of a secret in ECS."""
    is_plain = any(_normalize(key) in PLAIN_SOURCES for key, _ in value.pairs)
    return ValueForm.REFERENCE if is_plain else ValueForm.SECRET_STORE


def _normalize(key: Node) -> str:
    return key.text.lower().replace("_", "")
