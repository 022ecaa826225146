"""Learn from an app's files whether its own packages are imported in the block of the libraries.

isort and ruff treat a package as third-party if it is not in the folder with their configuration,
or in `src`. In an app in the folder `backend`, they sort `import config` among the libraries.
"""

from __future__ import annotations

import ast
import contextlib
import itertools
import sys
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import SourceError
from shield_ai.model.file_reader import read_optional
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.rewrite.code_style import read_code_style

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.rewrite.code_style import CodeStyle

MAX_FILES = 60  # with imports of an own package
MAX_SIZE = 100_000  # bytes
ABOVE_APP = regex(r"(?:\.\./)+(?!src/$)[^./]")  # a folder in a folder above the app
FROM = regex(rb"(?m)^from[ \t]+([A-Za-z0-9_]+)")


def read_grouped_style(
    read: FileReader, path: str, paths: Collection[str], root: str, package: str = ""
) -> CodeStyle:
    """Return the style of a new file, with the block of imports of the app's packages.

    Args:
        read: Returns the bytes of a file.
        path: The new file.
        paths: The app's Python files.
        root: The folder that they are imported from; "" is the app's folder.
        package: The top-level package that the file imports.
    """
    style = read_code_style(read, path)
    own_package = path.removeprefix(f"{root}/" if root else "").partition("/")[0]
    if package != own_package and is_third_party_for_linter(style, package, paths):
        return msgspec.structs.replace(style, mixes_own_packages=True)
    if style.first_party or _is_own_for_linter(style, package, paths):
        return style
    if not mixes_own_packages(read, paths, own_packages(paths, root)):
        return style
    return msgspec.structs.replace(style, mixes_own_packages=True)


def is_third_party_for_linter(style: CodeStyle, package: str, paths: Collection[str]) -> bool:
    """Return whether ruff or isort treats a package of the app as third-party.

    A named source folder above the app can be the app's own folder, so it decides nothing.
    """
    if style.package_sources is None or not package or package in style.first_party:
        return False
    if any(ABOVE_APP.match(source) for source in style.package_sources):
        return False
    return not _is_own_for_linter(style, package, paths)


def _is_own_for_linter(style: CodeStyle, package: str, paths: Collection[str]) -> bool:
    """Return whether ruff or isort finds a package of the app in its source folders."""
    sources = style.package_sources or style.usual_sources
    starts = tuple(f"{source}{package}{end}" for source in sources for end in ("/", ".py"))
    return bool(package) and any(path.startswith(starts) for path in paths)


def own_packages(paths: Iterable[str], root: str) -> tuple[str, ...]:
    """Return the top-level modules and packages of an app, sorted.

    Args:
        paths: The app's Python files.
        root: The folder that they are imported from; "" is the app's folder.
    """
    prefix = f"{root}/" if root else ""
    inside = [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
    return tuple(sorted({path.partition("/")[0].removesuffix(".py") for path in inside}))


def mixes_own_packages(read: FileReader, paths: Iterable[str], packages: Collection[str]) -> bool:
    """Return whether most files import the app's packages in the block of the libraries.

    Args:
        read: Returns the bytes of a file.
        paths: The app's Python files.
        packages: The app's own top-level packages.
    """
    own = set(packages)
    if not own:
        return False
    mixed = separate = 0
    contents = ((path, read_optional(read, path) or b"") for path in paths)
    with_own = ((path, raw) for path, raw in contents if _names_own_package(raw, own))
    for path, raw in itertools.islice(with_own, MAX_FILES):
        with contextlib.suppress(SourceError):  # a file that can't be parsed does not count
            for is_adjacent in _transitions(Source.from_bytes(path, raw).tree, own):
                if is_adjacent:
                    mixed += 1
                else:
                    separate += 1
    return mixed > separate


def _names_own_package(raw: bytes, packages: Collection[str]) -> bool:
    if len(raw) > MAX_SIZE:
        return False
    return any(name.decode() in packages for name in FROM.findall(raw))


def _transitions(tree: ast.Module, packages: Collection[str]) -> Iterator[bool]:
    """Yield, where libraries and own packages meet, whether the imports are on adjacent lines."""
    imports = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    for one, other in itertools.pairwise(imports):
        kinds = {_is_own(one, packages), _is_own(other, packages)}
        if kinds == {True, False}:
            yield other.lineno - (one.end_lineno or one.lineno) == 1


def _is_own(node: ast.Import | ast.ImportFrom, packages: Collection[str]) -> bool | None:
    """Return whether a statement imports an own package, not a library.

    Returns:
        None for the standard library and for relative imports.
    """
    if isinstance(node, ast.ImportFrom):
        name = "" if node.level else node.module or ""
    else:
        name = node.names[0].name
    package = name.partition(".")[0]
    if not package or package in sys.stdlib_module_names:
        return None
    return package in packages
