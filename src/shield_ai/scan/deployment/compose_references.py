"""Find the variables that Docker Compose passes to services other than the app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.compose_services import find_services
from shield_ai.scan.deployment.environment import walk_blocks
from shield_ai.scan.deployment.file_format import COMPOSE_FILE
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.own_servers import SERVER_IMAGE
from shield_ai.scan.deployment.production import path_use
from shield_ai.scan.deployment.templates import template_values
from shield_ai.scan.files.walk import walk_all
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path

    from shield_ai.scan.deployment.environment import Block
    from shield_ai.scan.text.config_node import Node

# https://docs.docker.com/reference/compose-file/interpolation/; `$$` is a dollar.
REFERENCE = rb"(?<!\$)(?:\$\$)*\$\{?(?P<name>%s)\b"
# The shell in the container expands a variable after `$$`.
EXPANSION = rb"\$\{?(?P<name>%s)\b"
COMMANDS = frozenset({("command",), ("entrypoint",), ("healthcheck", "test")})
BUILD = "build"
IMAGE = frozenset({"image"})
ENV_FILE = "env_file"
# How the variables begin that the images of servers document, such as POSTGRES_PASSWORD of
# https://hub.docker.com/_/postgres and MONGO_INITDB_ROOT_PASSWORD of https://hub.docker.com/_/mongo.
SERVER_PREFIXES = {
    "postgres": ("POSTGRES",),
    "postgis": ("POSTGRES",),
    "pgvector": ("POSTGRES",),
    "timescaledb": ("POSTGRES",),
    "mysql": ("MYSQL_",),
    "percona": ("MYSQL_",),
    "mariadb": ("MARIADB_", "MYSQL_"),
    "mongo": ("MONGO",),
    "rabbitmq": ("RABBITMQ_",),
    "minio": ("MINIO_",),
    "redis": ("REDIS_",),
}
WORD = regex(r"[A-Za-z0-9]+")


class _Patterns(NamedTuple):
    """Expressions for the uses of the variables."""

    reference: re.Pattern[bytes]  # that Docker Compose replaces
    expansion: re.Pattern[bytes]  # in a command; the container's shell can replace it, too


def find_passed_on(root: Path, variables: Collection[str], app: Collection[str]) -> list[str]:
    """Return the variables that a service other than the app gets from the env file of Compose.

    A service is the app if it is named so, if it is built, or if it gets the variable under its
    own name and is not a known server or a product that the variable is named for. A server
    also reads variables of its env file. Files for development are left out.

    Args:
        root: The app's folder.
        variables: The variables of the secrets.
        app: The services that run the app, according to shield.toml.

    Raises:
        SourceError: The folder can't be listed.
    """
    if not variables:
        return []
    names = b"(?:%s)" % "|".join(map(re.escape, sorted(variables))).encode()
    patterns = _Patterns(re.compile(REFERENCE % names), re.compile(EXPANSION % names))
    read = reader(str(root))
    found: set[str] = set()
    for entry in walk_all(root):
        name = entry.path.rpartition("/")[2]
        is_compose = COMPOSE_FILE.fullmatch(name) is not None
        if is_compose and path_use(entry.path, DeploymentKind.COMPOSE, ()) is not Use.DEVELOPMENT:
            raw = read(entry.path) or b""
            if len(raw) > MAX_SIZE:
                continue
            if patterns.expansion.search(raw):
                found.update(_references(raw, patterns, variables, app))
            if ENV_FILE.encode() in raw:
                found.update(_variables_of_servers(raw, variables))
    return sorted(found)


def _references(
    raw: bytes, patterns: _Patterns, variables: Collection[str], app: Collection[str]
) -> Iterator[str]:
    """Yield the variables that services other than the app of one file get."""
    roots = template_values(raw)
    services = list(find_services(roots)) if roots else []
    others = set(_variables_of_others(raw, patterns, [service for _, service in services]))
    for key, service in services:
        if key.text in app or _has_build(service):
            continue
        image = service.find_text(IMAGE)
        is_server = image is not None and SERVER_IMAGE.search(image.text) is not None
        for block in walk_blocks([service]):
            is_command = block.path in COMMANDS
            pattern = patterns.expansion if is_command else patterns.reference
            for text in _texts(block):
                is_own = block.path[-1] in variables or _assigned(text) in variables
                for match in pattern.finditer(raw, text.start, text.end):
                    name = match["name"].decode()
                    is_product = name in others and _is_named_for(name, service)
                    if is_server or is_product or not is_own:
                        yield name


def _variables_of_servers(raw: bytes, variables: Collection[str]) -> Iterator[str]:
    """Yield the variables that the image of a server reads from the service's own env file."""
    for _, service in find_services(template_values(raw)):
        image = service.find_text(IMAGE)
        if image is None or _has_build(service) or service.child(ENV_FILE) is None:
            continue
        for product, prefixes in SERVER_PREFIXES.items():
            if product in image.text and SERVER_IMAGE.search(image.text):
                yield from (name for name in variables if name.startswith(prefixes))


def _variables_of_others(
    raw: bytes, patterns: _Patterns, services: Iterable[Node]
) -> Iterator[str]:
    """Yield the variables of services that do not run the product which a variable is named for.

    An example is SVIX_JWT_SECRET of the image svix/svix-server. If only such services get the
    variable, the product can be the app.
    """
    for service in services:
        for match in patterns.expansion.finditer(raw, service.start, service.end):
            name = match["name"].decode()
            if not _is_named_for(name, service):
                yield name


def _is_named_for(name: str, service: Node) -> bool:
    """Return whether a variable begins with the first word of a service's image."""
    image = service.find_text(IMAGE)
    if image is None or _has_build(service):
        return False
    word = WORD.match(image.text.rpartition("/")[2])
    return word is not None and name.startswith(f"{word[0].upper()}_")


def _has_build(service: Node) -> bool:
    return BUILD in {key.text for key, _ in service.pairs}


def _texts(block: Block) -> tuple[Node, ...]:
    items = block.value.items or (block.value,)
    return tuple(item for item in items if not item.is_container)


def _assigned(text: Node) -> str:
    """Return the variable of an item such as `NAME=value`; empty for other texts."""
    name, sign, _ = text.text.partition("=")
    return name.strip() if sign else ""
