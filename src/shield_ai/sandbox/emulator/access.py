"""Restrict the AWS emulator to processes that have its random key.

Other users of the machine, and web pages in a browser, can also connect to a loopback port.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# Environment variables of the server process.
KEY_VARIABLE = "SHIELD_LOCAL_ACCESS_KEY"
HOOKS_VARIABLE = "SHIELD_LOCAL_HOOKS"  # "true" if rotation functions may contain hooks
KEY_HEADER = "HTTP_X_SHIELD_LOCAL_KEY"  # header of unsigned requests, such as to moto's own API
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
CREDENTIAL_PARTS = 5  # key, date, region, service, "aws4_request"


class Credential(NamedTuple):
    """What a request is signed with; empty if it is unsigned."""

    access_key_id: str = ""
    region: str = ""
    service: str = ""


def parse_credential(authorization: str) -> Credential:
    """Return the credential in an Authorization header."""
    parts = authorization.partition("Credential=")[2].split(",")[0].split("/")
    if len(parts) != CREDENTIAL_PARTS:
        return Credential()
    key, _, region, service, _ = parts
    return Credential(key, region, service.lower())


def refusal(environ: dict[str, Any], key: str, role_keys: Iterable[str]) -> str:
    """Return why a request is rejected; empty if it is accepted.

    Args:
        environ: The WSGI environment of the request.
        key: The access key ID of the server's clients.
        role_keys: The access key IDs of the roles that they have assumed.
    """
    host = str(environ.get("HTTP_HOST", ""))
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    if name not in LOOPBACK_NAMES:
        return "the Host header must be localhost, 127.0.0.1 or [::1]"
    if "HTTP_ORIGIN" in environ:
        return "the AWS emulator does not accept requests from web pages"
    credential = parse_credential(str(environ.get("HTTP_AUTHORIZATION", "")))
    given = str(environ.get(KEY_HEADER, "")) or credential.access_key_id
    if any(hmac.compare_digest(given.encode(), known.encode()) for known in (key, *role_keys)):
        return ""
    return "unknown access key: use the variables that shield local prints"
