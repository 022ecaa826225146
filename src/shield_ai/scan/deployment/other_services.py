"""Find the services beside the app that get the password of its database, too."""

from __future__ import annotations

import itertools
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.project.git import files_around
from shield_ai.project.import_roots import folder_and_parents
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.compose_services import find_services
from shield_ai.scan.deployment.compose_values import (
    MAX_PATH,
    environment_assignments,
    merged_maps,
)
from shield_ai.scan.deployment.environment import walk_blocks
from shield_ai.scan.deployment.files_around import MAX_FILES, read_around
from shield_ai.scan.deployment.formats import parse_file
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.own_servers import SERVER_IMAGE
from shield_ai.scan.deployment.parts import DeploymentFile
from shield_ai.scan.deployment.production import path_use
from shield_ai.scan.deployment.recognize import file_format
from shield_ai.scan.deployment.service_evidence import CONTEXT, ServiceReader
from shield_ai.scan.deployment.templates import shown_text
from shield_ai.scan.files.walk import display_path, walk_all

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
FORMATS = frozenset({"yaml", "json"})
MAX_SERVICES = 100  # of a file; they can all refer to one large map with a YAML alias
ENVIRONMENT_KEYS = frozenset({"env", "environment", "secrets"})
NAME = frozenset({"name"})
# The name of a database server that a project builds itself.
SERVER_NAME = regex(r"(?i)(?:.*[._-])?(?:db|database|postgres(?:ql)?|postgis|mysql|mariadb|pg)\d*")
ABOVE = regex(r"\.\.(?:/\.\.)*")


class _Service(NamedTuple):
    """A service of a Compose file, or a container."""

    path: str
    name: str
    image: str
    variables: frozenset[str]
    builds_app: bool = False  # from a folder with code of the app


def find_other_services(root: Path, password: str, own: Collection[str]) -> str:
    """Return the place where a service other than the app gets the password of its database.

    A service is the app if it is built from a folder with its code, gets another of its secrets, or
    has the same image. If no service is known to be the app, nothing is known about the others.

    Args:
        root: The app's folder.
        password: The variable with the password.
        own: The variables of the app's other secrets.

    Returns:
        The file and the name of the service; "" if there is none, or it is a server.

    Raises:
        SourceError: The folder can't be listed.
    """
    services = list(_services(root, password))
    app = {service for service in services if _is_app(service, own)}
    images = {(service.path, service.image) for service in app}
    for service in services if app else ():
        is_app = service in app or (service.path, service.image) in images
        if password in service.variables and not is_app and not _is_server(service):
            return f"{service.path}: {shown_text(service.name)}"
    return ""


def _is_app(service: _Service, own: Collection[str]) -> bool:
    return service.builds_app or not service.variables.isdisjoint(own)


def _is_server(service: _Service) -> bool:
    return bool(SERVER_IMAGE.search(service.image) or SERVER_NAME.fullmatch(service.name))


def _services(root: Path, password: str) -> Iterator[_Service]:
    """Yield the services of the deployment files that name a variable, without development."""
    paths = [entry.path for entry in walk_all(root)]
    modules = {path.rpartition("/")[0] for path in paths if path.endswith(".py")}
    code = {parent for folder in modules for parent in folder_and_parents(folder)}
    paths += files_around(root, [password]) or ()
    files = (path for path in paths if file_format(path) in FORMATS and path == display_path(path))
    for path in itertools.islice(files, MAX_FILES):
        raw = read_around(root, path) or b""
        if password.encode() not in raw or len(raw) > MAX_SIZE:
            continue
        file = parse_file(path, raw)
        if not isinstance(file, DeploymentFile) or file.kind not in KINDS:
            continue
        if path_use(path, file.kind, ()) is not Use.DEVELOPMENT:
            is_compose = file.kind is DeploymentKind.COMPOSE
            found = _compose_services(file, root, code) if is_compose else _containers(file)
            yield from itertools.islice(found, MAX_SERVICES)


def _compose_services(
    file: DeploymentFile, root: Path, code: Collection[str]
) -> Iterator[_Service]:
    reader = ServiceReader()
    top = root.resolve().as_posix()
    for key, node in find_services(file.roots):
        fields = reader.fields(node)
        build, image = fields.get("build"), fields.get("image")
        builds_app = False
        if build:
            context = build.find_text(CONTEXT) if build.is_container else build
            text = context.text[:MAX_PATH] if context else ""
            path = posixpath.join(top, posixpath.dirname(file.path), text)
            folder = posixpath.relpath(path, top)
            builds_app = folder in code or folder == "." or bool(ABOVE.fullmatch(folder))
        name = image.text if image else key.text
        yield _Service(file.path, key.text, name, _variables(fields), builds_app)


def _variables(fields: Mapping[str, Node]) -> frozenset[str]:
    found: set[str] = set()
    for key in ENVIRONMENT_KEYS.intersection(fields):
        nodes = [fields[key]]
        nodes.extend(merged_maps(fields[key]))
        for node in nodes:
            found.update(name for name, _ in environment_assignments(node))
    return frozenset(found)


def _containers(file: DeploymentFile) -> Iterator[_Service]:
    seen: set[int] = set()
    for block in walk_blocks(file.roots):
        container = block.parents[-1]
        if block.path[-1].lower() in ENVIRONMENT_KEYS and id(container) not in seen:
            seen.add(id(container))
            fields = {key.text.lower(): value for key, value in container.pairs}
            name, image = container.find_text(NAME), fields.get("image")
            if name and image:
                yield _Service(file.path, name.text, image.text, _variables(fields))
