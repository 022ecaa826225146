"""`shield patterns`: what is looked for, and whether it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shield_ai.cli.options import APP
from shield_ai.model.errors import DONE, FINDINGS
from shield_ai.scan.rules import pattern
from shield_ai.scan.selftest import prove

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def patterns() -> None:
    """List the patterns and their rules, or check them. Your own are in .shield/patterns/*.yaml."""


@patterns.command()
@APP
def check(app: Path) -> int:
    """Prove each rule on its own examples: the built-in ones, and those of the app. Exits with 1 if one fails."""
    wrong: list[str] = []
    for made in (pattern.load(), pattern.credentials(), *pattern.own(app)):
        found = prove(made)
        wrong += found
        click.echo(
            f"{made.id:12} {len(made.rules):3} rules  {'ok' if not found else f'{len(found)} examples fail'}"
        )
    for sentence in wrong:
        click.echo(f"  {sentence}")
    return FINDINGS if wrong else DONE


@patterns.command(name="list")
@APP
def show(app: Path) -> int:
    """List every rule."""
    for made in (pattern.load(), pattern.credentials(), *pattern.own(app)):
        click.echo(f"{made.id}  {made.title}")
        for rule in made.rules:
            click.echo(f"  {rule.id:32} {rule.severity:9} {rule.title}")
    return DONE
