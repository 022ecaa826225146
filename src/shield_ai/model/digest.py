"""SHA-256 of what is small, by what Python has built in: loading OpenSSL for it takes a tenth of a short scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:  # as the standard library's own `random` does
        from _sha2 import sha256
    except ImportError:
        try:
            from _sha256 import sha256  # before Python 3.12
        except ImportError:
            from hashlib import sha256


def hexdigest(raw: bytes) -> str:
    """Return the digest in hexadecimal."""
    return sha256(raw).hexdigest()
