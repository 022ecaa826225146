from __future__ import annotations

import pytest

from shield_ai.scan.rules.match_starts import Anchor, find_anchors
from shield_ai.scan.rules.pattern import credential_pattern
from shield_ai.scan.text.token_rules import RegexRules, start_search

RULES = RegexRules(credential_pattern().rules).rules


@pytest.mark.parametrize(
    ("regex", "starts"),
    [
        pytest.param(r"ghp_[a-z]{3}", [b"ghp_"], id="literal"),
        pytest.param(r"(?<![a-z])(?:(?:sk|rk)_)x", [b"rk_x", b"sk_x"], id="choice"),
        pytest.param(r"(?i)\bBasic {1,3}x", [b"basic "], id="upper case"),
        pytest.param(r"ab?c+d", [b"abc", b"ac"], id="repeats"),
        pytest.param(r"[a-c]z", [b"az", b"bz", b"cz"], id="small set"),
        pytest.param(r"abc|ab", [b"ab"], id="beginning of another"),
    ],
)
def test_texts_at_the_start(regex: str, starts: list[bytes]) -> None:
    assert list(find_anchors(regex)) == [Anchor(start) for start in starts]


@pytest.mark.parametrize(
    ("regex", "texts"),
    [
        pytest.param(r"[a-z]bc", [(b"bc", 1, 1)], id="large set"),
        pytest.param(r"(?i)[a-z]{1,30}://x", [(b"://x", 1, 30)], id="repeat"),
        pytest.param(r"-?(?:\w{2}ab|xcd)z", [(b"ab", 2, 3), (b"xcd", 0, 1)], id="choice"),
        pytest.param(r"a?(?:[0-9]token){2}", [(b"token", 1, 2)], id="repeated group"),
        pytest.param(r"[a-f0-9]{32}-[a-z]", [(b"-", 32, 32)], id="character after a set"),
        pytest.param("\u00e9tat", [(b"tat", 2, 2)], id="several bytes"),
    ],
)
def test_texts_after_the_start(regex: str, texts: list[tuple[bytes, int, int]]) -> None:
    assert [anchor[:3] for anchor in find_anchors(regex)] == texts


@pytest.mark.parametrize(
    "regex",
    [
        pytest.param(r"x[ab]y|x[^a]", id="negated set"),
        pytest.param(r"(?:ab)?", id="empty"),
        pytest.param(r"[a-z]{2}x[a-z]", id="character"),
        pytest.param(r"\w*abc", id="unbounded"),
        pytest.param(r"\w{300}abc", id="far"),
        pytest.param(r"abcd|[^x]\d", id="choice without a text"),
        pytest.param(r"(?>[a-z])([a-z])?(?(1)a|b)", id="others"),
    ],
)
def test_no_text(regex: str) -> None:
    assert not find_anchors(regex)


def test_most_rules_have_starts() -> None:
    assert sum(bool(start_search(rule)) for rule in RULES) > 0.95 * len(RULES)
