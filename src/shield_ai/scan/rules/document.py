"""Load YAML, and find the line of each value for error messages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# What PyYAML raises for a scalar that its tag does not allow, such as `!!int` or `!!bool x`.
INVALID_SCALAR = (ValueError, IndexError, KeyError, AttributeError)
# Characters of a number. PyYAML converts 1:59:59, in base 60, in quadratic time.
MAX_NUMBER_LENGTH = 100
ANY_KEY = "..."  # in a path of msgspec: any key of a dict, or any item of a list


class _Loader(yaml.CSafeLoader):
    """Loads dates as text: for an invalid date, PyYAML raises an error without a line."""

    yaml_implicit_resolvers: ClassVar = {  # type: ignore[misc]  # an instance variable in its stubs
        first: [resolver for resolver in resolvers if resolver[0] != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_number(self, node: yaml.ScalarNode) -> float:
        """Convert an integer or a float."""
        if len(node.value) > MAX_NUMBER_LENGTH:
            raise yaml.MarkedYAMLError(
                problem=f"a number of more than {MAX_NUMBER_LENGTH} characters",
                problem_mark=node.start_mark,
            )
        is_float = node.tag.endswith(":float")
        return self.construct_yaml_float(node) if is_float else self.construct_yaml_int(node)


for _type in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_type}", _Loader.construct_number)


def load(text: str) -> tuple[yaml.Node | None, Any]:
    """Parse a YAML text to its root node and its value; the node is None if the text is empty.

    Raises:
        yaml.MarkedYAMLError: The text is not valid YAML, a key occurs twice in a mapping, or a
            value is invalid.
        yaml.reader.ReaderError: The text contains a character that YAML does not allow.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None, None
        _check_duplicate_keys(node)
        return node, _construct(loader, node)
    except RecursionError:
        raise yaml.MarkedYAMLError(problem="nested too deeply") from None
    finally:
        loader.dispose()


def _check_duplicate_keys(root: yaml.Node) -> None:
    """Reject duplicate keys: PyYAML would silently use the last one.

    The construction of the value adds the pairs of merge keys to the nodes, so this comes first.

    Raises:
        yaml.MarkedYAMLError: A key occurs twice in a mapping.
    """
    for node in walk_nodes(root):
        if not isinstance(node, yaml.MappingNode):
            continue
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                problem = f"duplicate key {key.value!r}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)


def _construct(loader: _Loader, root: yaml.Node) -> Any:
    """Return the value of a node.

    Raises:
        yaml.MarkedYAMLError: A scalar is invalid, such as `!!int x`.
    """
    try:
        return loader.construct_document(root)
    except INVALID_SCALAR:
        loader.recursive_objects = {}
        mark = None
        for node in walk_nodes(root):
            if isinstance(node, yaml.ScalarNode) and not _can_construct(loader, node):
                mark = node.start_mark
                break
        raise yaml.MarkedYAMLError(problem="invalid value", problem_mark=mark) from None


def _can_construct(loader: _Loader, node: yaml.ScalarNode) -> bool:
    try:
        loader.construct_object(node)
    except INVALID_SCALAR:
        return False
    return True


def walk_nodes(root: yaml.Node) -> Iterator[yaml.Node]:
    """Yield each node once: with aliases, a node may contain itself."""
    pending = [root]
    visited = set()
    while pending:
        node = pending.pop()
        if id(node) in visited:
            continue
        visited.add(id(node))
        yield node
        if isinstance(node, yaml.MappingNode):
            for key, value in reversed(node.value):
                pending += [value, key]
        elif isinstance(node, yaml.SequenceNode):
            pending += reversed(node.value)


class Document(NamedTuple):
    """The YAML document of a pattern file, to find the lines of its values."""

    file: str
    root: yaml.Node

    def where(self, path: str, key: str = "") -> str:
        """Return the file and the line of a value, as in `acme.yaml:3`.

        If there is no such value, the line of the innermost enclosing value is returned.

        Args:
            path: The path, as in the errors of msgspec, for example `.rules[0].id`.
            key: A key of the mapping at the path. Unlike in the path, any text is allowed.
        """
        steps = list(_parse_path(path))
        if key:
            steps.append(key)
        line, _ = self._find(steps)
        return f"{self.file}:{line + 1}"

    def where_invalid_key(self, path: str, valid_keys: frozenset[str]) -> str:
        """Return the file and the line of the first invalid key of a mapping."""
        line, node = self._find(_parse_path(path))
        if isinstance(node, yaml.MappingNode):
            for key, _ in node.value:
                if key.value not in valid_keys:
                    line = key.start_mark.line
                    break
        return f"{self.file}:{line + 1}"

    def _find(self, steps: Iterable[str | int]) -> tuple[int, yaml.Node]:
        line, node = self.root.start_mark.line, self.root
        for step in steps:
            child = self._child(node, step)
            if child is None:
                break
            line, node = child
        return int(line), node

    def _child(self, node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
        """Return the line and the node of a child; the defaults apply if a rule lacks a key."""
        if isinstance(node, yaml.MappingNode):
            child = _find_key(node, step)
            if child is None and isinstance(step, str) and node is not self.root:
                child = self._find_default(step)
            return child
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            item = node.value[step]
            return item.start_mark.line, item
        return None

    def _find_default(self, name: str) -> tuple[int, yaml.Node] | None:
        if not isinstance(self.root, yaml.MappingNode):
            return None
        for key, value in self.root.value:
            if key.value == "defaults" and isinstance(value, yaml.MappingNode):
                return _find_key(value, name, exact=True)
        return None


def _find_key(
    node: yaml.MappingNode, step: str | int, *, exact: bool = False
) -> tuple[int, yaml.Node] | None:
    """Return the line and the value of a key.

    The last pair with a key overrides those that a merge key adds before it.

    msgspec does not name the invalid key of a dict of lists: it is the first key with another value
    than a list of texts.

    Args:
        node: The mapping.
        step: A key, an index or ANY_KEY.
        exact: Whether to compare names only, so that ANY_KEY matches nothing.
    """
    for key, value in reversed(node.value):
        if key.value == step:
            return key.start_mark.line, value
    if step == ANY_KEY and not exact:
        for key, value in node.value:
            if not _is_text_list(value):
                return key.start_mark.line, value
    return None


def _is_text_list(node: yaml.Node) -> bool:
    if not isinstance(node, yaml.SequenceNode):
        return False
    return all(isinstance(item, yaml.ScalarNode) for item in node.value)


def _parse_path(path: str) -> Iterator[str | int]:
    for name, index in re.findall(r"\.(\w+)|\[(\d+|\.\.\.)\]", path):
        if name or index == ANY_KEY:
            yield name or index
        else:
            yield int(index)
