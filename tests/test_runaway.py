from __future__ import annotations

import pytest

from shield_ai.runaway import runaway


@pytest.mark.parametrize(
    "regex",
    ["(a+)+", "(a*)*b", "(a|a)*", "(x+x+)+y", "((ab)*c*)*", "(?:a{1,5000})+", "(?=(a+)+)", "([a-z]+|[0-9]+)*"],
)
def test_refuses(regex: str) -> None:
    assert runaway(regex)


@pytest.mark.parametrize(
    "regex",
    [
        "a+b*",
        "(ab|cd)+",
        "(?:ab){3}",
        "[a-z]{1,20}x+",
        "(a{2}b)+",
        "(?P<x>a+)=",
        r"(\w{3}\s)*",
        "(a?b)+",
        "(ab|cd){1,9}",
    ],
)
def test_allows(regex: str) -> None:
    assert not runaway(regex)
