"""Find the logins of servers that a Compose file starts itself, such as a database beside the app.

Such a file is for a developer's computer, or for production on a single host. Often, its content
does not tell which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind
from shield_ai.model.words import word_set, words
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.compose_services import find_services
from shield_ai.scan.deployment.compose_values import environment_assignments, node_texts
from shield_ai.scan.deployment.evidence_rules import RULES, Environment, TextKind
from shield_ai.scan.deployment.production import is_production_name
from shield_ai.scan.deployment.service_evidence import ServiceReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.deployment.parts import DeploymentFile
    from shield_ai.scan.deployment.service_evidence import Fields

SERVER_IMAGE = regex(
    r"(?:^|[/-])(?:postgres(?:ql)?|postgis|pgvector|timescaledb(?:-ha)?|mysql|mariadb|percona|redis"
    r"|redis-stack(?:-server)?|valkey|keydb|memcached|rabbitmq|mongo|mongodb|minio|clickhouse"
    r"(?:-server)?|elasticsearch|opensearch|localstack)(?:[:@]|$)"
)
HOST = regex(r"\w://(?:[^/\s@]{0,500}@)?([\w.-]{1,100})")
PASSWORD_WORDS = word_set("PASSWORD PASS PASSWD")

Logins = frozenset[tuple[str, str]]


def own_logins(file: DeploymentFile) -> Logins:
    """Return the services and variables that contain a login for a server of the same file.

    Empty if the file says that it is for production. A command such as gunicorn does not say that:
    many files for development have it, too.

    Args:
        file: A deployment file of any kind.
    """
    if file.kind is not DeploymentKind.COMPOSE or is_production_name(file.path):
        return frozenset()
    reader = ServiceReader()
    services = {key.text: reader.fields(node) for key, node in find_services(file.roots)}
    for key, node in find_services(file.roots):
        for match in reader.matches(key.text, node):
            rule = RULES[match.rule]
            if rule.environment is Environment.PRODUCTION and rule.kind is not TextKind.COMMAND:
                return frozenset()
    return frozenset(_logins(services))


def _logins(services: dict[str, Fields]) -> Iterator[tuple[str, str]]:
    hosts: set[str] = set()
    passwords: set[str] = set()
    for service, fields in services.items():
        if is_server(fields):
            hosts.update((service, *_container_name(fields)))
            passwords.update(value for name, value in _variables(fields) if _is_password(name))
    for service, fields in services.items():
        for name, value in _variables(fields):
            is_own_password = _is_password(name) and value in passwords
            if is_own_password or _host(value) in hosts:
                yield service, name


def _host(url: str) -> str:
    match = HOST.search(url)
    return match[1] if match else ""


def _container_name(fields: Fields) -> list[str]:
    name = fields.get("container_name")
    return node_texts(name) if name else []


def is_server(fields: Fields) -> bool:
    """Return whether a service of a Compose file runs a known server from its image.

    Args:
        fields: The fields of the service.
    """
    image = fields.get("image")
    return image is not None and "build" not in fields and bool(SERVER_IMAGE.search(image.text))


def _variables(fields: Fields) -> Iterator[tuple[str, str]]:
    if "environment" in fields:
        yield from environment_assignments(fields["environment"])


def _is_password(name: str) -> bool:
    return not PASSWORD_WORDS.isdisjoint(words(name))
