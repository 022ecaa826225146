"""Find the services of a Compose file that run the app and list its variables."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from shield_ai.scan.deployment.compose_services import find_services
from shield_ai.scan.deployment.compose_values import MAX_PATH, merged_maps
from shield_ai.scan.deployment.own_servers import is_server
from shield_ai.scan.deployment.service_evidence import ServiceReader
from shield_ai.scan.deployment.templates import template_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.scan.deployment.service_evidence import Fields
    from shield_ai.scan.text.config_node import Node

CONTEXT = frozenset({"context"})


def lists_variables(raw: bytes, variables: Collection[str], folder: str = "") -> bool:
    """Return whether a service that may run the app gets only variables that the file lists.

    Args:
        raw: The Compose file.
        variables: The variables of the app. The service lists one of them.
        folder: The path of the app in the file's folder, if the file is above the app; the service
            must then be built from a folder with the app.
    """
    roots = template_values(raw)
    reader = ServiceReader()
    for _, service in find_services(roots) if roots else ():
        fields = reader.fields(service)
        if "env_file" in fields or is_server(fields) or not _may_run(fields, folder):
            continue
        environment = fields.get("environment")
        if environment and not set(variables).isdisjoint(_names(environment)):
            return True
    return False


def _may_run(fields: Fields, folder: str) -> bool:
    if not folder:
        return True
    build = fields.get("build")
    if build is None:
        return False
    context = build.find_text(CONTEXT) if build.is_container else build
    path = posixpath.normpath(context.text[:MAX_PATH]) if context else "."
    return path == "." or f"{folder}/".startswith(f"{path}/")


def _names(environment: Node) -> Iterator[str]:
    nodes = [environment]
    nodes.extend(merged_maps(environment))
    for node in nodes:
        yield from (key.text for key, _ in node.pairs)
        yield from (item.text.partition("=")[0].strip() for item in node.items)
