"""Choose the name of an app."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader

# Words of generic names of folders, and of placeholder names in project templates.
GENERIC = frozenset({
    "api", "app", "application", "apps", "backend", "cms", "code", "container", "core", "django",
    "docker", "engine", "fastapi", "flask", "main", "my", "myapp", "myproject", "mysite",
    "platform", "project", "python", "rest", "root", "server", "service", "services", "site",
    "source", "src", "web", "webapp", "website",
})  # fmt: skip
_NAME = rb"name[ \t]*=[ \t]*"
_VALUE = rb"([A-Za-z0-9][A-Za-z0-9._-]{0,60})"
_SECTION_LINES = rb"[ \t]*\r?\n(?:(?!\[)[^\n]*\n)*?"
# Project metadata files, in order of precedence.
METADATA = {
    "pyproject.toml": regex(
        rb"(?m)^\[(?:project|tool\.poetry)\]"
        + _SECTION_LINES
        + _NAME
        + rb"[\"']"
        + _VALUE
        + rb"[\"']"
    ),
    "setup.cfg": regex(rb"(?m)^\[metadata\]" + _SECTION_LINES + _NAME + _VALUE + rb"[ \t]*\r?$"),
    "setup.py": regex(rb"\bsetup\([^(]{0,2000}?\b" + _NAME + rb"[\"']" + _VALUE + rb"[\"']"),
}


def choose_app_name(root: Path, read: FileReader) -> str:
    """Return the first name that is not generic, from the app's metadata, folder and repository.

    If all names are generic, the first one is returned; without any name, "app".

    Args:
        root: The app's folder.
        read: Reads a file of the app.
    """
    root = root.resolve()
    repository = next((p for p in (root, *root.parents) if (p / ".git").exists()), root)
    candidates = (*metadata_names(read), root.name, repository.name)
    names = [name for name in map(normalize, candidates) if name]
    for name in names:
        if not GENERIC.issuperset(name.split("-")):
            return name
    return names[0] if names else "app"


def metadata_names(read: FileReader, folder: str = "") -> Iterator[str]:
    """Yield the names of a project in its metadata.

    Args:
        read: Reads a file of the app.
        folder: The folder of the metadata, below that of the app.
    """
    for path, pattern in METADATA.items():
        match = pattern.search(read(str(PurePosixPath(folder, path))) or b"")
        if match:
            yield match[1].decode()


def normalize(name: str) -> str:
    """Return a name in lower case, with single hyphens between its words."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
