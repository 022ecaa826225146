"""`shield patterns`: list or test the detection rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo
from shield_ai.cli.options import APP
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.reports.plurals import count
from shield_ai.scan.rules import pattern
from shield_ai.scan.selftest import check_examples

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.scan.rules.pattern import Pattern


@click.group()
def patterns() -> None:
    """List or test the detection rules.

    Your own rules are read from .shield/patterns/*.yaml.
    """


@patterns.command()
@APP
def check(app: Path) -> int:
    """Test every rule, built-in or your own, on its examples.

    Exits with 1 if an example fails.
    """
    failures: list[str] = []
    for loaded in _load_patterns(app):
        failed = check_examples(loaded)
        failures += failed
        result = f"{count(len(failed), 'example')} failed" if failed else "ok"
        number = len(loaded.rules)
        noun = "rule" if number == 1 else "rules"
        echo(f"{loaded.id:12} {number:3} {noun:5}  {result}")
    for failure in failures:
        echo(f"  {failure}")
    return FINDINGS if failures else DONE


@patterns.command(name="list")
@APP
def list_rules(app: Path) -> int:
    """List every rule with its severity."""
    for loaded in _load_patterns(app):
        echo(f"{loaded.id}  {loaded.title}")
        for rule in loaded.rules:
            echo(f"  {rule.id:32} {rule.severity:9} {rule.title}")
    return DONE


def _load_patterns(app: Path) -> list[Pattern]:
    return [pattern.csec34_pattern(), pattern.credential_pattern(), *pattern.load_app_patterns(app)]
