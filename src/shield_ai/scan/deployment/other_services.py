"""Find the services beside the app that get its secrets, too."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from shield_ai.project.git import files_around
from shield_ai.project.import_roots import folder_and_parents
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.file_format import file_format
from shield_ai.scan.deployment.files_around import MAX_FILES, read_around
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.own_servers import SERVER_IMAGE
from shield_ai.scan.deployment.services_with_variables import Service, services_in
from shield_ai.scan.deployment.templates import shown_text
from shield_ai.scan.files.walk import display_path, walk_all

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path


FORMATS = frozenset({"yaml", "json"})
MAX_SERVICES = 100  # of a file; they can all refer to one large map with a YAML alias
# The name of a database server that a project builds itself.
SERVER_NAME = regex(r"(?i)(?:.*[._-])?(?:db|database|postgres(?:ql)?|postgis|mysql|mariadb|pg)\d*")


def find_other_services(
    root: Path, variables: Collection[str], own: Collection[str]
) -> dict[str, list[str]]:
    """Map variables to the places where services other than the app get them, too.

    A service is the app if it is built from a folder with its code, gets another of its secrets, or
    has the same image. If no service is known to be the app, nothing is known about the others.
    Servers of databases are left out.

    Args:
        root: The app's folder.
        variables: The variables to search for.
        own: The variables of secrets that only the app gets.

    Returns:
        The files and the names of the services; variables without such services are left out.

    Raises:
        SourceError: The folder can't be listed.
    """
    if not variables:
        return {}
    services = list(_services(root, variables))
    places = {}
    for variable in variables:
        found = list(_others(services, variable, {*own}.difference([variable])))
        if found:
            places[variable] = found
    return places


def _others(services: Sequence[Service], variable: str, own: Collection[str]) -> Iterator[str]:
    """Yield the places of the services that get a variable, without the app and servers."""
    app = {service for service in services if _is_app(service, own)}
    images = {(service.path, service.image) for service in app}
    for service in services if app else ():
        is_app = service in app or (service.path, service.image) in images
        if variable in service.variables and not is_app and not _is_server(service):
            yield f"{service.path}: {shown_text(service.name)}"


def _is_app(service: Service, own: Collection[str]) -> bool:
    return service.builds_app or not service.variables.isdisjoint(own)


def _is_server(service: Service) -> bool:
    return bool(SERVER_IMAGE.search(service.image) or SERVER_NAME.fullmatch(service.name))


def _services(root: Path, variables: Collection[str]) -> Iterator[Service]:
    """Yield the services of the deployment files that name the variables, without development."""
    names = [variable.encode() for variable in variables]
    paths = [entry.path for entry in walk_all(root)]
    modules = {path.rpartition("/")[0] for path in paths if path.endswith(".py")}
    code = {parent for folder in modules for parent in folder_and_parents(folder)}
    paths += files_around(root, variables) or ()
    files = (path for path in paths if file_format(path) in FORMATS and path == display_path(path))
    for path in itertools.islice(files, MAX_FILES):
        raw = read_around(root, path) or b""
        if len(raw) <= MAX_SIZE and any(name in raw for name in names):
            yield from itertools.islice(services_in(path, raw, root, code), MAX_SERVICES)
