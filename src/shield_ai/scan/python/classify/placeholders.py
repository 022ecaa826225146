"""Recognize hardcoded placeholders: masks, and "default" or "your" with the name of the setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.text.value_shapes import has_only_weak_words

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.classify.candidates import Candidate

# Words of placeholders, such as "todo-api-key".
MARKERS = word_set("""
    DEFAULT EXAMPLE SAMPLE PLACEHOLDER CHANGE CHANGEME DUMMY FAKE REPLACE YOUR TODO DEFINED
    UNDEFINED UNSET SET REAL NOTREAL
""")
MIN_MASK = 3  # characters
DENIED = word_set("SECRET KEY PASSWORD TOKEN CREDENTIAL NEEDED USED")
FILLERS = word_set("NO NOT ME PLEASE THIS THE WITH HERE IN PRODUCTION A AN MY")


def explain_placeholder(candidate: Candidate) -> SkipReason | None:
    """Return the reason to skip a placeholder; None for other literals.

    Placeholders for SECRET_KEY and for a database are migrated: the app can't run without these
    secrets.

    Args:
        candidate: A literal.
    """
    if candidate.path[-1].upper() == "SECRET_KEY" or candidate.group:
        return None
    text = literal_text(candidate.node) or ""
    is_placeholder = (
        _is_mask(text)
        or _denies(text)
        or _repeats_names(text, candidate.path)
        or _is_made_up(text, candidate.path)
    )
    return SkipId.PLACEHOLDER.reason() if is_placeholder else None


def _denies(text: str) -> bool:
    """Return whether a text says that it is no secret, such as "not-a-secret"."""
    parts = words(text)
    is_denied = parts[:1] in {("NOT",), ("NO",), ("NON",)}
    return is_denied and FILLERS.union(DENIED).issuperset(parts) and not DENIED.isdisjoint(parts)


def _is_mask(text: str) -> bool:
    """Return whether a text repeats one character, such as in "xxxx"."""
    return len(text) >= MIN_MASK and len(set(text)) == 1


def _is_made_up(text: str, path: tuple[str, ...]) -> bool:
    """Return whether the secret of an OAuth client consists of words: providers generate it."""
    names = [word for name in path for word in words(name)]
    return names[-2:] == ["CLIENT", "SECRET"] and has_only_weak_words(text)


def _repeats_names(text: str, path: tuple[str, ...]) -> bool:
    """Return whether a text has a marker, and all other words are in the names of the setting."""
    parts = words(text)
    others = [part for part in parts if part not in MARKERS | FILLERS and not part.isdigit()]
    letters = "".join("".join(words(name)) for name in path)
    are_named = all(part in letters for part in others)
    return are_named and not MARKERS.isdisjoint(parts)
