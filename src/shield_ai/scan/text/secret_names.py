"""Find and mask credentials in names, such as `os.getenv("ghp_…")` and the names of files.

Unlike values, names are printed and written to shield.toml.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from shield_ai.model.hidden import MASK
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.rules.pattern import credential_pattern
from shield_ai.scan.text.token_rules import RegexRules

if TYPE_CHECKING:
    from collections.abc import Iterable

# Every token has at least 16 of these characters, so other texts are not searched.
_CANDIDATE = regex(r"[\w+/=.~:@-]{16}")
# This rule mistakes the word after a name for a password: `shield rotate postgres-password again`.
COMMAND_PASSWORD = "CRED.command-password"
_MAX_SIZE = 20_000_000  # characters, as for a file


def find_tokens(texts: Iterable[str]) -> set[str]:
    """Return the credentials that the built-in token rules find in some names."""
    candidates = {text for text in texts if _CANDIDATE.search(text)}
    if not candidates:
        return set()
    raw = "\n".join(sorted(candidates))[:_MAX_SIZE].encode("utf-8", "replace")
    rules = _token_rules()
    numbers = rules.with_any_keyword(raw)
    return {token.value for token in rules.find(raw, numbers, {}, non_production=False)}


def mask_tokens(text: str, tokens: Iterable[str] | None = None) -> str:
    """Replace the credentials in a text.

    Args:
        text: A name, or a message with names.
        tokens: The credentials, if they are already known.
    """
    found = find_tokens([text]) if tokens is None else tokens
    for token in sorted(found, key=len, reverse=True):
        text = text.replace(token, MASK)
    return text


@functools.cache
def _token_rules() -> RegexRules:
    rules = credential_pattern().rules
    return RegexRules(rule for rule in rules if rule.id != COMMAND_PASSWORD)
