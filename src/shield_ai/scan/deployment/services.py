"""Judge the services of a Compose file: one file can contain services for different purposes."""

from __future__ import annotations

import itertools
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.scan.deployment.compose_values import (
    MAX_PATH,
    MAX_TEXTS,
    NAME,
    assignments,
    merged_maps,
    mount_source,
    texts,
)
from shield_ai.scan.deployment.evidence import (
    EXPANSION,
    NO_MATCHES,
    Evidence,
    Matches,
    command_matches,
    development_units,
    file_matches,
    find_matches,
    variable_matches,
)
from shield_ai.scan.deployment.evidence_rules import TextKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.scan.text.config_node import Node

MAX_MERGES = 20  # of maps in one map
MAX_SERVICES = 2000
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


class OtherFile(NamedTuple):
    """Another Compose file of the app, which may be combined with a file."""

    path: str
    roots: list[Node]
    is_near: bool  # in the same folder
    is_production: bool  # by its name


def find_services(roots: list[Node]) -> list[tuple[Node, Node]]:
    """Return the services of a Compose file, with their keys.

    Args:
        roots: The documents of the file.
    """
    root = roots[0]
    maps = (value for key, value in root.pairs if key.text == "services")
    return [pair for services in maps for pair in services.pairs]


def development_services(
    path: str, roots: list[Node], others: Iterable[OtherFile] = ()
) -> frozenset[str]:
    """Return the services for development.

    Args:
        path: The file.
        roots: Its documents.
        others: The Compose files that may be combined with this one.
    """
    services = find_services(roots)
    if len(services) > MAX_SERVICES:
        return frozenset()
    reader = ServiceReader()
    own = {key.text: reader.matches(key.text, service) for key, service in services}
    shared = file_matches(itertools.chain(*own.values()))
    if project := roots[0].get(NAME):
        shared |= find_matches(TextKind.PROJECT, project.text)
    evidence = {name: Evidence(matches | shared) for name, matches in own.items()}
    found = development_units(evidence)
    fields = {key.text: reader.fields(service) for key, service in services}
    if len(found) < len(own) and _shares_maps(services, fields, found):
        return frozenset()
    if found and any(_may_combine(path, fields, other) for other in others):
        return frozenset()
    return found


def _shares_maps(
    services: list[tuple[Node, Node]], fields: dict[str, Fields], development: Collection[str]
) -> bool:
    """Return whether a service for production may have the variables of another service."""
    if any("extends" in item for item in fields.values()):
        return True
    first, last = services[0][0].start, services[-1][1].end
    return any(
        first <= merged.start < last
        for key, service in services
        if key.text not in development
        for merged in merged_maps(service)
    )


def _may_combine(path: str, fields: dict[str, Fields], other: OtherFile) -> bool:
    """Return whether another file may change the commands of services, but not their variables."""
    if not other.roots:
        return True
    services = find_services(other.roots)
    if path in _references(other, services):
        return True
    shared = fields.keys() & {key.text for key, _ in services}
    if not services or (not shared and not (other.is_near and other.is_production)):
        return False
    reader = ServiceReader()
    others = {key.text: reader.fields(service) for key, service in services}
    if not all(item.keys() & {"image", "build"} for item in others.values()):
        return True
    # A file that is combined with this one need not repeat the image of a database.
    repeats = any("image" in others[name] and "build" not in fields[name] for name in shared)
    return other.is_near and not repeats


def _references(other: OtherFile, services: Iterable[tuple[Node, Node]]) -> set[str]:
    """Return the files that another Compose file includes, or extends services of."""
    folder = posixpath.dirname(other.path)
    nodes = [value for key, value in other.roots[0].pairs if key.text == "include"]
    for _, service in services:
        nodes.extend(value for key, value in service.pairs if key.text == "extends")
    paths = itertools.chain.from_iterable(map(texts, nodes))
    return {posixpath.normpath(posixpath.join(folder, path)) for path in paths}


class ServiceReader:
    """Finds the matches of services; a YAML alias is read once."""

    def __init__(self) -> None:
        self._fields: dict[tuple[int, int], Fields] = {}
        self._variables: dict[tuple[int, int], Variables] = {}
        self._found: dict[tuple[TextKind, int, int], Matches] = {}

    def fields(self, service: Node, depth: int = 0) -> Fields:
        """Return the values of the keys that are read, also those of merged maps.

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
        for name, value in assignments(environment):
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
            kind: What the texts say.
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
                if value := build.get(names):
                    matches |= _value_matches(kind, value)
            context = build.get(CONTEXT) if build.is_container else build
            folder = posixpath.normpath(context.text[:MAX_PATH] or ".") if context else "."
        volumes = fields.get("volumes")
        if volumes and any(
            mount_source(text) in {".", "..", folder} - {""} for text in texts(volumes)
        ):
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
        return command_matches(" ".join(texts(node)))
    if kind is TextKind.PORT:
        return NO_MATCHES.union(*(find_matches(kind, port) for port in _published_ports(node)))
    return NO_MATCHES.union(*(find_matches(kind, text) for text in texts(node)))


def _published_ports(ports: Node) -> Iterator[str]:
    """Yield the ports of the host, as `[ADDRESS:]PORT:…`."""
    for item in ports.items:
        published = item.get(PUBLISHED)
        yield f"{published.text}:" if published else item.text


def _value_matches(kind: TextKind, value: Node) -> Matches:
    match = EXPANSION.fullmatch(value.text)
    return find_matches(kind, match["default"] if match else value.text, is_default=bool(match))
