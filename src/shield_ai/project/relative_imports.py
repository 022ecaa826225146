"""Find out whether an app imports a package only relatively, so its absolute name is not known."""

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


def is_imported_relatively(package: str, paths: Iterable[str], read: FileReader) -> bool:
    """Return whether the modules of a package are imported relatively, and never by its name.

    Args:
        package: The folder of the package.
        paths: All files of the app.
        read: Returns the content of a file.
    """
    name = re.escape(package.rpartition("/")[2].encode())
    imported = re.compile(rb"(?m)^[ \t]*(?:from|import)[ \t]+" + name + rb"(?:[.\s,;]|$)")
    started = re.compile(
        rb"(?<![\w./-])" + name + rb"(?:\.\w+)*:[A-Za-z_]|-m[ \t]+" + name + rb"\b"
    )
    has_relative = False
    for path in sorted(paths):
        file = path.rpartition("/")[2]
        is_python = path.endswith(".py")
        if not is_python and file not in PROJECT_FILES and not RUN_FILES.fullmatch(file):
            continue
        raw = read(path) or b""
        pattern = imported if is_python and file not in PROJECT_FILES else started
        if pattern.search(raw):
            return False
        if is_python and path.startswith(f"{package}/") and RELATIVE_IMPORT.search(raw):
            has_relative = True
    return has_relative
