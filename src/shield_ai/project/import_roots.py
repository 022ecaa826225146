"""Find the import roots of an app: the folders that its modules are imported from."""

from __future__ import annotations

import functools
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.project.declared_roots import declared_roots
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader


# Common names of packages inside another package; these folders are rarely on sys.path.
SUBPACKAGES = frozenset({"core", "config", "utils", "common"})
IMPORT = rb"(?m)^[ \t]*(?:from|import)[ \t]+"
MODULE_IMPORT = regex(IMPORT + rb"([^\s,;]+)(?:[ \t\r,;]|$)")
MEMBER_IMPORT = regex(IMPORT + rb"([^\s.,;]+)(?=(?:\.| import \(?\s*)(\w+))")
# Files that contain the commands that start an app, and the module that such a command imports.
RUN_FILES = regex(r"Dockerfile.*|Procfile|Makefile|[\w.-]*compose[\w.-]*\.ya?ml")
RUN_COMMAND = regex(
    rb"(?:uvicorn|gunicorn|hypercorn|granian)\b[^\n]{0,300}?[\s\"']([A-Za-z_][\w.]{0,200}):[A-Za-z_]"
)
CONFIG_FOLDERS = frozenset({"config", "configs", "configuration", "settings"})


def dotted_name(path: str, root: str) -> str:
    """Return the dotted name by which a module is imported from a root."""
    parts = PurePosixPath(path).relative_to(root or ".").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def folder_and_parents(folder: str) -> list[str]:
    """Return a folder and its parents, up to the app's folder, which is ""."""
    parts = folder.split("/") if folder else []
    return ["/".join(parts[:depth]) for depth in range(len(parts), -1, -1)]


def import_root(path: str, known: set[str]) -> str:
    """Return the folder that contains the top-level package of a module."""
    folder = path.rpartition("/")[0]
    while folder and f"{folder}/__init__.py" in known:
        folder = folder.rpartition("/")[0]
    return folder


def find_run_roots(known: set[str], read: FileReader) -> set[str]:
    """Return the folders from which commands such as `uvicorn app.main:app` import a module."""
    modules: set[str] = set()
    for path in known:
        if RUN_FILES.fullmatch(path.rpartition("/")[2]):
            for name in RUN_COMMAND.findall(read(path) or b""):
                modules.add(name.decode().replace(".", "/"))
    folders: dict[str, set[str]] = {}
    for path in known:
        for module, folder in _names_and_roots(path):
            if module in modules:
                folders.setdefault(module, set()).add(folder)
    return {next(iter(found)) for found in folders.values() if len(found) == 1}


def _names_and_roots(path: str) -> Iterator[tuple[str, str]]:
    """Yield each name, with slashes, by which a file can be imported, and the import root."""
    if not path.endswith(".py"):
        return
    names = path.removesuffix(".py").removesuffix("/__init__").split("/")
    for index in range(len(names)):
        yield "/".join(names[index:]), "/".join(names[:index])


def find_roots(
    settings: Iterable[str], django_settings: dict[str, str], known: set[str], read: FileReader
) -> tuple[str, ...]:
    """Return the folders that are probably on `sys.path`, deepest first.

    Args:
        settings: The settings files. Each of them is importable from one of the folders.
        django_settings: The files that DJANGO_SETTINGS_MODULE names, with their import roots.
        known: All files of the app.
        read: Returns the content of a file.
    """
    roots = set(django_settings.values())
    remaining = [path for path in settings if not _is_importable(path, roots)]
    imports = _Imports(known, read)
    # Imports of the settings modules are more reliable than other imports from their packages.
    for find in (_root_of_module_imports, _root_of_package_imports):
        for path in remaining:
            if not _is_importable(path, roots):
                root = find(path, import_root(path, known), imports)
                if root is not None:
                    roots.add(root)
        missing = [path for path in remaining if not _is_importable(path, roots)]
        declared = declared_roots(missing, read)
        roots |= {root for root in declared if not imports.imports_from([root.encode()])}
    for path in remaining:
        if not _is_importable(path, roots):
            roots.add(_guess_root(path, import_root(path, known)))
    return tuple(sorted(roots or {""}, key=lambda root: (-root.count("/") - bool(root), root)))


def _is_importable(path: str, roots: Iterable[str]) -> bool:
    """Return whether all folders between a root and the file have valid package names."""
    for root in roots:
        if root and not path.startswith(f"{root}/"):
            continue
        folders = path.removeprefix(f"{root}/").split("/")[:-1]
        if all(folder.isidentifier() for folder in folders):
            return True
    return False


class _Imports:
    """The imports in the app's files. The files are read once, on first use.

    Args:
        known: All files of the app.
        read: Returns the content of a file.
    """

    def __init__(self, known: set[str], read: FileReader) -> None:
        self._known = known
        self._read = read
        self._is_loaded = False
        self._modules: dict[bytes, list[str]] = {}
        self._members: dict[bytes, list[tuple[int, str, bytes]]] = {}

    def files_importing(self, module: bytes) -> list[str]:
        """Return the files that import a module."""
        self._load()
        return self._modules.get(module, [])

    def imports_from(self, packages: Iterable[bytes]) -> list[tuple[int, str, bytes, bytes]]:
        """Return the number, file, package and name of each import from packages, in file order."""
        self._load()
        found = []
        for package in packages:
            for number, file, name in self._members.get(package, ()):
                found.append((number, file, package, name))
        return sorted(found)

    def has_module(self, root: str, package: bytes, name: bytes) -> bool:
        """Return whether a package contains a module or subpackage of that name."""
        prefix = f"{root}/" if root else ""
        path = f"{prefix}{package.decode()}/{name.decode()}"
        return f"{path}.py" in self._known or path in self._folders

    @functools.cached_property
    def _folders(self) -> set[str]:
        folders = {path.rpartition("/")[0] for path in self._known}
        return {parent for folder in folders for parent in folder_and_parents(folder)}

    def _load(self) -> None:
        if self._is_loaded:
            return
        self._is_loaded = True
        number = 0
        for path in sorted(self._known):
            raw = (self._read(path) or b"") if path.endswith(".py") else b""
            for module in MODULE_IMPORT.findall(raw):
                self._modules.setdefault(module, []).append(path)
            for package, name in MEMBER_IMPORT.findall(raw):
                number += 1
                self._members.setdefault(package, []).append((number, path, name))


def _root_of_module_imports(path: str, folder: str, imports: _Imports) -> str | None:
    """Return the root from which the app's files import a module.

    A package can lack `__init__.py`, so the root can also be a parent of `folder`.

    Args:
        path: The module.
        folder: The folder that contains the module's top-level package with an `__init__.py`.
        imports: The imports in the app's files.
    """
    if not folder:
        return None
    outside = []  # roots from which only other files import the module
    for root in folder_and_parents(folder):
        files = imports.files_importing(dotted_name(path, root).encode())
        if any(_is_below(file, root) for file in files):
            return root  # imports in files below the root are more reliable
        if files:
            outside.append(root)
    return next(iter(outside), None)


def _root_of_package_imports(path: str, folder: str, imports: _Imports) -> str | None:
    """Return the root from which the app's files import most modules of the top-level package.

    Takes the same arguments as `_root_of_module_imports`.
    """
    roots = _possible_packages(path, folder)
    if not folder or not roots:
        return None
    everywhere: Counter[bytes] = Counter()
    below_root: Counter[bytes] = Counter()
    for _, file, package, name in imports.imports_from(roots):
        root = roots[package]
        if imports.has_module(root, package, name):
            everywhere[package] += 1
            if _is_below(file, root):
                below_root[package] += 1
    counts = below_root or everywhere
    return roots[max(counts, key=lambda package: counts[package])] if counts else None


def _possible_packages(path: str, folder: str) -> dict[bytes, str]:
    """Map the possible names of a module's top-level package to their roots."""
    packages = {}
    for root in folder_and_parents(folder):
        package, dot, _ = dotted_name(path, root).encode().partition(b".")
        if dot:
            packages[package] = root
    return packages


def _is_below(path: str, root: str) -> bool:
    return not root or path.startswith(f"{root}/")


def _guess_root(path: str, folder: str) -> str:
    """Guess the root from common names: `app/core/config.py` is imported as app.core.config.

    A folder `src` without `__init__.py` contains packages:
    https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/
    """
    while folder:
        parent, _, name = folder.rpartition("/")
        if name == "src":
            break
        child = path.removeprefix(f"{folder}/").partition("/")[0]
        is_subpackage = name in SUBPACKAGES | CONFIG_FOLDERS
        if not is_subpackage and child not in SUBPACKAGES - {"config"}:
            break
        folder = parent
    return folder
