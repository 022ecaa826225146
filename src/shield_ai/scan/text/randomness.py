"""Distinguish random text, such as keys and tokens, from words and names."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter

from shield_ai.project.perf.lazy_regex import regex

# These letter pairs make up five sixths of the pairs in code, and a quarter of random pairs.
COMMON_PAIRS = frozenset(
    re.findall(
        "..",
        "inerreteesstatonleentiarseetdecontorallianraritangedtrmeisrogemaitloecndelnetola"
        "diassieacansiopepaacchicfiprunilvectcenalladolexnossamrsrtouimncabthomtsopurhahe"
        "daodospompscemblplmiutidotefmoshusapspocnisucksoieigrrhoagirulkefoepvaclttdorcum"
        "crbaialstyrmgrpteecitcowsaaiffbebiltlyslquluupldegoohicuibuixtiprdnvtuevbopifeub"
        "ifivddizdsfaaugizenfnuviyptpgsuetlwiflpsobpprlbufrogaydlmscsuaruwaeorybrovoidrht",
    )
)
WORD = regex(r"[A-Za-z]{2,}")
HEX = regex(r"[0-9a-f]+|[0-9A-F]+")
UUID = regex(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
CASE_CHANGE = regex(r"[A-Z]{2}(?=[a-z])|[a-z](?=[A-Z])|[0-9](?=[a-zA-Z])|/")
MIN_LENGTH = 8  # the shortest keys in use
MIN_HEX = 10
MIN_LETTERS = 12  # of a key without digits that often changes its case
MIN_LONG = 20  # of any other key without digits
MIN_WORDINESS = 0.6  # of letters that are a name, not a key


def entropy(text: str) -> float:
    """Return the Shannon entropy of a text, in bits per character."""
    size = len(text)
    if not size:
        return 0.0
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values())


@functools.lru_cache(maxsize=4096)
def wordiness(text: str) -> float:
    """Return the share of letter pairs that are common in code; 0.5 for a text without pairs."""
    pairs = []
    for word in WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)):
        lower = word.lower()
        pairs += [lower[i : i + 2] for i in range(len(lower) - 1)]
    if not pairs:
        return 0.5
    return sum(pair in COMMON_PAIRS for pair in pairs) / len(pairs)


def has_words(text: str) -> bool:
    """Return whether the letters of a text are a name, not a key."""
    return wordiness(text) > MIN_WORDINESS


def is_random(text: str) -> bool:
    """Return whether a text looks like a key or a token instead of a name, a word or a sentence."""
    if len(text) < MIN_LENGTH or len(set(text)) < 5:
        return False
    digits = sum(map(str.isdigit, text))
    if digits < 2 and len(text) < MIN_LONG:  # most texts are words, and are decided here
        return _has_shuffled_letters(text)
    letters = sum(map(str.isalpha, text))
    if HEX.fullmatch(text):  # but not "deadbeef" and "20240101"
        return min(digits, letters) >= 2 and len(text) >= MIN_HEX
    if UUID.fullmatch(text):
        return entropy(text) > 3  # but not 00000000-0000-… and 12345678-1234-…
    return letters > 0 and _is_random_text(text, digits)


def _is_random_text(text: str, digits: int) -> bool:
    """Return whether a text that is neither hexadecimal nor a UUID is random."""
    if digits >= 2:  # many names end with one digit
        return _has_inner_digits(text) and wordiness(text) < 0.8 and entropy(text) > 2.8
    return len(text) >= MIN_LONG and _has_random_letters(text)


def _has_inner_digits(text: str) -> bool:
    """Return whether there are digits other than a number at the end of a name."""
    core = re.sub(r"^[A-Za-z_.\-]+[0-9]{1,4}$|[.\-_][0-9]+(?=[.\-_]|$)", "", text)
    return bool(re.search(r"[0-9]", core)) and bool(re.search(r"[A-Za-z]", core))


def _has_random_letters(text: str) -> bool:
    """Return whether a long text has few common pairs or changes its case often."""
    if entropy(text) <= 3.5:
        return False
    return wordiness(text) < 0.55 or len(CASE_CHANGE.findall(text)) >= 6


def _has_shuffled_letters(text: str) -> bool:
    """Return whether a short text both changes its case often and has few common pairs."""
    if len(text) < MIN_LETTERS or text.islower() or not text.isascii():
        return False
    return len(CASE_CHANGE.findall(text)) >= 3 and wordiness(text) < 0.4
