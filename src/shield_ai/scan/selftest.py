"""Whether each rule of a pattern finds its own examples, and nothing in what it must leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Confidence
from shield_ai.scan.files.suppressions import accepted, ignores
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.rules.pattern import RuleKind
from shield_ai.scan.text.detector import Detector

if TYPE_CHECKING:
    from shield_ai.scan.rules.pattern import Pattern, Rule

SEEDS = 3  # so that an example does not pass by luck


def prove(pattern: Pattern) -> list[str]:
    """Return what is wrong with a pattern, a sentence each.

    Args:
        pattern: Its examples are filled in by `samples.fill`, several times.
    """
    detector = Detector([msgspec.structs.replace(pattern, files={})])  # an example is of no file
    return [
        f"{rule.id}: {'does not find' if wanted else 'finds'} {_shown(example)}"
        for rule in pattern.rules
        for wanted, examples in ((True, rule.examples), (False, rule.non_examples))
        for example in examples
        for seed in range(SEEDS)
        if _finds(detector, rule, fill(example, seed)) is not wanted
    ]


def _finds(detector: Detector, rule: Rule, text: str) -> bool:
    if rule.kind in (RuleKind.PYTHON, RuleKind.ABSENT, RuleKind.DOTENV):
        return _in_app(rule, text)
    found = detector.look("app/config", text.encode())
    if rule.kind is RuleKind.COMMENT:
        return bool(accepted(found, ignores(text.encode()))[1])
    if rule.kind is RuleKind.TRACKED:
        return bool(found)
    return any(
        finding.rule == rule.id and finding.confidence is not Confidence.LOW for finding in found
    )


def _in_app(rule: Rule, text: str) -> bool:
    path = ".env" if rule.kind is RuleKind.DOTENV else "settings.py"
    seen = scan_files("app", [path], lambda _: text.encode())
    return any(finding.rule == rule.id for finding in seen.findings)


def _shown(example: str) -> str:
    """Show the template, which holds no value."""
    return " ⏎ ".join(example.strip().splitlines())
