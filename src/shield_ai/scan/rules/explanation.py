"""Explain rules and patterns as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.addresses import rule_page
from shield_ai.scan.rules.pattern import credential_pattern, csec34_pattern, select_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.scan.rules.pattern import Pattern, Rule

WIDTH = 80


def explain_rule(rule_id: str, app_patterns: Iterable[Pattern] = ()) -> str:
    """Describe a rule or a pattern, for a terminal.

    Args:
        rule_id: The id of a rule or a pattern, or the prefix of a pattern's rules, as in `CSEC34`.
        app_patterns: The custom patterns of an app.

    Raises:
        ShieldError: The id is unknown.
    """
    pattern, rules = select_rules(rule_id, app_patterns)
    if [rule.id for rule in rules] == [rule_id]:
        return _explain_rule(pattern, rules[0])
    return _explain_pattern(pattern)


def _explain_rule(pattern: Pattern, rule: Rule) -> str:
    example = rule.examples[0].strip()
    heading = "Example"
    if field := re.search(r"\{\w+:(\d+)\}", example):
        heading += f" ({field[0]} stands for {field[1]} random characters)"
    links = _links(rule, pattern)
    parts = [
        _wrap(f"{rule.id}: {rule.title} ({rule.severity})"),
        _wrap(rule.explanation),
        f"How to fix\n{_wrap(rule.fix)}",
        f"{heading}\n{_indent(example)}",
        "\n".join(["See", *links]),
    ]
    return "\n\n".join(parts) + "\n"


def _links(rule: Rule, pattern: Pattern) -> list[str]:
    """Return the page of a built-in rule, and the references of the rule and its pattern."""
    is_builtin = pattern in (csec34_pattern(), credential_pattern())
    page = rule_page(rule.id) if is_builtin else ""
    return [link for link in (page, rule.reference, *pattern.references) if link]


def help_page(rule: Rule, pattern: Pattern) -> str:
    """Return the first link of a rule to a web page; empty if it has none."""
    links = (link for link in _links(rule, pattern) if link.startswith(("https://", "http://")))
    return next(links, "")


def _explain_pattern(pattern: Pattern) -> str:
    width = max(len(rule.id) for rule in pattern.rules) + 2
    rows = [f"{rule.id:{width}}{rule.severity:9}{rule.title}" for rule in pattern.rules]
    parts = [
        f"{pattern.id}: {pattern.title} ({pattern.severity})",
        _wrap(pattern.description),
        f"How to fix\n{_wrap(pattern.fix)}",
        "\n".join(rows),
        "\n".join(["See", *pattern.references]),
    ]
    return "\n\n".join(parts) + "\n"


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())


def _wrap(text: str) -> str:
    import textwrap

    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
