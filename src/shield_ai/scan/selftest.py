"""Test that the rules of a pattern match their examples, and do not match their non-examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Confidence
from shield_ai.scan.files.suppressions import apply_suppressions, find_suppressions
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.rules.pattern import RuleKind
from shield_ai.scan.text.detector import Detector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.scan.rules.pattern import Pattern, Rule

SEEDS = 3  # random values for each example, so that it does not pass by chance


def check_examples(pattern: Pattern) -> list[str]:
    """Return a message for each example that fails.

    Args:
        pattern: The pattern to test. `fill()` inserts the random values into its examples.
    """
    # Examples have no path, so the rules must apply to all files.
    detector = Detector([msgspec.structs.replace(pattern, files={})])
    failures: list[str] = []
    for rule in pattern.rules:
        for example in _failing(detector, rule, rule.examples, expected=True):
            failures.append(f"{rule.id}: does not match {_one_line(example)}")
        for example in _failing(detector, rule, rule.non_examples, expected=False):
            failures.append(f"{rule.id}: matches {_one_line(example)}")
    return failures


def _failing(
    detector: Detector, rule: Rule, examples: tuple[str, ...], *, expected: bool
) -> Iterator[str]:
    for example in examples:
        texts = [fill(example, seed) for seed in range(SEEDS)]
        if any(_has_finding(detector, rule, text) is not expected for text in texts):
            yield example


def _has_finding(detector: Detector, rule: Rule, text: str) -> bool:
    if rule.kind in (RuleKind.PYTHON, RuleKind.ABSENT, RuleKind.DOTENV):
        return _has_app_finding(rule, text)
    findings = detector.find("app/config", text.encode())
    if rule.kind is RuleKind.COMMENT:
        _, unused = apply_suppressions(findings, find_suppressions(text.encode()))
        return bool(unused)
    if rule.kind is RuleKind.TRACKED:
        return bool(findings)
    return any(
        finding.rule == rule.id and finding.confidence is not Confidence.LOW for finding in findings
    )


def _has_app_finding(rule: Rule, text: str) -> bool:
    path = ".env" if rule.kind is RuleKind.DOTENV else "settings.py"
    result = scan_files("app", [path], lambda _: text.encode())
    return any(finding.rule == rule.id for finding in result.findings)


def _one_line(example: str) -> str:
    """Format an example on one line, with its placeholders and without random values."""
    return " ⏎ ".join(example.strip().splitlines())
