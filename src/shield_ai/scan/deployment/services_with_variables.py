"""Find the services of Compose files and the containers of other deployment files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.compose_services import find_services
from shield_ai.scan.deployment.compose_values import (
    MAX_PATH,
    environment_assignments,
    merged_maps,
)
from shield_ai.scan.deployment.environment import walk_blocks
from shield_ai.scan.deployment.formats import parse_file
from shield_ai.scan.deployment.parts import DeploymentFile
from shield_ai.scan.deployment.production import path_use
from shield_ai.scan.deployment.service_evidence import CONTEXT, ServiceReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from shield_ai.scan.text.config_node import Node

KINDS = frozenset(
    {
        DeploymentKind.COMPOSE,
        DeploymentKind.ECS,
        DeploymentKind.CLOUDFORMATION,
        DeploymentKind.KUBERNETES,
    }
)
ENVIRONMENT_KEYS = frozenset({"env", "environment", "secrets"})
NAME = frozenset({"name"})
ABOVE = regex(r"\.\.(?:/\.\.)*")


class Service(NamedTuple):
    """A service of a Compose file, or a container."""

    path: str
    name: str
    image: str
    variables: frozenset[str]
    builds_app: bool = False  # from a folder with code of the app


def services_in(path: str, raw: bytes, root: Path, code: Collection[str]) -> Iterator[Service]:
    """Yield the services of a deployment file that is not for development.

    Args:
        path: The file, relative to the app's folder.
        raw: Its content.
        root: The app's folder.
        code: The folders with code of the app, and their parents.
    """
    file = parse_file(path, raw)
    if not isinstance(file, DeploymentFile) or file.kind not in KINDS:
        return
    if path_use(path, file.kind, ()) is Use.DEVELOPMENT:
        return
    if file.kind is DeploymentKind.COMPOSE:
        yield from _compose_services(file, root, code)
    else:
        yield from _containers(file)


def _compose_services(file: DeploymentFile, root: Path, code: Collection[str]) -> Iterator[Service]:
    reader = ServiceReader()
    top = root.resolve().as_posix()
    for key, node in find_services(file.roots):
        fields = reader.fields(node)
        build, image = fields.get("build"), fields.get("image")
        builds_app = build is not None and _contains_app(build, file.path, top, code)
        name = image.text if image else key.text
        yield Service(file.path, key.text, name, _variables(fields), builds_app)


def _variables(fields: Mapping[str, Node]) -> frozenset[str]:
    found: set[str] = set()
    for key in ENVIRONMENT_KEYS.intersection(fields):
        nodes = [fields[key]]
        nodes.extend(merged_maps(fields[key]))
        for node in nodes:
            found.update(name for name, _ in environment_assignments(node))
    return frozenset(found)


def _containers(file: DeploymentFile) -> Iterator[Service]:
    seen: set[int] = set()
    for block in walk_blocks(file.roots):
        container = block.parents[-1]
        if block.path[-1].lower() in ENVIRONMENT_KEYS and id(container) not in seen:
            seen.add(id(container))
            fields = {key.text.lower(): value for key, value in container.pairs}
            name, image = container.find_text(NAME), fields.get("image")
            if name and image:
                yield Service(file.path, name.text, image.text, _variables(fields))


def _contains_app(build: Node, path: str, top: str, code: Collection[str]) -> bool:
    """Return whether the folder from which a service is built contains code of the app."""
    context = build.find_text(CONTEXT) if build.is_container else build
    text = context.text[:MAX_PATH] if context else ""
    folder = posixpath.relpath(posixpath.join(top, posixpath.dirname(path), text), top)
    return folder in code or folder == "." or bool(ABOVE.fullmatch(folder))
