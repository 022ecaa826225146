"""Find the word that makes a secret-like name harmless, such as LENGTH in PASSWORD_LENGTH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_path, is_secret, is_secret_word
from shield_ai.model.secret_words import (
    CONSENT_WORDS,
    COUNTS,
    FORBIDDEN_VALUES,
    LIMITS,
    NON_SECRET_KEYS,
    OBJECTS,
    PROPERTIES,
    SWITCHES,
    SWITCHES_ANYWHERE,
)
from shield_ai.model.words import words

if TYPE_CHECKING:
    from collections.abc import Iterator

# PGSSLKEY is the path of a key file.
SSL_KEY = "SSLKEY"
# These words before the secret-like word make it harmless: AWS KMS never returns its keys, and an
# identity provider publishes the key that verifies its tokens.
KEY_OWNERS = frozenset({"KMS", "IDP"})


def harmless_word(name: str) -> str:
    """Return the word that makes a secret-like name harmless; empty for other names."""
    parts = words(name)
    indexes = [i for i in range(len(parts)) if _is_secret_like(parts, i)]
    if not indexes:
        return parts[-1] if parts and parts[-1].endswith(SSL_KEY) else ""
    if is_secret(name) or is_path(name):
        return ""
    return next(_harmless_words(parts, indexes[-1]), "")


def _harmless_words(parts: tuple[str, ...], index: int) -> Iterator[str]:
    """Yield the words that make a name harmless, the best explanation first.

    Args:
        parts: The words of the name.
        index: The index of the last secret-like word.
    """
    before = parts[:index]
    after = parts[index + 1 :]
    searches = (
        (after[::-1], PROPERTIES),
        (before[:1], SWITCHES),
        (parts, SWITCHES_ANYWHERE | LIMITS | COUNTS),
        (before[-1:], NON_SECRET_KEYS),
        (before, KEY_OWNERS | CONSENT_WORDS | OBJECTS),
        (parts, FORBIDDEN_VALUES),
    )
    for candidates, harmless in searches:
        for word in candidates:
            if word in harmless:
                yield word


def _is_secret_like(parts: tuple[str, ...], index: int) -> bool:
    return is_secret_word(parts, index) or (index > 0 and parts[index] in {"KEY", "KEYS"})
