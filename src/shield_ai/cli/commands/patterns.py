"""`shield patterns`: list or test the detection rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo, print_json
from shield_ai.cli.options import APP, JSON
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.model.plurals import count
from shield_ai.reports.documents import (
    PatternCheck,
    PatternEntry,
    PatternsCheckDocument,
    PatternsDocument,
    RuleEntry,
)
from shield_ai.scan.rules import pattern
from shield_ai.scan.selftest import check_examples

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.scan.rules.pattern import Pattern


@click.group()
def patterns() -> None:
    """List or test the detection rules.

    Your own rules are read from .shield/patterns/*.yaml.
    """


@patterns.command()
@APP
@JSON
def check(app: Path, *, as_json: bool) -> int:
    """Test every rule, built-in or your own, on its examples.

    Exits with 1 if an example fails.
    """
    checks = [
        PatternCheck(id=loaded.id, rules=len(loaded.rules), failures=tuple(check_examples(loaded)))
        for loaded in _load_patterns(app)
    ]
    if as_json:
        print_json(PatternsCheckDocument(patterns=tuple(checks)))
    else:
        _print_checks(checks)
    return FINDINGS if any(one.failures for one in checks) else DONE


def _print_checks(checks: Sequence[PatternCheck]) -> None:
    for one in checks:
        failed = len(one.failures)
        result = f"{count(failed, 'example')} failed" if failed else "ok"
        noun = "rule" if one.rules == 1 else "rules"
        echo(f"{one.id:12} {one.rules:3} {noun:5}  {result}")
    for one in checks:
        for failure in one.failures:
            echo(f"  {failure}")


@patterns.command(name="list")
@APP
@JSON
def list_rules(app: Path, *, as_json: bool) -> int:
    """List every rule with its severity."""
    if as_json:
        print_json(PatternsDocument(patterns=tuple(map(_pattern_entry, _load_patterns(app)))))
        return DONE
    for loaded in _load_patterns(app):
        echo(f"{loaded.id}  {loaded.title}")
        for rule in loaded.rules:
            echo(f"  {rule.id:32} {rule.severity:9} {rule.title}")
    return DONE


def _pattern_entry(loaded: Pattern) -> PatternEntry:
    rules = [
        RuleEntry(id=rule.id, title=rule.title, severity=rule.severity) for rule in loaded.rules
    ]
    return PatternEntry(id=loaded.id, title=loaded.title, rules=tuple(rules))


def _load_patterns(app: Path) -> list[Pattern]:
    return [pattern.csec34_pattern(), pattern.credential_pattern(), *pattern.load_app_patterns(app)]
