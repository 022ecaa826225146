"""Choose the path of a vendored runtime."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import is_runtime_module

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader


DUNDER_CONSTANT = regex(rb"(?m)^__\w+__\s*=\s*[\"'][^\"'\n]*[\"']\s*$")  # __version__ = "1.0"
VENDORED = "utils/secrets.py"
# The runtime's file if VENDORED is not possible. The standard library has no such module.
DEFAULT_RUNTIME = "aws_secrets.py"


def choose_runtime_path(settings: str, root: str, known: set[str], read: FileReader) -> str:
    """Return the path for a vendored runtime that the settings can import.

    Importing `pkg.utils.secrets` runs `pkg/__init__.py`, which the import of `pkg.settings` has
    already run, and `pkg/utils/__init__.py`, which must therefore be empty.

    Args:
        settings: The settings file.
        root: The import root of the settings file.
        known: All files of the app.
        read: Returns the content of a file.
    """
    package = settings.rpartition("/")[0].removeprefix(root).strip("/").split("/")[0]
    folder = "/".join(part for part in (root, package) if part)
    if package and _has_room_for_runtime(folder, known, read):
        return f"{folder}/{VENDORED}"
    return f"{folder}/{DEFAULT_RUNTIME}" if folder else DEFAULT_RUNTIME


def _has_room_for_runtime(package: str, known: set[str], read: FileReader) -> bool:
    """Return True if `utils/secrets.py` can be added to a package."""
    utils = f"{package}/utils"
    module = f"{utils}/secrets.py"
    folders = (f"{package}/secrets/", f"{utils}/secrets/")  # the latter hides the module
    if f"{utils}.py" in known or any(path.startswith(folders) for path in known):
        return False
    if module in known and not is_runtime_module(read(module)):
        return False
    init = read(f"{utils}/__init__.py")
    return init is None or _is_empty_init(init)


def nonempty_init(runtime: str, root: str, known: set[str], read: FileReader) -> str:
    """Return the `__init__.py` of the runtime's package; an empty string if it runs no code."""
    package = runtime.removeprefix(f"{root}/").partition("/")[0]
    path = f"{root}/{package}/__init__.py" if root else f"{package}/__init__.py"
    init = read(path) if path in known else None
    if init is None or _is_empty_init(DUNDER_CONSTANT.sub(b"", init)):
        return ""
    return path


def _is_empty_init(raw: bytes) -> bool:
    """Return True if an `__init__.py` has only comments and a docstring."""
    docstring = rb"(?s)^\s*(\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*')"
    code = re.sub(docstring, b"", raw.strip())
    return not re.sub(rb"(?m)^\s*#.*$", b"", code).strip()
