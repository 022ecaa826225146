"""`shield explain`: explain a rule."""

from __future__ import annotations

from pathlib import Path

import click

from shield_ai.cli.console import echo
from shield_ai.model.errors import DONE


@click.command()
@click.argument("rule")
def explain(rule: str) -> int:
    """Explain what a rule finds and how to fix its findings."""
    from shield_ai.scan.rules import pattern

    echo(pattern.explain(rule, pattern.load_app_patterns(Path())))
    return DONE
