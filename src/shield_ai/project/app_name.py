"""Choose the name of an app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from pathlib import Path

# Names of folders that many projects have for their app.
GENERIC = frozenset({
    "api", "app", "application", "apps", "backend", "code", "django", "platform", "project",
    "server", "service", "site", "source", "src", "web", "webapp", "website",
})  # fmt: skip
PROJECT_NAME = regex(
    rb"(?m)^\[(?:project|tool\.poetry)\][ \t]*\r?\n(?:(?!\[)[^\n]*\n)*?"
    rb"name[ \t]*=[ \t]*[\"']([A-Za-z0-9][A-Za-z0-9._-]{0,60})[\"']"
)


def choose_app_name(root: Path, pyproject: bytes | None) -> str:
    """Return the name of an app's folder, or a more specific name.

    Args:
        root: The app's folder.
        pyproject: Its pyproject.toml, None if it does not exist.
    """
    root = root.resolve()
    match = PROJECT_NAME.search(pyproject or b"")
    repository = next((p for p in (root, *root.parents) if (p / ".git").exists()), root)
    candidates = (root.name, match[1].decode() if match else "", repository.name)
    names = [name for name in map(normalize, candidates) if name]
    return next((name for name in names if name not in GENERIC), next(iter(names), "app"))


def normalize(name: str) -> str:
    """Return a name in lower case, with single hyphens between its words."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
