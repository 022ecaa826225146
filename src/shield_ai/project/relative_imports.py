"""Find out whether the modules of a package are imported by name or relatively."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.import_roots import RUN_FILES
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader

RELATIVE_IMPORT = regex(rb"(?m)^[ \t]*from[ \t]+\.")
# Files with the entry points of a project.
PROJECT_FILES = frozenset({"pyproject.toml", "setup.cfg", "setup.py"})


def package_uses_only_relative_imports(
    package: str, paths: Iterable[str], read: FileReader
) -> bool:
    """Return whether the modules of a package are imported relatively, and never by its name.

    Args:
        package: The folder of the package.
        paths: All files of the app.
        read: Returns the content of a file.
    """
    has_relative = False
    for path in sorted(paths):
        pattern = _use_of_name(path, package.rpartition("/")[2].encode())
        raw = (read(path) or b"") if pattern else b""
        if pattern and pattern.search(raw):
            return False
        is_inside = path.endswith(".py") and path.startswith(f"{package}/")
        has_relative |= is_inside and RELATIVE_IMPORT.search(raw) is not None
    return has_relative


def _use_of_name(path: str, name: bytes) -> re.Pattern[bytes] | None:
    """Return a pattern of what imports or starts a package in a file; None for other files."""
    name = re.escape(name)
    file = path.rpartition("/")[2]
    if file in PROJECT_FILES or RUN_FILES.fullmatch(file):
        entry_point = rb"(?<![\w./-])" + name + rb"(?:\.\w+)*:[A-Za-z_]"
        return re.compile(entry_point + rb"|-m[ \t]+" + name + rb"\b")
    if path.endswith(".py"):
        return re.compile(rb"(?m)^[ \t]*(?:from|import)[ \t]+" + name + rb"(?:[.\s,;]|$)")
    return None
