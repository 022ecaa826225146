"""Find the lists and maps that set the variables of containers, for edits of deployment files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import (
    DeploymentKind,
    EntryStyle,
    EnvironmentBlock,
    EnvironmentEntry,
    EnvironmentFile,
)
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.cloudformation import find_cloudformation_environments
from shield_ai.scan.deployment.environment import NAME_KEYS, VALUE_KEYS, walk_blocks
from shield_ai.scan.deployment.node_span import node_end, node_start
from shield_ai.scan.text.config_parsers import json_values, yaml_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.deployment.environment import Block
    from shield_ai.scan.text.config_node import Node

ALIASES = "contains YAML aliases: a variable can belong to several services"
TEMPLATE = "contains template tags"
ENV_FILE = "the container also has variables from an env file"
EXTENDS = "a service uses `extends`"
SECRET_SOURCE = "envFrom imports variables from a Kubernetes Secret"
TASK_ROLE = "the task definition has no taskRoleArn, so the app can't access Secrets Manager"
EXECUTION_ROLE = (
    "the task definition has no executionRoleArn, with which ECS reads secrets for a container"
)
INVALID = "can't be parsed"
NO_NAME = "the container has no name"
TEMPLATE_MARK = regex(rb"\{\{|\{%|<%")
# CloudFormation replaces `{{resolve:…}}` itself.
TEMPLATE_MARK_BESIDE_REFERENCES = regex(rb"\{\{(?!resolve:)|\{%|<%")
CLOUDFORMATION = DeploymentKind.CLOUDFORMATION
YAML_ALIAS = regex(rb"(?:^|[\s\[{,:-])\*[^\s,\]}]")
MAX_KEYS = 200  # of a container; bounds a search in quadratic time
NAME = frozenset({"name"})
CONTAINERS = frozenset({"containers", "initContainers", "containerDefinitions"})
ENV_FILE_KEYS = frozenset({"env_file", "environmentFiles"})


def find_environments(raw: bytes, kind: DeploymentKind) -> EnvironmentFile:
    """Find the variables of containers and functions in a file that sets them.

    Args:
        raw: The file.
        kind: Its kind.
    """
    is_json = kind is DeploymentKind.ECS
    mark = TEMPLATE_MARK_BESIDE_REFERENCES if kind is CLOUDFORMATION else TEMPLATE_MARK
    if mark.search(raw):
        return EnvironmentFile(raw, kind, problem=TEMPLATE)
    if not is_json and has_aliases(raw):
        return EnvironmentFile(raw, kind, problem=ALIASES)
    if kind is CLOUDFORMATION:
        return find_cloudformation_environments(raw)
    roots = json_values(raw) if is_json else yaml_values(raw)
    if problem := _file_problem(kind, roots):
        return EnvironmentFile(raw, kind, problem=problem)
    found = []
    for block in walk_blocks(roots):
        if _is_environment(block, kind):
            found.append(_environment_block(raw, block, kind))
    file = EnvironmentFile(raw, kind, tuple(environment for environment in found if environment))
    return _with_roles(file, _keys(roots[0])) if is_json else file


def _with_roles(file: EnvironmentFile, keys: set[str]) -> EnvironmentFile:
    """Return a file of ECS with the problems of missing roles.

    A file can be only the list of containers, without the roles.
    """
    return file._replace(
        app_problem=TASK_ROLE if keys and "taskRoleArn" not in keys else "",
        platform_problem=EXECUTION_ROLE if "executionRoleArn" not in keys else "",
    )


def has_aliases(raw: bytes) -> bool:
    """Return whether a YAML file has aliases; an invalid file has none.

    Args:
        raw: The file.
    """
    if not YAML_ALIAS.search(raw):
        return False
    import yaml

    try:
        events = yaml.parse(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return any(isinstance(event, yaml.AliasEvent) for event in events)
    except (yaml.YAMLError, UnicodeError):
        return False


def _file_problem(kind: DeploymentKind, roots: list[Node]) -> str:
    if not roots:
        return INVALID
    if kind is DeploymentKind.COMPOSE and _has_extends(roots[0]):
        return EXTENDS
    return ""


def _has_extends(root: Node) -> bool:
    """Return whether a service of Docker Compose inherits the environment of another service."""
    for key, value in root.pairs:
        if key.text != "services":
            continue
        if any("extends" in _keys(service) for _, service in value.pairs):
            return True
    return False


def _keys(node: Node) -> set[str]:
    return {key.text for key, _ in node.pairs}


def _is_environment(block: Block, kind: DeploymentKind) -> bool:
    """Return whether a value is the environment of a service or container."""
    path = block.path
    if len(block.parents[-1].pairs) > MAX_KEYS:
        return False
    if kind is DeploymentKind.COMPOSE:
        return len(path) == 3 and (path[0], path[2]) == ("services", "environment")
    if kind is DeploymentKind.KUBERNETES:
        return len(path) > 1 and path[-1] == "env" and path[-2] in CONTAINERS
    return path[-1] in {"environment", "secrets"} and path[:-1] in {(), ("containerDefinitions",)}


def _environment_block(raw: bytes, block: Block, kind: DeploymentKind) -> EnvironmentBlock | None:
    container = block.parents[-1]
    key = next((key for key, value in container.pairs if value is block.value), None)
    if key is None or not block.value.is_container:
        return None
    name = container.find_text(NAME)
    unit = name.text if name else ""
    if kind is DeploymentKind.COMPOSE:
        unit = block.path[1]
    entries = tuple(_entries(raw, block.value))
    return EnvironmentBlock(
        container=container.start,
        unit=unit,
        key=key.text,
        key_start=node_start(raw, key),
        start=block.value.start,
        end=node_end(raw, block.value),
        style=_style(block.value),
        entries=entries,
        problem=_container_problem(raw, container) if unit else NO_NAME,
    )


def _container_problem(raw: bytes, container: Node) -> str:
    for key, value in container.pairs:
        if key.text in ENV_FILE_KEYS and (value.items or value.pairs or value.text):
            return ENV_FILE
        if key.text == "envFrom" and b"secretRef" in raw[value.start : node_end(raw, value)]:
            return SECRET_SOURCE
    return ""


def _style(value: Node) -> EntryStyle:
    if value.pairs:
        return EntryStyle.MAP
    is_assignments = any(not item.is_container for item in value.items)
    return EntryStyle.ASSIGNMENTS if is_assignments else EntryStyle.OBJECTS


class _Assignment(NamedTuple):
    variable: str
    value: str | None


def _entries(raw: bytes, environment: Node) -> Iterator[EnvironmentEntry]:
    for key, value in environment.pairs:
        text = None if value.is_container else value.text
        start, end = node_start(raw, key), max(node_end(raw, key), node_end(raw, value))
        yield EnvironmentEntry(key.text, start, end, text)
    for item in environment.items:
        found = _parse_item(item)
        yield EnvironmentEntry(
            found.variable, node_start(raw, item), node_end(raw, item), found.value
        )


def _parse_item(item: Node) -> _Assignment:
    """Return the variable and the value of an item of a list."""
    if not item.is_container:
        name, sign, value = item.text.partition("=")
        return _Assignment(name.strip(), value if sign else None)
    name_node, value_node = item.find_text(NAME_KEYS), item.find_text(VALUE_KEYS)
    text = value_node.text if value_node else None
    return _Assignment(name_node.text if name_node else "", text)
