"""The project's addresses on the web, which messages and reports link to."""

from __future__ import annotations

REPOSITORY = "https://github.com/shield-ai/shield-ai"
DOCUMENTATION = "https://shield-ai.readthedocs.io/en/latest/"


def rule_page(rule_id: str) -> str:
    """Return the address of the page that documents a rule."""
    return f"{DOCUMENTATION}reference/rules/{rule_id}.html"
