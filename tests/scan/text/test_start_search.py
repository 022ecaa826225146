from __future__ import annotations

import itertools
import random
import re

import pytest

from shield_ai.scan.rules.examples import fill
from shield_ai.scan.rules.match_starts import Anchor, find_anchors
from shield_ai.scan.rules.pattern import credential_pattern
from shield_ai.scan.text.regions import Region, finditer_in, whole_file_region
from shield_ai.scan.text.start_search import StartSearch
from shield_ai.scan.text.token_rules import (
    RegexRules,
    _move_flags_first,
    compile_rule,
    full_regex,
    start_search,
)

RULES = RegexRules(credential_pattern().rules).rules
PARTS = ["x" * 400, "0" * 40, "", "\n", '"', " ", "-", "a."]


def test_search_by_starts_finds_all_matches() -> None:
    """Compare with finditer(), in whole files and in regions of them."""
    generator = random.Random(1)  # the same text each time
    for rule in RULES:
        pattern, starts = compile_rule(rule), start_search(rule)
        examples = [fill(e, size) for e in (*rule.examples, *rule.non_examples) for size in (1, 2)]
        anchors = find_anchors(_move_flags_first(full_regex(rule)))
        texts = [*examples, *(anchor.text.decode() for anchor in anchors), *PARTS]
        texts += [text.upper() for text in texts]
        for _ in range(8):
            raw = "".join(generator.choices(texts, k=9)).encode()
            half = len(raw) // 2
            for regions in (
                whole_file_region(raw),
                [Region(0, half, len(raw)), Region(half, len(raw), len(raw))],
            ):
                found = [m.span() for m in finditer_in(pattern, raw, regions, starts)]
                assert found == [m.span() for m in finditer_in(pattern, raw, regions)], rule.id


def test_search_where_starts_are_close() -> None:
    raw = b"abab abx" * 20
    pattern = re.compile(rb"ab\w")
    starts = StartSearch([Anchor(b"ab")])
    spans = [match.span() for match in finditer_in(pattern, raw, whole_file_region(raw), starts)]
    assert spans == [match.span() for match in pattern.finditer(raw)]


@pytest.mark.parametrize(
    ("regex", "raw"),
    [
        pytest.param(rb"\w?aab", b"aaab aab xaaabab", id="overlapping texts"),
        pytest.param(
            rb"(?i)[-x]?-[a-z]{0,4}?key=\d", b"--key=1 -aKEY=2 x-key=3 -akey=", id="windows"
        ),
        pytest.param(rb"[0-9]{8}:[ab]", b"123456789:a 1234567:b :::12345678:b", id="character"),
        pytest.param(rb"x?key1|\d\dkey", b"key1 12key1 xkey1 xxkey", id="choice"),
    ],
)
def test_search_after_the_start(regex: bytes, raw: bytes) -> None:
    """Compare with finditer() in each region of a text."""
    pattern = re.compile(regex)
    anchors = find_anchors(regex.decode())
    assert any(anchor.high for anchor in anchors)
    raw += b" " * 99  # where starts are close, finditer() is used
    for start, stop in itertools.combinations(range(len(raw)), 2):
        regions = [Region(start, stop, len(raw))]
        found = [match.span() for match in finditer_in(pattern, raw, regions, StartSearch(anchors))]
        assert found == [match.span() for match in finditer_in(pattern, raw, regions)]
