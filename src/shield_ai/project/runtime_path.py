"""Choose the path of a vendored runtime."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import is_runtime_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader


DUNDER_CONSTANT = regex(rb"(?m)^__\w+__\s*=\s*[\"'][^\"'\n]*[\"']\s*$")  # __version__ = "1.0"
NAME = "secrets.py"
# Packages for the modules that the whole app uses, in the order of preference.
HELPERS = ("utils", "util", "common", "helpers", "lib", "shared", "core")
# Packages whose own package `utils` the whole app uses.
SHARED = ("core", "common", "base", "main")
# The runtime's file beside the settings. The standard library has no such module.
DEFAULT_RUNTIME = "aws_secrets.py"
# A package of this name contains only settings, and perhaps the URLs.
SETTINGS_PACKAGES = frozenset({"settings", "config", "conf", "configuration"})
# A module or folder of this name shows that a package is an app of Django.
APP_PARTS = ("apps.py", "models.py", "models/", "migrations/")


def choose_runtime_path(
    settings: str, root: str, known: set[str], read: FileReader, others: Iterable[str] = ()
) -> str:
    """Return the path for a vendored runtime that the settings can import.

    Importing `pkg.utils.secrets` runs `pkg/__init__.py`, which the import of `pkg.settings` has
    already run, and `pkg/utils/__init__.py`, which must therefore be empty. The module is in the
    nearest package that the app has for such modules, or beside the settings: a new package for
    one module would surprise its maintainers.

    Args:
        settings: The settings file.
        root: The import root of the settings file.
        known: All files of the app.
        read: Returns the content of a file.
        others: The other settings files.
    """
    package = settings.rpartition("/")[0].removeprefix(root).strip("/").split("/")[0]
    folder = "/".join(part for part in (root, package) if part)
    above = _packages_above(settings, root, read, others)
    packages = (f"{parent}/{name}" for parent in above for name in HELPERS)
    for helpers in (*packages, *_shared_helpers(folder, root, read)):
        if f"{helpers}/__init__.py" in known and _is_free(helpers, known, read):
            return f"{helpers}/{NAME}"
    return f"{folder}/{DEFAULT_RUNTIME}" if folder else DEFAULT_RUNTIME


def _shared_helpers(folder: str, root: str, read: FileReader) -> Iterator[str]:
    """Yield other packages for helper modules: in a shared package, or at the import root.

    Args:
        folder: The topmost package of the settings, or the import root if they are in none.
        root: The import root.
        read: Returns the content of a file.
    """
    if folder != root:
        for name in SHARED:
            init = read(f"{folder}/{name}/__init__.py")
            if init is not None and _is_empty_init(init):
                yield f"{folder}/{name}/{HELPERS[0]}"
    yield f"{root}/{HELPERS[0]}" if root else HELPERS[0]


def _packages_above(
    settings: str, root: str, read: FileReader, others: Iterable[str]
) -> Iterator[str]:
    """Yield the packages that contain a settings file, the innermost first.

    A package whose import runs code, below the topmost one, must contain the other settings too.
    """
    parents = _packages(settings, root)
    top = parents[0] if parents else ""
    for parent in reversed(parents):
        init = nonempty_init(f"{parent}/{NAME}", root, read)
        init_folder = init.removesuffix("__init__.py")
        is_top_init = init == f"{top}/__init__.py"
        has_others = is_top_init or all(path.startswith(init_folder) for path in others)
        if parent == top or (has_others and parent.rpartition("/")[2] not in SETTINGS_PACKAGES):
            yield parent


def _packages(path: str, root: str) -> list[str]:
    """Return the folders between an import root and a module, the topmost first."""
    parts = path.removeprefix(f"{root}/").split("/")[:-1]
    prefix = f"{root}/" if root else ""
    return [prefix + "/".join(parts[: depth + 1]) for depth in range(len(parts))]


def _is_free(helpers: str, known: set[str], read: FileReader) -> bool:
    """Return True if the module can be added to a package, which may not exist."""
    module = f"{helpers}/{NAME}"
    package = helpers.rpartition("/")[0]
    folders = (f"{package}/secrets/", f"{helpers}/secrets/")  # the latter hides the module
    if f"{helpers}.py" in known or any(path.startswith(folders) for path in known):
        return False
    if module in known and not is_runtime_module(read(module)):
        return False
    app_parts = tuple(f"{helpers}/{part}" for part in APP_PARTS)
    if any(path.startswith(app_parts) for path in known):
        return False
    init = read(f"{helpers}/__init__.py")
    return init is None or _is_empty_init(init)


def nonempty_init(runtime: str, root: str, read: FileReader) -> str:
    """Return the `__init__.py` of the innermost package above the runtime that runs code, or ""."""
    for package in reversed(_packages(runtime, root)):
        path = f"{package}/__init__.py"
        init = read(path)
        if init is not None and not _is_empty_init(DUNDER_CONSTANT.sub(b"", init)):
            return path
    return ""


def _is_empty_init(raw: bytes) -> bool:
    """Return True if an `__init__.py` has only comments and a docstring."""
    docstring = rb"(?s)^\s*(\"\"\".*?\"\"\"|'''.*?'''|\"[^\"\n]*\"|'[^'\n]*')"
    code = re.sub(docstring, b"", raw.strip())
    return not re.sub(rb"(?m)^\s*#.*$", b"", code).strip()
