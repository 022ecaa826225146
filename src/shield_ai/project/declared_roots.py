"""Find the folders from which a project's metadata takes its packages, such as `src`."""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING, Any

from shield_ai.model.errors import SourceError
from shield_ai.model.file_reader import read_optional
from shield_ai.project.ini_file import parse_ini
from shield_ai.project.pyproject_file import get_nested, read_pyproject
from shield_ai.project.python_source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader


def declared_roots(settings: Iterable[str], read: FileReader) -> set[str]:
    """Return the folders that the metadata declares and that contain settings files.

    Args:
        settings: The settings files.
        read: Returns the content of a file.
    """
    paths = list(settings)
    if not paths:
        return set()
    found = [*_in_pyproject(read), *_in_setup_cfg(read), *_in_setup_py(read)]
    roots = {posixpath.normpath(root) for root in found if isinstance(root, str)}
    return {root for root in roots if any(path.startswith(f"{root}/") for path in paths)}


def _in_pyproject(read: FileReader) -> Iterator[Any]:
    tools = get_nested(read_pyproject(read), "tool")
    # https://python-poetry.org/docs/pyproject/#packages
    for package in _items(tools, "poetry", "packages"):
        yield get_nested(package, "from")
    # https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#src-layout
    yield get_nested(tools, "setuptools", "package-dir", "")
    yield from _items(tools, "setuptools", "packages", "find", "where")
    # https://hatch.pypa.io/latest/config/build/#packages
    for table in (("hatch", "build"), ("hatch", "build", "targets", "wheel")):
        yield from _items(tools, *table, "sources")
        for package in _items(tools, *table, "packages"):
            yield posixpath.dirname(package) if isinstance(package, str) else None
    # https://backend.pdm-project.org/build_config/
    yield get_nested(tools, "pdm", "build", "package-dir")


def _items(tools: Any, *keys: str) -> list[Any]:
    value = get_nested(tools, *keys)
    return value if isinstance(value, list) else []


def _in_setup_cfg(read: FileReader) -> Iterator[str]:
    # https://setuptools.pypa.io/en/latest/userguide/declarative_config.html
    parser = parse_ini(read_optional(read, "setup.cfg"))
    for line in parser.get("options", "package_dir", fallback="").splitlines():
        package, _, folder = line.partition("=")
        if not package.strip():
            yield folder.strip()
    where = parser.get("options.packages.find", "where", fallback="")
    yield from where.replace(",", " ").split()


def _in_setup_py(read: FileReader) -> Iterator[Any]:
    raw = read_optional(read, "setup.py")
    try:
        tree = Source.from_bytes("setup.py", raw or b"").tree
    except SourceError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "package_dir":
            yield from _root_folders(node.value)


def _root_folders(value: ast.expr) -> Iterator[Any]:
    """Yield the folders of the root package in a dict of `package_dir`."""
    if not isinstance(value, ast.Dict):
        return
    for key, folder in zip(value.keys, value.values, strict=True):
        is_root = isinstance(key, ast.Constant) and key.value == ""
        if is_root and isinstance(folder, ast.Constant):
            yield folder.value
