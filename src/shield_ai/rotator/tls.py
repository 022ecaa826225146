"""TLS to a database: verified, unless the secret says otherwise."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from .errors import SetupError

if TYPE_CHECKING:
    from .document import Login


def context(login: Login) -> ssl.SSLContext | None:
    """Make the context for a login; None where the secret turns TLS off."""
    if login.tls == "disable":
        return None
    if login.tls == "require":
        loose = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        loose.check_hostname = False
        loose.verify_mode = ssl.CERT_NONE
        return loose
    in_text = login.ca.startswith("-----BEGIN")
    try:
        strict = ssl.create_default_context(
            cafile=login.ca or None if not in_text else None, cadata=login.ca if in_text else None
        )
    except (OSError, ValueError) as error:
        raise SetupError(
            f"the certificates of sslrootcert can't be read: {type(error).__name__}"
        ) from None
    strict.check_hostname = login.tls == "verify-full"
    return strict
