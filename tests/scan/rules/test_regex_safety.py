from __future__ import annotations

import pytest

from shield_ai.scan.rules.regex_safety import count_unbounded, find_exponential


@pytest.mark.parametrize(
    "regex",
    [
        "(a+)+",
        "(a*)*b",
        "(a|a)*",
        "(x+x+)+y",
        "((ab)*c*)*",
        "(?:a{1,5000})+",
        "(?=(a+)+)",
        "([a-z]+|[0-9]+)*",
        pytest.param("((?:(?:a+)+b)*+)", id="in a possessive repeat"),
        pytest.param("(x)?(?(1)(?:a+)+b)", id="in a condition"),
        pytest.param("(x)?(?(1)y|(?:a+)+b)", id="in the other branch of a condition"),
    ],
)
def test_rejects_exponential_regexes(regex: str) -> None:
    assert find_exponential(regex)


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
        pytest.param("((?:a+b)*+)", id="possessive repeat"),
        pytest.param("(x)?(?(1)a+)", id="condition"),
    ],
)
def test_accepts_polynomial_regexes(regex: str) -> None:
    assert not find_exponential(regex)


@pytest.mark.parametrize(
    ("regex", "count"),
    [
        ("abc", 0),
        ("a+", 1),
        ("a.*b.*c", 2),
        ("(a+)|(b*)", 2),
        ("a{1,200}b{3}", 0),
        ("(?=a*)b{5,}", 2),
        ("((?:a+b+)?+)", 2),
        ("(x)?(?(1)a+b+|c+)", 3),
    ],
)
def test_counts_unbounded_repeats(regex: str, count: int) -> None:
    assert count_unbounded(regex) == count
