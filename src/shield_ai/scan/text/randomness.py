"""Whether a text looks made by a machine: the one question that tells a token from a word."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter

from shield_ai.project.perf.lazy_regex import regex

# The pairs of letters that make up five sixths of the words in code; of random pairs, a quarter are among them.
COMMON = frozenset(
    re.findall(
        "..",
        "inerreteesstatonleentiarseetdecontorallianraritangedtrmeisrogemaitloecndelnetoladiassieacansiopepaac"
        "chicfiprunilvectcenalladolexnossamrsrtouimncabthomtsopurhahedaodospompscemblplmiutidotefmoshusapspoc"
        "nisucksoieigrrhoagirulkefoepvaclttdorcumcrbaialstyrmgrpteecitcowsaaiffbebiltlyslquluupldegoohicuibui"
        "xtiprdnvtuevbopifeubifivddizdsfaaugizenfnuviyptpgsuetlwiflpsobpprlbufrogaydlmscsuaruwaeorybrovoidrht",
    )
)
WORD = regex(r"[A-Za-z]{2,}")
HEX = regex(r"[0-9a-f]+|[0-9A-F]+")
UUID = regex(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
CASE = regex(r"[A-Z]{2}(?=[a-z])|[a-z](?=[A-Z])|[0-9](?=[a-zA-Z])|/")
SHORT, LONG = 12, 20  # characters from which letters alone can make a key: at best, and in any case


def entropy(text: str) -> float:
    """Return the bits a character carries, by the text's own counts (Shannon)."""
    size = len(text)
    return -sum(n / size * math.log2(n / size) for n in Counter(text).values()) if size else 0.0


@functools.lru_cache(maxsize=4096)
def wordiness(text: str) -> float:
    """Return the share of letter pairs that are usual in English; 0.5 where there are no two letters together."""
    runs = [run.lower() for run in WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text))]
    pairs = [run[i : i + 2] for run in runs for i in range(len(run) - 1)]
    return sum(pair in COMMON for pair in pairs) / len(pairs) if pairs else 0.5


def is_random(text: str) -> bool:
    """Tell a key or a token from a name, a word or a sentence, by its look alone."""
    # eight characters are the shortest key in use
    if len(text) < 8 or len(set(text)) < 5:
        return False
    digits = sum(map(str.isdigit, text))
    # see below: most texts are words, and end here
    if digits < 2 and len(text) < LONG:
        return _shuffled(text)
    letters = sum(map(str.isalpha, text))
    if HEX.fullmatch(text):
        # "deadbeef" and "20240101" are none
        return digits >= 2 and letters >= 2 and len(text) >= 10
    if UUID.fullmatch(text):
        return entropy(text) > 3  # 00000000-0000-… and 12345678-1234-… are none
    if not letters:
        return False
    usual = wordiness(text)
    if digits >= 2:  # one digit ends many names
        return _mixed(text) and usual < 0.8 and entropy(text) > 2.8
    if len(text) < LONG or entropy(text) <= 3.5:
        return False
    # no name changes its case so often
    return usual < 0.55 or len(CASE.findall(text)) >= 6


def _mixed(text: str) -> bool:
    """Whether digits stand within the text, and not only as the number at the end of a name."""
    core = re.sub(r"^[A-Za-z_.\-]+[0-9]{1,4}$|[.\-_][0-9]+(?=[.\-_]|$)", "", text)
    return bool(re.search(r"[0-9]", core)) and bool(re.search(r"[A-Za-z]", core))


def _shuffled(text: str) -> bool:
    """Whether letters alone look random already: no name changes its case so often, with so few usual pairs."""
    if len(text) < SHORT or text.islower() or not text.isascii():
        return False
    return len(CASE.findall(text)) >= 3 and wordiness(text) < 0.4
