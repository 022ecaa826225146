"""Authenticate the lines of a journal: each has a MAC over the previous MAC and the line.

The key is in the user's state folder. A journal that another user wrote, or that was copied from
another folder, has no valid MAC.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.invalid_input import INVALID_JSON
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.state_keys import create_state_key, read_state_key

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.model.hidden import Hidden

_SEPARATOR = b',"mac":"'
_MAC = regex(rb'(\{.+),"mac":"([0-9a-f]{64})"\}')


class _Header(msgspec.Struct, frozen=True):
    """The first line of a journal."""

    journal: str  # a random id, which selects the key


class JournalChain:
    """The key of one journal, and the MAC of its last line.

    Args:
        key: The key of the journal, from the user's state folder.
    """

    def __init__(self, key: bytes) -> None:
        self._mac_key = hmac.digest(key, b"journal", "sha256")
        self._token_key = hmac.digest(key, b"request-token", "sha256")
        self._last = b""

    def seal(self, record: bytes) -> bytes:
        """Return a line with its MAC, without the newline. Call `advance` when it is on disk.

        Args:
            record: A JSON object.
        """
        mac = hmac.digest(self._mac_key, self._last + record, "sha256")
        return record[:-1] + _SEPARATOR + mac.hex().encode() + b'"}'

    def advance(self, line: bytes) -> bool:
        """Return whether a line continues this journal; if so, make it the last line.

        Args:
            line: A line without the newline.
        """
        match = _MAC.fullmatch(line)
        if not match or not hmac.compare_digest(self.seal(match[1] + b"}"), line):
            return False
        self._last = bytes.fromhex(match[2].decode())
        return True

    def request_token(self, name: str, value: Hidden) -> str:
        """Derive the ClientRequestToken from a keyed hash of the value, for idempotent retries.

        Args:
            name: The secret's name in AWS.
            value: The value to store.
        """
        digest = hmac.digest(self._token_key, f"{name}\0{value.reveal()}".encode(), "sha256")
        return str(uuid.UUID(bytes=digest[:16], version=4))


def create_chain(root: Path) -> tuple[JournalChain, bytes]:
    """Create the key of a new journal, and return its chain and its first line.

    Args:
        root: The app's folder, resolved.

    Raises:
        SourceError: The state folder can't be written.
    """
    header = _Header(secrets.token_hex(16))
    chain = JournalChain(create_state_key(root, _key_name(root, header.journal)))
    return chain, chain.seal(msgspec.json.encode(header))


def open_chain(root: Path, first_line: bytes) -> JournalChain | None:
    """Return the chain of a journal after its first line; None if it has no valid MAC.

    Args:
        root: The app's folder, resolved.
        first_line: Without the newline.

    Raises:
        SourceError: The state folder can't be read.
    """
    try:
        header = msgspec.json.decode(first_line, type=_Header)
    except INVALID_JSON:
        return None
    key = read_state_key(root, _key_name(root, header.journal))
    if key is None:
        return None
    chain = JournalChain(key)
    return chain if chain.advance(first_line) else None


def _key_name(root: Path, journal: str) -> str:
    """Return the name of a journal's key. It depends on the folder, so that a copy has no key."""
    identity = f"{root}\0{journal}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(identity).hexdigest()
