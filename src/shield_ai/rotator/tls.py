"""TLS connections to databases. Certificates are verified unless the secret disables it."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import SetupError

if TYPE_CHECKING:
    from .document import Login


def ssl_context(login: Login) -> ssl.SSLContext | None:
    """Return the SSL context of a login; None if the secret disables TLS.

    Raises:
        SetupError: The CA certificates can't be read.
    """
    if login.tls == "disable":
        return None
    if login.tls == "require":
        unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        unverified.check_hostname = False
        unverified.verify_mode = ssl.CERT_NONE
        return unverified
    try:
        if login.ca.startswith("-----BEGIN"):
            verified = ssl.create_default_context(cadata=login.ca)
        else:
            _require_regular_file(login.ca)
            verified = ssl.create_default_context(cafile=login.ca or None)
    except (OSError, TypeError, ValueError) as error:
        raise SetupError(
            f"the CA certificates of sslrootcert can't be read: {type(error).__name__}"
        ) from None
    verified.check_hostname = login.tls == "verify-full"
    return verified


def _require_regular_file(path: str) -> None:
    """Reject pipes and devices, which could block the rotation: the secret names the path."""
    if path and not Path(path).is_file():
        raise FileNotFoundError


def unverified_cleartext_error() -> SetupError:
    """Return the error for an unverified server that requests the password in cleartext."""
    return SetupError(
        "the server requests the password in cleartext, but TLS does not verify the server: "
        "set sslmode to verify-full, with the server's certificate authority"
    )
