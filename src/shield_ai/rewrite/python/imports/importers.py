"""Find the files of an app that use the names of a module, such as tests that patch them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.project.layout import is_settings, is_test

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.model.file_reader import FileReader


class Importers:
    """Find the Python files of the app that import a name from a given module.

    Args:
        paths: All Python files of the app, including tests.
        read: Returns the bytes of a file.
    """

    def __init__(self, paths: Iterable[str], read: FileReader) -> None:
        self.paths = tuple(paths)
        self._read = read

    def texts(self) -> Iterator[bytes]:
        """Yield the content of each file."""
        for path in self.paths:
            yield self._read(path) or b""

    def have_top_level(self, package: str) -> bool:
        """Return whether the app's folder has a package or module of this name."""
        start = f"{package}/"
        return any(path == f"{package}.py" or path.startswith(start) for path in self.paths)

    def lack_module(self, dotted: str) -> bool:
        """Return whether a package of the app has no module of this name.

        Another distribution can add modules to a package, and formatters sort them apart.
        """
        package = dotted.partition(".")[0]
        tail = dotted.replace(".", "/")
        paths = [f"/{path}" for path in self.paths]
        if not any(f"/{package}/" in path for path in paths):
            return False
        return not any(f"/{tail}/" in path or path.endswith(f"/{tail}.py") for path in paths)

    def may_use(self, path: str, names: Collection[str]) -> set[str]:
        """Return the names of a module that another file may use.

        Imports are matched by the last part of the module's dotted name.

        Args:
            path: The file of the module.
            names: Names that the module binds.
        """
        used: set[str] = set()
        modules = [path]
        known = {path}
        for module in modules:  # grows: a module that imports all names has them, too
            for other in self.paths:
                remaining = set(names) - used
                if other in {path, module} or not remaining:
                    continue
                found, has_star = self._used_in(other, module, remaining)
                used |= found
                if has_star and other not in known:
                    known.add(other)
                    modules.append(other)
        return used

    def _used_in(self, other: str, path: str, names: set[str]) -> tuple[set[str], bool]:
        """Return the names of a module that another file may use.

        The second value is whether a star import makes names of the module names of the file.
        """
        stem = module_stem(path)
        raw = self._read(other) or b""
        is_sibling = PurePosixPath(other).parent == PurePosixPath(path).parent
        if stem.encode() not in raw and not (is_sibling and b"from . import" in raw):
            return set(), False
        text = raw.decode("utf-8", "replace")
        used, has_star = _used_names(text, stem, names)
        if is_test(other) and _names_module(text, stem, self._folder_of_namesake(path)):
            used |= _patched(text, stem, names)
        if not has_star:
            return used, False
        # The files that import from this one get the names that it imports itself from it.
        inherited = names - _top_level_imports(text, names)
        # Files outside of the repository, such as local settings, can extend settings.
        used |= inherited if is_settings(other) else _mentions(text, inherited)
        return used, bool(inherited)

    def _folder_of_namesake(self, path: str) -> str:
        """Return the folder of a module if a package of the app has the same name; else ""."""
        folder = PurePosixPath(path).parent.name
        package = f"/{PurePosixPath(path).stem}/"
        return folder if any(package in f"/{other}" for other in self.paths) else ""


def module_stem(path: str) -> str:
    """Return the last part of a module's dotted name."""
    pure = PurePosixPath(path)
    return pure.parent.name if pure.stem == "__init__" else pure.stem


def _used_names(text: str, stem: str, names: Collection[str]) -> tuple[set[str], bool]:
    """Return the names that a file imports from a module, or uses as its attributes.

    The second value is whether the file imports all names of the module with a star.
    """
    used = {name for name in names if re.search(rf"\b{re.escape(stem)}\.{name}\b", text)}
    has_star = False
    pattern = rf"(?m)^[ \t]*from\s+(?:[\w.]*\b{re.escape(stem)}|\.+)\s+import\s*(\([^)]*\)|.*)"
    for match in re.finditer(pattern, text):
        imported = set(re.findall(r"\w+|\*", match[1]))
        has_star |= "*" in imported
        used |= imported & set(names)
    return used, has_star


def _names_module(text: str, stem: str, folder: str = "") -> bool:
    """Return whether a test imports a module, or has its dotted name in a text.

    Other uses of the word do not count, such as those of a variable with the same name.

    Args:
        text: The text of the test.
        stem: The last part of the module's name.
        folder: The folder of the module, if its name must precede the last part.
    """
    name = re.escape(stem)
    if folder:
        owner = rf"(?:\b{re.escape(folder)}|\bfrom\s+\.+)"
        pattern = rf"{owner}(?:\.|\s+import\b[\s\w,()]{{0,300}}?\b){name}\b"
        return re.search(pattern, text) is not None
    imported = rf"(?:from\s+[\w.]+\s+)?import\b(?:\s*\([^)]{{0,2000}}|[^\n(]*)\b{name}\b"
    pattern = rf"""(?m)^[ \t]*(?:{imported}|from\s+[\w.]*\b{name}\s+import\b)
        |import_module\(\s*["']{name}["'] | ["'](?:[\w.{{}}]*\.{name}\b|{name}\.)"""
    return re.search(pattern, text, re.VERBOSE) is not None


def _is_patched(text: str, stem: str, name: str) -> bool:
    """Return whether a test may use a name of a module, such as in `patch(f"{MODULE}.os.environ")`.

    The test can refer to the module by any name, but a text such as "shop.views.os" names its
    module. Attributes of os do not count.
    """
    if re.search(rf"""(?:setattr|patch\.object)\(\s*[\w.]+,\s*["']{name}["']""", text):
        return True
    for match in re.finditer(rf"""(?P<quote>["']?)(?<![\w.])(?P<owner>[\w.]*)\.{name}\b""", text):
        owner = match["owner"].rpartition(".")[2]
        if owner == "os":
            continue
        if not (match["quote"] and owner) or owner == stem:
            return True
    return False


def _patched(text: str, stem: str, names: Collection[str]) -> set[str]:
    return {name for name in names if _is_patched(text, stem, name)}


def _top_level_imports(text: str, names: set[str]) -> set[str]:
    """Return the names, such as os and getenv, that a file imports itself, not in a block."""
    # "import environ" imports another package.
    found = {"os"} if re.search(r"(?m)^import (?:\w+, )*os\b(?! as\b)", text) else set()
    for imported in re.findall(r"(?m)^from os import ([\w, ]+)", text):
        found.update(imported.replace(",", " ").split())
    return names & found


def _mentions(text: str, names: Collection[str]) -> set[str]:
    """Return the names that a text contains as words."""
    return {name for name in names if re.search(rf"\b{re.escape(name)}\b", text)}
