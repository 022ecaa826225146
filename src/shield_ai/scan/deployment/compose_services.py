"""Find the services of a Compose file that are for development; others can be for production."""

from __future__ import annotations

import itertools
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.scan.deployment.compose_values import NAME, merged_maps, node_texts
from shield_ai.scan.deployment.evidence import (
    Evidence,
    development_units,
    file_matches,
    find_matches,
)
from shield_ai.scan.deployment.evidence_rules import TextKind
from shield_ai.scan.deployment.service_evidence import Fields, ServiceReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shield_ai.scan.text.config_node import Node

MAX_SERVICES = 2000


class OtherFile(NamedTuple):
    """Another Compose file of the app, which may be combined with the examined file."""

    path: str
    roots: list[Node]
    is_near: bool  # in the same folder
    is_production: bool  # by its name
    is_on_platform: bool = False  # files of a platform show that production does not use Compose


def find_services(roots: list[Node]) -> list[tuple[Node, Node]]:
    """Return the services of a Compose file, with their keys.

    Args:
        roots: The documents of the file.
    """
    found: list[tuple[Node, Node]] = []
    for key, services in roots[0].pairs:
        if key.text == "services":
            found += services.pairs
    return found


def development_compose_services(
    path: str, roots: list[Node], others: Iterable[OtherFile] = ()
) -> frozenset[str]:
    """Return the services that are only for development.

    Returns none if production may use their variables, through a merged map or `extends`, and only
    those that run tools, such as tests, if it may combine the file with another one.

    Args:
        path: The file.
        roots: Its documents.
        others: The Compose files that may be combined with this one.
    """
    services = find_services(roots)
    if len(services) > MAX_SERVICES:
        return frozenset()
    reader = ServiceReader()
    evidence = _find_evidence(roots, services, reader)
    found = development_units(evidence)
    fields = {key.text: reader.fields(service) for key, service in services}
    if len(found) < len(evidence) and _shares_maps(services, fields, found):
        return frozenset()
    if found and any(_may_combine(path, fields, other) for other in others):
        return _tools(evidence, found)
    return found


def _find_evidence(
    roots: list[Node], services: list[tuple[Node, Node]], reader: ServiceReader
) -> dict[str, Evidence]:
    own = {key.text: reader.matches(key.text, service) for key, service in services}
    shared = file_matches(itertools.chain(*own.values()))
    if project := roots[0].find_text(NAME):
        shared |= find_matches(TextKind.PROJECT, project.text)
    return {name: Evidence(matches | shared) for name, matches in own.items()}


def _tools(evidence: dict[str, Evidence], names: Iterable[str]) -> frozenset[str]:
    return frozenset(name for name in names if evidence[name].is_tool)


def _shares_maps(
    services: list[tuple[Node, Node]], fields: dict[str, Fields], development: Collection[str]
) -> bool:
    """Return whether a service for production may have the variables of another service."""
    if any("extends" in item for item in fields.values()):
        return True
    first, last = services[0][0].start, services[-1][1].end
    for key, service in services:
        if key.text in development:
            continue
        if any(first <= merged.start < last for merged in merged_maps(service)):
            return True
    return False


def _may_combine(path: str, fields: dict[str, Fields], other: OtherFile) -> bool:
    """Return whether production may combine another file with this one, and use its variables."""
    if not other.roots:
        return True
    services = find_services(other.roots)
    if path in _references(other, services):
        return True
    if other.is_on_platform and not other.is_production:
        return False
    return _may_override(fields, other, services)


def _may_override(
    fields: dict[str, Fields], other: OtherFile, services: list[tuple[Node, Node]]
) -> bool:
    """Return whether the services of another file may override or complete those of this one."""
    shared = fields.keys() & {key.text for key, _ in services}
    if not services or (not shared and not (other.is_near and other.is_production)):
        return False
    reader = ServiceReader()
    others = {key.text: reader.fields(service) for key, service in services}
    if not all(item.keys() & {"image", "build"} for item in others.values()):
        return True
    return other.is_near and not any(_repeats(fields[name], others[name]) for name in shared)


def _repeats(fields: Fields, other: Fields) -> bool:
    """Return whether another file repeats the image of a service: it is then not combined."""
    return "image" in other and "build" not in fields


def _references(other: OtherFile, services: Iterable[tuple[Node, Node]]) -> set[str]:
    """Return the paths in `include` and `extends` of another Compose file."""
    folder = posixpath.dirname(other.path)
    nodes = [value for key, value in other.roots[0].pairs if key.text == "include"]
    for _, service in services:
        nodes.extend(value for key, value in service.pairs if key.text == "extends")
    paths = itertools.chain.from_iterable(map(node_texts, nodes))
    return {posixpath.normpath(posixpath.join(folder, path)) for path in paths}
