from __future__ import annotations

import re
import signal
import threading
import time

import msgspec
import pytest

from shield_ai.scan.rules import pattern
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text.detector import Detector
from shield_ai.scan.text.engine import scan_credentials
from shield_ai.scan.text.prefilter import KeywordPrefilter
from shield_ai.scan.text.regex_timeout import find_matches
from shield_ai.scan.text.regions import whole_file_region
from shield_ai.scan.text.token_rules import RegexRules

PATTERN = """\
id: ACME
title: t
severity: high
description: d
fix: f
references: [https://acme.example]
risk_assessment: {impact: high, exploitability: high, affected_scope: s}
files: {regex: ["**/*"]}
rules:
  - id: ACME.slow
    kind: regex
    severity: high
    title: A key
    message: "{name} is a key"
    explanation: e
    fix: f
    regex: "((?:a{1,100}){1,100})!"
    keywords: [aaa]
    examples: ["aaaaaa!"]
    non_examples: ["b"]
"""


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        pytest.param(rb"((?:a{1,100}){1,100})!", b"a" * 60, id="exponential"),
        pytest.param(rb"([a-z]+)!", b"a" * 1_000_000, id="square of a line"),
    ],
)
def test_regex_times_out(regex: bytes, text: bytes) -> None:
    before = time.process_time()
    assert find_matches(re.compile(regex), text, whole_file_region(text), 0.1) is None
    assert time.process_time() - before < 5  # a check comes each few thousand steps
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
    assert signal.getsignal(signal.SIGVTALRM) is signal.SIG_DFL


def test_gives_the_matches_of_finditer() -> None:
    found = find_matches(re.compile(rb"a(b)?"), b"abaab", whole_file_region(b"abaab"))
    assert found is not None
    assert [m.span() for m in found] == [(0, 2), (2, 3), (3, 5)]


def test_works_in_a_thread() -> None:
    found: list[object] = []
    thread = threading.Thread(
        target=lambda: found.append(find_matches(re.compile(b"a"), b"aa", whole_file_region(b"aa")))
    )
    thread.start()
    thread.join()
    assert len(found[0]) == 2  # type: ignore[arg-type]


def test_timeout_of_a_custom_rule_skips_one_file() -> None:
    files = {"a.txt": b"a" * 60 + b"\n", "b.txt": b"aaaaaa!"}
    seen = scan_credentials(
        list(files),
        files.get,
        [pattern.parse_pattern(PATTERN, "acme.yaml"), pattern.credential_pattern()],
    )
    assert [(f.path, f.rule) for f in seen.findings] == [("b.txt", "ACME.slow")]
    assert [(s.path, "ACME.slow timed out" in s.reason) for s in seen.skipped] == [("a.txt", True)]


def test_custom_rules_share_a_budget() -> None:
    custom = pattern.parse_pattern(PATTERN, "acme.yaml")
    other = msgspec.structs.replace(custom.rules[0], id="ACME.other")
    builtin = pattern.credential_pattern()
    tokens = RegexRules([*builtin.rules, *custom.rules, other], custom_budget=0.1)
    detector = Detector(
        [builtin, msgspec.structs.replace(custom, rules=(*custom.rules, other))],
        KeywordPrefilter(tokens),
    )
    assert detector.find("a.txt", b"a" * 60) == []
    first, second = tokens.take_problems()
    assert first.text == "rule ACME.slow timed out in this file: limit * and + to {0,200}"
    assert second.text.startswith("rule ACME.other did not run in this file: custom rules took")
    token = fill("aaaaaa! ghp_{alnum:36}").encode()
    assert [finding.rule for finding in detector.find("b.txt", token)] == ["CRED.github-token"]
    (problem,) = tokens.take_problems()
    assert problem.text.startswith("rules ACME.slow and ACME.other did not run in this file")
    assert tokens.take_problems() == []


def test_matches_of_a_custom_rule_are_limited() -> None:
    text = PATTERN.replace("((?:a{1,100}){1,100})!", "(aaa)").replace("aaaaaa!", "aaa")
    files = {f"{number}.txt": b"aaa\n" * 1500 for number in range(4)}
    custom = pattern.parse_pattern(text, "acme.yaml")
    tokens = RegexRules([*pattern.credential_pattern().rules, *custom.rules], custom_budget=2.5)
    detector = Detector([pattern.credential_pattern(), custom], KeywordPrefilter(tokens))
    counts = []
    problems = []
    for path, raw in files.items():
        counts.append(len(detector.find(path, raw)))
        problems += [problem.text for problem in tokens.take_problems()]
    assert counts == [1000, 1000, 1000, 0]
    stopped = "rule ACME.slow stopped after 1,000 matches in this file; use a narrower regex"
    assert problems[:3] == [stopped] * 3
    assert "did not run in this file" in problems[3]


def test_rule_with_many_timeouts_is_disabled(monkeypatch) -> None:
    monkeypatch.setattr("shield_ai.scan.text.token_rules.MAX_TIMEOUTS", 2)
    files = {f"{number}.txt": b"a" * 60 + b"\n" for number in range(30)}
    before = time.process_time()
    seen = scan_credentials(
        list(files),
        files.get,
        [pattern.parse_pattern(PATTERN, "acme.yaml"), pattern.credential_pattern()],
    )
    assert time.process_time() - before < 15
    assert [skip.path for skip in seen.skipped] == list(files)  # each is named
