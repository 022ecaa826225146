"""Find the evidence that a service of a Compose file is for development or production."""

from __future__ import annotations

import itertools
import posixpath
from typing import TYPE_CHECKING

from shield_ai.scan.deployment.compose_values import (
    MAX_PATH,
    MAX_TEXTS,
    environment_assignments,
    merged_maps,
    mount_source,
    node_texts,
)
from shield_ai.scan.deployment.evidence import (
    EXPANSION,
    NO_MATCHES,
    Matches,
    command_matches,
    find_matches,
    variable_matches,
)
from shield_ai.scan.deployment.evidence_rules import TextKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.text.config_node import Node

MAX_MERGES = 20  # of maps in one map
COMMAND_KEYS = ("command", "entrypoint")
SWARM_KEYS = frozenset({"replicas", "placement", "update_config"})
FIELDS = frozenset(
    {
        *COMMAND_KEYS, "build", "container_name", "deploy", "develop", "env_file", "environment",
        "extends", "image", "ports", "profiles", "stdin_open", "volumes",
    }
)  # fmt: skip
BUILD_KINDS = (
    (frozenset({"target"}), TextKind.TARGET),
    (frozenset({"dockerfile"}), TextKind.DOCKERFILE),
)
CONTEXT = frozenset({"context"})
PUBLISHED = frozenset({"published"})
TOO_LARGE = find_matches(TextKind.KEY, "too_large=")
Fields = dict[str, "Node"]
Variables = dict[str, "Matches"]


class ServiceReader:
    """Finds the matches of services; a YAML alias is read once."""

    def __init__(self) -> None:
        self._fields: dict[tuple[int, int], Fields] = {}
        self._variables: dict[tuple[int, int], Variables] = {}
        self._found: dict[tuple[TextKind, int, int], Matches] = {}

    def fields(self, service: Node, depth: int = 0) -> Fields:
        """Return the values of the keys in FIELDS, also from merged maps.

        Args:
            service: The map of the service.
            depth: The number of maps that it is merged into.
        """
        span = (service.start, service.end)
        if span in self._fields:
            return self._fields[span]
        fields: Fields = {}
        self._fields[span] = fields
        for merged in itertools.islice(merged_maps(service), MAX_MERGES):
            if depth < MAX_MERGES:
                fields.update(self.fields(merged, depth + 1))
        for key, value in service.pairs:
            if key.text in FIELDS:
                fields[key.text] = value
        return fields

    def matches(self, name: str, service: Node) -> Matches:
        """Return the matches of a service.

        Args:
            name: Its key.
            service: Its map.
        """
        fields = self.fields(service)
        matches = find_matches(TextKind.NAME, name)
        for key in COMMAND_KEYS:
            matches |= self.text_matches(TextKind.COMMAND, fields.get(key))
        environment = fields.get("environment")
        if environment:
            matches = matches.union(*self.variables(environment).values())
        matches |= self.text_matches(TextKind.NAME, fields.get("container_name"))
        matches |= self.text_matches(TextKind.PROFILE, fields.get("profiles"))
        matches |= self.text_matches(TextKind.ENV_FILE, fields.get("env_file"))
        matches |= self.text_matches(TextKind.PORT, fields.get("ports"))
        matches |= self.text_matches(TextKind.IMAGE, fields.get("image"))
        return matches | self._build_matches(fields) | self._key_matches(fields)

    def variables(self, environment: Node, depth: int = 0) -> Variables:
        """Return the matches of each variable of an environment, also of merged maps.

        Args:
            environment: The map or list.
            depth: The number of maps that it is merged into.
        """
        span = (environment.start, environment.end)
        if span in self._variables:
            return self._variables[span]
        found: Variables = {}
        self._variables[span] = found
        for merged in itertools.islice(merged_maps(environment), MAX_MERGES):
            if depth < MAX_MERGES:
                found.update(self.variables(merged, depth + 1))
        for name, value in environment_assignments(environment):
            if matches := variable_matches(name, value):
                found[name] = matches
            else:
                found.pop(name, None)
            if len(found) > MAX_TEXTS:
                found = {"": TOO_LARGE}
                break
        self._variables[span] = found
        return found

    def text_matches(self, kind: TextKind, node: Node | None) -> Matches:
        """Return the matches of the texts of a value.

        Args:
            kind: What the texts are.
            node: The value, if there is one.
        """
        if node is None:
            return NO_MATCHES
        key = (kind, node.start, node.end)
        if key not in self._found:
            self._found[key] = _text_matches(kind, node)
        return self._found[key]

    def _build_matches(self, fields: Fields) -> Matches:
        """Return the matches of the image that is built, and of a mount of its source code."""
        matches = NO_MATCHES
        folder = ""
        if build := fields.get("build"):
            for names, kind in BUILD_KINDS:
                if value := build.find_text(names):
                    matches |= _value_matches(kind, value)
            context = build.find_text(CONTEXT) if build.is_container else build
            folder = posixpath.normpath(context.text[:MAX_PATH] or ".") if context else "."
        volumes = fields.get("volumes")
        sources = {".", "..", folder} - {""}
        if volumes and any(mount_source(text) in sources for text in node_texts(volumes)):
            matches |= find_matches(TextKind.KEY, "source=")
        return matches

    def _key_matches(self, fields: Fields) -> Matches:
        matches = find_matches(TextKind.KEY, "develop=") if "develop" in fields else NO_MATCHES
        if value := fields.get("stdin_open"):
            matches |= find_matches(TextKind.KEY, f"stdin_open={value.text.lower()}")
        if deploy := fields.get("deploy"):
            for key, value in deploy.pairs[:MAX_TEXTS]:
                if key.text in SWARM_KEYS:
                    matches |= find_matches(TextKind.KEY, f"{key.text}={value.text}")
        return matches


def _text_matches(kind: TextKind, node: Node) -> Matches:
    if len(node.items) > MAX_TEXTS:
        return TOO_LARGE
    if kind is TextKind.COMMAND:
        return command_matches(" ".join(node_texts(node)))
    if kind is TextKind.PORT:
        return NO_MATCHES.union(*(find_matches(kind, port) for port in _published_ports(node)))
    return NO_MATCHES.union(*(find_matches(kind, text) for text in node_texts(node)))


def _published_ports(ports: Node) -> Iterator[str]:
    """Yield the ports of the host, as `[ADDRESS:]PORT:…`."""
    for item in ports.items:
        published = item.find_text(PUBLISHED)
        yield f"{published.text}:" if published else item.text


def _value_matches(kind: TextKind, value: Node) -> Matches:
    match = EXPANSION.fullmatch(value.text)
    return find_matches(kind, match["default"] if match else value.text, is_default=bool(match))
