"""Limit the wildcards of globs, which come from the scanned repository."""

from __future__ import annotations

from shield_ai.project.perf.lazy_regex import regex

WILDCARDS = regex(r"(?<![^/!])\*\*(?![^/])|\*")
MAX_WILDCARDS = 3  # per pattern; at most two of them can be `**`


def has_too_many_wildcards(line: str) -> bool:
    """Return whether matching a pattern could take very long."""
    wildcards = WILDCARDS.findall(line)
    return len(wildcards) > MAX_WILDCARDS or wildcards.count("**") >= MAX_WILDCARDS
