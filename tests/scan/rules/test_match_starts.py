from __future__ import annotations

import random
import re

import pytest

from shield_ai.scan.rules.examples import fill
from shield_ai.scan.rules.match_starts import find_starts
from shield_ai.scan.rules.pattern import credential_pattern
from shield_ai.scan.text.regions import Region, finditer_in, whole_file_region
from shield_ai.scan.text.token_rules import RegexRules, compile_rule, match_starts

RULES = RegexRules(credential_pattern().rules).rules


@pytest.mark.parametrize(
    ("regex", "starts"),
    [
        pytest.param(r"ghp_[a-z]{3}", [b"ghp_"], id="literal"),
        pytest.param(r"(?<![a-z])(?:(?:sk|rk)_)x", [b"rk_x", b"sk_x"], id="choice"),
        pytest.param(r"(?i)\bBasic {1,3}x", [b"basic "], id="upper case"),
        pytest.param(r"ab?c+d", [b"abc", b"ac"], id="repeats"),
        pytest.param(r"x[ab]y|x[^a]", [], id="negated set"),
        pytest.param(r"[a-c]z", [b"az", b"bz", b"cz"], id="small set"),
        pytest.param(r"[a-z]bc", [], id="large set"),
        pytest.param(r"(?:ab)?", [], id="empty"),
        pytest.param(r"(ab)\1|.ab|a\dc", [], id="others"),
        pytest.param(r"\u00e9tat", [], id="several bytes"),
        pytest.param(r"abc|ab", [b"ab"], id="beginning of another"),
        pytest.param(r"(?>ab)c", [], id="atomic"),
    ],
)
def test_starts(regex: str, starts: list[bytes]) -> None:
    assert list(find_starts(regex)) == starts


def test_most_rules_have_starts() -> None:
    assert sum(bool(match_starts(rule)) for rule in RULES) > 0.8 * len(RULES)


def test_search_by_starts_finds_all_matches() -> None:
    """Compare with finditer(), in whole files and in regions of them."""
    generator = random.Random(1)  # the same text each time
    for rule in RULES:
        pattern, starts = compile_rule(rule), match_starts(rule)
        examples = [fill(e, size) for e in (*rule.examples, *rule.non_examples) for size in (1, 2)]
        texts = [*examples, *(start.decode() for start in starts), "x" * 400, "", "\n", '"']
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
    spans = [match.span() for match in finditer_in(pattern, raw, whole_file_region(raw), (b"ab",))]
    assert spans == [match.span() for match in pattern.finditer(raw)]
