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
        pytest.param("(?:aa?)*", id="optional part"),
        pytest.param("(?:[0-9a-f][0-9a-f]?)+", id="optional character of a set"),
        pytest.param("(?:ab?|b)*", id="optional end of a branch"),
        pytest.param("(?:a?)*", id="only an optional part"),
        pytest.param("(?:[a-z]?[^0-9])+", id="optional character, negated set"),
        pytest.param(r"(?:\w\d?)+", id="optional character, category"),
        pytest.param("(?:é[à-ü]?)+", id="optional character above ASCII"),
        pytest.param("(?:Ж[Ж-Я]?)+", id="optional character above Latin 1"),
        pytest.param("(?i)(?:AX|ax)*", id="alternation that ignores case"),
        pytest.param("(?:(?i:A)X|ax)*", id="group that ignores case"),
        pytest.param("(?:abc|ab|cab)+", id="alternation with an ambiguous end"),
        pytest.param("(?:a+){1,100}", id="in a bounded repeat"),
        pytest.param("(?:a{1,2}){1,999}", id="bounded in a bounded repeat"),
        pytest.param("(?:a{1,100}){30}", id="in a fixed number of repeats"),
        pytest.param("(?:(?:a+b?){2})+", id="in two repeats"),
        pytest.param(r"(x)(?:x?\1)+", id="before a reference"),
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
        pytest.param("(?:ab?)+", id="optional part that the next character decides"),
        pytest.param("(?:[a-z]|[0-9])+", id="distinct sets"),
        pytest.param("(?:AX|ax)*", id="alternation that respects case"),
        pytest.param("(?:ab|a)*", id="alternation that the next character decides"),
        pytest.param("(?:a+b)+", id="nested repeat that the next character decides"),
        pytest.param(r"(?:\d{1,3}\.){3}", id="bounded nested repeat"),
        pytest.param("(?:[^,]{1,20},)+", id="negated set"),
        pytest.param("(?:(?>a+))+", id="atomic group"),
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
