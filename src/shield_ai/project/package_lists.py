"""Read the lists of packages in a project's metadata, which replace automatic discovery."""

from __future__ import annotations

import ast
import fnmatch
from typing import TYPE_CHECKING, Any, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.model.file_reader import read_optional
from shield_ai.project.globs import has_too_many_wildcards
from shield_ai.project.ini_file import parse_ini
from shield_ai.project.pyproject_file import PYPROJECT, get_nested, read_pyproject
from shield_ai.project.python_source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.model.file_reader import FileReader

SETUP_CFG, SETUP_PY = "setup.cfg", "setup.py"
_SETUPTOOLS = ("tool", "setuptools")
_HATCH = ("tool", "hatch", "build")
_POETRY = ("tool", "poetry")


class PackageList(NamedTuple):
    """A list of packages in a file.

    setuptools lists dotted names, each subpackage by itself. Other build tools list folders and
    files, relative to the app.
    """

    path: str
    keys: tuple[str, ...]  # the tables and the key in pyproject.toml, or the key elsewhere
    entries: tuple[str, ...]  # names, paths, or patterns of them
    is_dotted: bool = True
    modules: tuple[str, ...] = ()  # modules outside packages, with dotted names

    def has(self, item: str) -> bool:
        """Return whether the list contains a package, or the folder or file of an item."""
        if self.is_dotted:
            return any(_matches(entry, item) for entry in self.entries)
        return any(_has_path(entry, item) for entry in self.entries)


def read_package_lists(read: FileReader) -> list[PackageList]:
    """Return the lists of an app.

    Args:
        read: Returns the bytes of a file of the app.
    """
    return [*_in_pyproject(read), *_in_setup_cfg(read), *_in_setup_py(read)]


def listed_texts(tree: ast.Module, keyword: str) -> list[ast.Constant]:
    """Return the texts that a keyword of the call of setup() lists; [] for another form."""
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("setup"):
            for found in call.keywords:
                if found.arg == keyword:
                    return _texts_of(_value_of(found.value, tree))
    return []


def _value_of(value: ast.expr, tree: ast.Module) -> ast.expr:
    """Return the value of a global name, and other expressions unchanged."""
    if not isinstance(value, ast.Name):
        return value
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            if statement.targets[0].id == value.id:
                return statement.value
    return value


def _texts_of(value: ast.expr) -> list[ast.Constant]:
    if not isinstance(value, (ast.List, ast.Tuple)):
        return []
    texts = [
        part
        for part in value.elts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
    return texts if len(texts) == len(value.elts) else []


def _matches(pattern: str, item: str) -> bool:
    """Return whether a pattern matches; True if it has too many wildcards to try."""
    return has_too_many_wildcards(pattern) or fnmatch.fnmatchcase(item, pattern)


def _has_path(entry: str, path: str) -> bool:
    entry = entry.removeprefix("./").strip("/").replace("/**/", "/*")
    if entry in {"", ".", "*", "**"} or path == entry or path.startswith(f"{entry}/"):
        return True
    parts = path.split("/") if "/" not in entry else []
    return _matches(entry, path) or any(fnmatch.fnmatchcase(part, entry) for part in parts)


def _in_pyproject(read: FileReader) -> Iterator[PackageList]:
    document = read_pyproject(read)
    yield from _of_setuptools(document)
    yield from _of_hatch(document)
    entries = tuple(_poetry_paths(document))
    if entries:
        yield PackageList(PYPROJECT, (*_POETRY, "packages"), entries, is_dotted=False)
    name = _flit_module(document)
    if name:
        places = (name, f"src/{name}", f"{name}.py", f"src/{name}.py")
        yield PackageList(PYPROJECT, ("tool", "flit", "module"), places, is_dotted=False)


def _of_setuptools(document: Mapping[str, Any]) -> Iterator[PackageList]:
    modules = _texts(document, *_SETUPTOOLS, "py-modules")
    for keys in (("packages",), ("packages", "find", "include")):
        entries = _texts(document, *_SETUPTOOLS, *keys)
        if entries or (modules and keys == ("packages",)):
            yield PackageList(PYPROJECT, (*_SETUPTOOLS, *keys), entries, modules=modules)


def _of_hatch(document: Mapping[str, Any]) -> Iterator[PackageList]:
    """Yield the list that selects the files of the wheel: the first one, in this order."""
    for table in ((*_HATCH, "targets", "wheel"), _HATCH):
        for key in ("packages", "only-include", "include"):
            entries = _texts(document, *table, key)
            if entries:
                yield PackageList(PYPROJECT, (*table, key), entries, is_dotted=False)
                return


def _texts(document: Mapping[str, Any], *keys: str) -> tuple[str, ...]:
    """Return a list of texts; empty for other values."""
    value = get_nested(document, *keys)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return ()
    return tuple(value)


def _poetry_paths(document: Mapping[str, Any]) -> Iterator[str]:
    packages = get_nested(document, *_POETRY, "packages")
    for item in packages if isinstance(packages, list) else ():
        folder, path = get_nested(item, "from") or "", get_nested(item, "include")
        if isinstance(path, str) and isinstance(folder, str):
            yield f"{folder}/{path}" if folder else path


def _flit_module(document: Mapping[str, Any]) -> str:
    backend = get_nested(document, "build-system", "build-backend")
    if not isinstance(backend, str) or not backend.startswith("flit"):
        return ""
    name = get_nested(document, "tool", "flit", "module", "name") or get_nested(
        document, "project", "name"
    )
    return name.replace("-", "_") if isinstance(name, str) else ""


def _in_setup_cfg(read: FileReader) -> Iterator[PackageList]:
    parser = parse_ini(read_optional(read, SETUP_CFG))
    packages = parser.get("options", "packages", fallback="").strip()
    if packages.startswith("find"):
        packages = parser.get("options.packages.find", "include", fallback="")
        keys = ("options.packages.find", "include")
    else:
        keys = ("options", "packages")
    modules = _words(parser.get("options", "py_modules", fallback=""))
    entries = _words(packages)
    if entries or modules:
        yield PackageList(SETUP_CFG, keys, entries, modules=modules)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.replace(",", " ").split())


def _in_setup_py(read: FileReader) -> Iterator[PackageList]:
    raw = read_optional(read, SETUP_PY)
    if raw is None:
        return
    try:
        tree = Source.from_bytes(SETUP_PY, raw).tree
    except SourceError:
        return
    packages, modules = (
        tuple(str(text.value) for text in listed_texts(tree, keyword))
        for keyword in ("packages", "py_modules")
    )
    if packages or modules:
        yield PackageList(SETUP_PY, ("packages",), packages, modules=modules)
