from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from shield_ai.scan.files.file_filter import find_markers
from shield_ai.scan.rules import pattern
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text import prefilter as prefilter_module
from shield_ai.scan.text.detector import Detector
from shield_ai.scan.text.prefilter import HyperscanPrefilter, KeywordPrefilter, create_prefilter
from shield_ai.scan.text.token_rules import RegexRules, compile_rule

if TYPE_CHECKING:
    from pathlib import Path

hyperscan = pytest.importorskip("hyperscan")
TOKEN = fill("ghp_{alnum:36}").encode()
TOKENS = RegexRules(pattern.credential_pattern().rules)
PATHS = ["a.py", "a.yml", "tests/a.py"]
EXAMPLES = [
    fill(e)
    for rule in pattern.credential_pattern().rules
    for e in (*rule.examples, *rule.non_examples)
]


@pytest.fixture(scope="module")
def hyper(tmp_path_factory: pytest.TempPathFactory) -> HyperscanPrefilter:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return HyperscanPrefilter(TOKENS, hyperscan)


def test_prefilters_agree(hyper: HyperscanPrefilter) -> None:
    """Compare every example, alone and within other text."""
    fast = Detector([pattern.credential_pattern()], hyper)
    slow = Detector([pattern.credential_pattern()], KeywordPrefilter(TOKENS))
    generator = random.Random(1)  # the same text each time
    filler = [
        "x = 1",
        "def f(a):",
        "    return a",
        "token =",
        "password",
        "",
        "key: [",
        '"',
        "secret = load(",
        "})",
    ]
    for path in PATHS:
        parts = [
            part for e in EXAMPLES[:: len(PATHS)] for part in (*generator.choices(filler, k=3), e)
        ]
        text = "\n".join(parts).encode()
        assert fast.find(path, text) == slow.find(path, text)
        for example in EXAMPLES[PATHS.index(path) :: len(PATHS)]:
            assert fast.find(path, example.encode()) == slow.find(path, example.encode())


def test_text_before_an_example_does_not_hide_it(hyper: HyperscanPrefilter) -> None:
    """Check a limitation of hyperscan with choices of words after a word boundary."""
    generator = random.Random(1)  # the same text each time
    others = "\n".join(EXAMPLES).encode()
    for number, rule in enumerate(TOKENS.rules):
        for example in rule.examples:
            for size in (1, 5, 13, 31, 60, 150):
                at = generator.randrange(len(others) - size)
                text = others[at : at + size] + b"\n" + fill(example, size).encode()
                if compile_rule(rule).search(text):
                    assert number in hyper.find_candidates(text, unquoted=False).rules, rule.id


@pytest.mark.parametrize(
    "text",
    ["import os\nos.environ['API_KEY']", "x = 1", "load_dotenv()", "class A(BaseSettings): ..."],
)
def test_markers_agree_with_the_file_filter(hyper: HyperscanPrefilter, text: str) -> None:
    found = hyper.find_candidates(text.encode(), unquoted=False).markers
    assert found == find_markers(text.encode())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("a.yml", "password: |\n  {alnum:14}\n", id="yaml, block"),
        pytest.param("a.yml", "? password\n: {alnum:14}\n", id="yaml, long form"),
        pytest.param("a.yml", "- value: {alnum:14}\n  name: DB_PASSWORD\n", id="yaml, beside"),
        pytest.param(
            "a.yml",
            "kind: Secret\ndata:\n  a: cG9zdGdyZXM6Ly9hOmh1bnRlcjIyeEBkYi9h\n",
            id="kubernetes",
        ),
        pytest.param("a.json", '{"value": "{alnum:14}", "name": "DB_PASSWORD"}', id="json, beside"),
        pytest.param("a.toml", 'password = """\n{alnum:14}"""\n', id="toml"),
        pytest.param("Dockerfile", "ENV DB_PASSWORD {alnum:12}\n", id="dockerfile"),
        pytest.param("a.ini", "password =\n  {alnum:14}\n", id="ini"),
    ],
)
def test_prefilters_agree_on_parsed_files(hyper: HyperscanPrefilter, path: str, text: str) -> None:
    raw = fill(text).encode()
    (found,) = Detector([pattern.credential_pattern()], KeywordPrefilter(TOKENS)).find(path, raw)
    assert Detector([pattern.credential_pattern()], hyper).find(path, raw) == [found]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Shorten the parts, so that short texts have several."""
    monkeypatch.setattr(prefilter_module, "PART_SIZE", 8192)
    monkeypatch.setattr(prefilter_module, "PART_OVERLAP", 4096)
    return 8192


@pytest.mark.parametrize(
    ("path", "sep"), [("a.js", " "), ("a.js", "\n"), ("a.yml", "\n"), ("a.yml", ";")]
)
def test_long_file_is_searched_in_parts(
    hyper: HyperscanPrefilter, short: int, path: str, sep: str
) -> None:
    """Compare with a search of the whole file, for any boundary of parts."""
    generator = random.Random(2)  # the same text each time
    parts, size = [], 0
    while size < 6 * short:
        parts += [generator.choice(EXAMPLES), "f(a, key, token)" * generator.randrange(40)]
        size += len(parts[-1]) + len(parts[-2])
    raw = sep.join(parts).encode()
    fast = Detector([pattern.credential_pattern()], hyper).hits(path, raw)
    assert fast == Detector([pattern.credential_pattern()], KeywordPrefilter(TOKENS)).hits(
        path, raw
    )
    assert len(fast) > 20


@pytest.mark.parametrize(
    "text",
    ["key AKIA{upper:16} ", 'password = "{alnum:20}"', "<password>{alnum:20}</password>"],
    ids=["key", "=", "<>"],
)
def test_secret_at_the_boundary_of_two_parts(
    hyper: HyperscanPrefilter, short: int, text: str
) -> None:
    first, second = fill(text).encode(), fill(text).encode()
    for shift in range(-60, 60, 7):
        filler = b"x" * (short + shift - len(first))
        raw = first + b"\n" + filler + second + b" y" * short
        found = Detector([pattern.credential_pattern()], hyper).hits("a.js", raw)
        assert [hit.start < len(first) for hit in found] == [True, False], shift


def test_small_scan_does_not_compile_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert isinstance(create_prefilter(TOKENS, 1000), KeywordPrefilter)
    assert isinstance(create_prefilter(TOKENS, 3_000_000), HyperscanPrefilter)
    assert isinstance(create_prefilter(TOKENS, 1000), HyperscanPrefilter)  # it lies there now


OWN = """\
id: ACME
title: t
severity: high
description: d
fix: f
references: []
risk_assessment: {impact: high, exploitability: high, affected_scope: s}
files: {regex: ["*"]}
rules:
  - {id: ACME.key, kind: regex, severity: high, title: t, message: m, explanation: e, fix: f, regex: 'REGEX',
     keywords: [acme], examples: [a], non_examples: [b]}
"""


@pytest.mark.parametrize(
    ("regex", "text", "found"),
    [
        pytest.param(
            r"((?a:acme_)[a-z]{4})", "acme_abcd", 1, id="a flag that hyperscan does not know"
        ),
        pytest.param(r"(acme|other)", "other", 0, id="no keyword in the match"),
        pytest.param(r"(acme|other)", "other acme", 2, id="a keyword elsewhere in the file"),
    ],
)
def test_prefilters_agree_on_custom_rules(
    tmp_path, monkeypatch, regex: str, text: str, found: int
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made = pattern.parse_pattern(OWN.replace("REGEX", regex), "acme.yaml")
    tokens = RegexRules(made.rules)
    assert len(Detector([made]).find("a.py", text.encode())) == found
    for _ in range(2):  # made, and kept
        assert (
            len(Detector([made], HyperscanPrefilter(tokens, hyperscan)).find("a.py", text.encode()))
            == found
        )


def test_invalid_cached_database_is_compiled_again(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    HyperscanPrefilter(TOKENS, hyperscan)
    (place,) = (tmp_path / "shield-ai").iterdir()
    whole = place.read_bytes()
    for left in (b"", b"garbage", whole[: len(whole) // 2]):
        place.write_bytes(left)
        assert HyperscanPrefilter(TOKENS, hyperscan).find_candidates(TOKEN, unquoted=False).rules
        assert place.read_bytes() == whole
