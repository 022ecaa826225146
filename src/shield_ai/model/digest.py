"""Compute SHA-256 digests with CPython's built-in module.

`hashlib` loads OpenSSL, which takes a tenth of the time of a short scan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:  # the same import as in the standard library's `random`
        from _sha2 import sha256
    except ImportError:
        try:
            from _sha256 import sha256  # before Python 3.12
        except ImportError:
            from hashlib import sha256


def hexdigest(raw: bytes) -> str:
    """Return the SHA-256 digest in hexadecimal."""
    return sha256(raw).hexdigest()
