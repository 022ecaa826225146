"""Leave out variables without credentials: the host of a database, the URL of a server."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.database_fields import is_sqlite
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.model.file_reader import read_optional
from shield_ai.model.finding import Kind
from shield_ai.model.name_meaning import Meaning, meaning
from shield_ai.model.secret_words import SERVICES
from shield_ai.model.skip import SkipId
from shield_ai.model.words import words
from shield_ai.scan.deployment.production import is_production_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.model.deployment import Deployment
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Secret
    from shield_ai.model.site import FoundSite, Site
    from shield_ai.model.skip import SkipReason


NO_HOST = (
    "{name}: shield rotate can't change its password, because {host} stays a variable; for that, "
    "add {fields} to its fields in shield.toml before you apply: AWS then overrides the deployment"
)
SERVER_FIELDS = ("host", "port", "database")
# Of a variable with the value itself, or the attribute of another resource.
PLAIN_FORMS = frozenset({ValueForm.LITERAL, ValueForm.URL, ValueForm.MIXED, ValueForm.REFERENCE})
# Of a variable that no file sets to a URL with credentials.
PLAIN_URL_FORMS = frozenset({ValueForm.URL, ValueForm.EMPTY, ValueForm.PLACEHOLDER})


def sqlite_names(sites: Iterable[FoundSite]) -> dict[str, SkipReason]:
    """Map the variables that name SQLite databases to the reason not to move them.

    Another branch of the settings may read the same variable for a database with a login. With
    SQLite, the app must start without the secret of that login.

    Args:
        sites: All sites of the app.
    """
    names = {site.variable for _, site in sites if is_sqlite(site.engine) and not site.group}
    return dict.fromkeys(sorted(names), SkipId.SQLITE_NAME.reason())


def set_by_deployment(deployment: Deployment) -> dict[str, SkipReason]:
    """Map the variables that a file sets for production without a secret to that reason.

    A copy in AWS would override what the deployment sets, such as the host of a new server.

    Args:
        deployment: The places that set the variables of the new secrets.
    """
    reasons: dict[str, SkipReason] = {}
    for item in deployment.variables:
        # Compose takes the variable from .env or from the shell, which also have secrets.
        is_unknown = item.kind is DeploymentKind.COMPOSE and item.form is ValueForm.REFERENCE
        if item.use is Use.PRODUCTION and item.form in PLAIN_FORMS and not is_unknown:
            reason = SkipId.SET_BY_DEPLOYMENT.reason(path=item.path)
            reasons.setdefault(item.variable, reason)
    return reasons


def ports_of_servers(
    secrets: Iterable[Secret], plain: Mapping[str, SkipReason]
) -> dict[str, SkipReason]:
    """Map the port of each database whose host stays a variable to the reason of the host.

    Args:
        secrets: The new secrets.
        plain: Why variables are not moved.
    """
    ports = {}
    for secret in secrets:
        fields = secret.fields or {}
        host, port = fields.get("host", ""), fields.get("port", "")
        if port and host in plain:
            ports[port] = plain[host]
    return ports


def plain_urls(
    deployment: Deployment, sites: Iterable[FoundSite], read: FileReader
) -> dict[str, SkipReason]:
    """Map the variables with a server's URL that has no credentials anywhere to that reason.

    The URLs of databases and message brokers are left out: in production, they have a password,
    unless a file named for production shows that they have none.

    Args:
        deployment: The places that set the variables of the new secrets.
        sites: All sites of the app.
        read: Returns the bytes of a file of the app.
    """
    forms: defaultdict[str, set[ValueForm]] = defaultdict(set)
    paths: dict[str, str] = {}
    for item in deployment.variables:
        forms[item.variable].add(item.form)
        if item.use is Use.PRODUCTION and item.form is ValueForm.URL:
            known = paths.setdefault(item.variable, item.path)
            if is_production_name(item.path) and not is_production_name(known):
                paths[item.variable] = item.path
    with_login = {
        site.variable
        for finding, site in sites
        if site.variable in paths and _has_login_default(site, finding.path, read)
    }
    return {
        name: SkipId.PLAIN_URL.reason(path=path)
        for name, path in paths.items()
        if forms[name] <= PLAIN_URL_FORMS and name not in with_login and _is_server_url(name, path)
    }


def _has_login_default(site: Site, path: str, read: FileReader) -> bool:
    """Return whether the default in the code is a URL that may have a login."""
    if site.default_end:
        raw = read_optional(read, path) or b""
        return b"@" in raw[site.default_start : site.default_end]
    return site.has_nonempty_default and not site.default_ok_in_production


def _is_server_url(variable: str, path: str) -> bool:
    has_service = not SERVICES.isdisjoint(words(variable))
    return meaning(variable) is Meaning.URL and (not has_service or is_production_name(path))


def without_fields(secret: Secret, held: Mapping[str, SkipReason]) -> Secret:
    """Return the secret of a database without the fields that stay variables.

    The user and the password are always moved. A rotation needs all fields, so it is left out.

    Args:
        secret: A new secret.
        held: Why variables are not moved.
    """
    fields = secret.fields or {}
    left_out = {field for field in SERVER_FIELDS if fields.get(field) in held}
    if secret.kind is not Kind.DATABASE or not left_out:
        return secret
    moved = {field: name for field, name in fields.items() if field not in left_out}
    return msgspec.structs.replace(secret, fields=moved, rotate="manual")


def hostless_lines(secrets: Iterable[Secret], held: Mapping[str, SkipReason]) -> Iterator[str]:
    """Yield a line for each database that can't be rotated because its host stays a variable.

    Args:
        secrets: The new secrets, with all fields.
        held: Why variables are not moved.
    """
    for secret in secrets:
        fields = secret.fields or {}
        host = fields.get("host", "")
        if secret.kind is Kind.DATABASE and host in held:
            left_out = [field for field in SERVER_FIELDS if fields.get(field) in held]
            entries = [f'{field} = "{fields[field]}"' for field in left_out]
            yield NO_HOST.format(name=secret.name, host=host, fields=", ".join(entries))
