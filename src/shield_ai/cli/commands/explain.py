"""`shield explain`: explain a rule."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from shield_ai.cli.console import echo, print_json
from shield_ai.cli.options import JSON
from shield_ai.model.errors import DONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.reports.documents import ExplainDocument
    from shield_ai.scan.rules.pattern import Pattern, Rule


@click.command()
@click.argument("rule")
@JSON
def explain(rule: str, *, as_json: bool) -> int:
    """Explain what a rule finds and how to fix its findings."""
    from shield_ai.scan.rules import explanation, pattern

    app_patterns = pattern.load_app_patterns(Path())
    if as_json:
        print_json(_document(*pattern.select_rules(rule, app_patterns)))
    else:
        echo(explanation.explain_rule(rule, app_patterns))
    return DONE


def _document(selected: Pattern, rules: Sequence[Rule]) -> ExplainDocument:
    from shield_ai.reports.documents import ExplainDocument, RuleText

    texts = [
        RuleText(
            id=rule.id,
            title=rule.title,
            severity=rule.severity,
            explanation=rule.explanation,
            fix=rule.fix,
            references=tuple(filter(None, (rule.reference, *selected.references))),
            example=rule.examples[0],
        )
        for rule in rules
    ]
    return ExplainDocument(pattern=selected.id, rules=tuple(texts))
