"""Decide how the files of an app import get_secret(): by its full name, or relatively."""

from __future__ import annotations

import ast
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from shield_ai.project.layout import relative_module
from shield_ai.project.python_source import Source
from shield_ai.rewrite.code_style import read_code_style
from shield_ai.rewrite.project.import_names import is_template, root_of
from shield_ai.rewrite.python.imports.file_imports import (
    greatest_level,
    imported_names,
    imports_package,
)
from shield_ai.rewrite.python.imports.import_groups import (
    is_third_party_for_linter,
    mixes_own_packages,
    own_packages,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.code_style import CodeStyle
    from shield_ai.rewrite.python.wrap.wrap_options import WrapOptions

# What Alembic's own files import from it: https://alembic.sqlalchemy.org/en/latest/ops.html
ALEMBIC_PROXIES = frozenset({"context", "op"})


class ImportStyle:
    """The import of get_secret() in each file, and the style of the file.

    Args:
        manifest: Names the copy of the runtime.
        read: Returns the bytes of a file.
        accessor_import: The line that imports get_secret() by its full name.
        options: The app's Python files, and the package with relative imports.
        edited: The files that will import get_secret().
    """

    def __init__(
        self,
        manifest: Manifest,
        read: FileReader,
        accessor_import: str,
        options: WrapOptions,
        edited: Sequence[str],
    ) -> None:
        self._manifest = manifest
        self._read = read
        self._accessor_import = accessor_import
        self._options = options
        self._edited = edited
        paths = options.importers.paths if options.importers else ()
        self._paths = (*paths, manifest.app.runtime)  # the first apply creates the map file
        self._packages = self._app_packages(accessor_import.split()[1])
        self._mixes_packages = mixes_own_packages(read, paths, self._packages)

    def line(self, source: Source) -> str:
        """Return the line that imports get_secret() in a file.

        Args:
            source: The file.
        """
        runtime = self._manifest.app.runtime
        if not self._imports_relatively(source):
            return self._accessor_import
        _, _, rest = self._accessor_import.partition(" import ")
        return f"from {relative_module(source.path, runtime)} import {rest}"

    def code_style(self, path: str) -> CodeStyle:
        """Return the configured style of a file, with the app's packages.

        Args:
            path: The file.
        """
        style = read_code_style(self._read, path)
        if style.import_order:  # flake8-import-order knows no other packages of the app
            return style
        package = self._accessor_import.split()[1].partition(".")[0]
        if self._options.importers and is_third_party_for_linter(style, package, self._paths):
            return msgspec.structs.replace(style, mixes_own_packages=True)
        if self._mixes_packages and not style.first_party:
            return msgspec.structs.replace(style, mixes_own_packages=True)
        first_party = (*style.first_party, *self._packages)
        return msgspec.structs.replace(style, first_party=first_party)

    def _imports_relatively(self, source: Source) -> bool:
        """Return whether a file imports the module with get_secret() relatively.

        It does if its package has several names, or if it imports other modules of its package
        relatively. Alembic loads its files by their paths, so that they are in no package.
        """
        runtime = self._manifest.app.runtime
        if _is_run_by_alembic(source) and not greatest_level(source):
            return False
        package = self._options.relative_package
        if package and not imports_package(source, package.rpartition("/")[2]):
            return all(name.startswith(f"{package}/") for name in (source.path, runtime))
        return self._imports_neighbors_relatively(source, runtime)

    def _imports_neighbors_relatively(self, source: Source, runtime: str) -> bool:
        """Return whether a file imports other modules of its package relatively."""
        module = self._accessor_import.split()[1]
        if not self._is_in_package_of_runtime(source.path, module):
            return False
        relative = relative_module(source.path, runtime)
        if imported_names(source, module, relative):
            return bool(imported_names(source, relative))
        importers = self._options.importers
        if is_template(self._read, module, importers.paths if importers else ()):
            return True
        level = len(relative) - len(relative.lstrip("."))
        style = read_code_style(self._read, source.path)
        if style.bans_relative_imports or (style.bans_parent_imports and level > 1):
            return False
        used = greatest_level(source)
        if level <= used:
            return True
        prefers_relative = used > 0 and not imports_package(source, module.partition(".")[0])
        if not prefers_relative or not self._is_in_packages(source.path, level):
            return False
        return all(map(self._has_relative_imports, self._edited_siblings(source.path)))

    def _edited_siblings(self, path: str) -> list[str]:
        folder = path.rpartition("/")[0]
        return [other for other in self._edited if other.rpartition("/")[0] == folder]

    def _has_relative_imports(self, path: str) -> bool:
        return greatest_level(Source.from_bytes(path, self._read(path) or b"")) > 0

    def _is_in_package_of_runtime(self, path: str, module: str) -> bool:
        """Return whether a file is in the top-level package of the copy of the runtime."""
        runtime = self._manifest.app.runtime
        package, _, is_nested = module.partition(".")
        if runtime == "package" or not is_nested:
            return False
        root = root_of(self._read, runtime, module)
        return path.startswith(f"{root}/{package}/" if root else f"{package}/")

    def _is_in_packages(self, path: str, count: int) -> bool:
        """Return whether a number of folders above a file have an `__init__.py`."""
        folders = list(PurePosixPath(path).parents)[:count]
        return all(self._read(f"{folder}/__init__.py") is not None for folder in folders)

    def _app_packages(self, module: str) -> tuple[str, ...]:
        """Return the app's top-level packages, in the import root of the map file."""
        if self._manifest.app.runtime == "package" or self._options.importers is None:
            return ()
        root = root_of(self._read, self._manifest.app.runtime, module)
        return own_packages(self._paths, root)


def _is_run_by_alembic(source: Source) -> bool:
    """Return whether a file is Alembic's env.py or a migration.

    https://alembic.sqlalchemy.org/en/latest/tutorial.html#the-migration-environment
    """
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "alembic"
        and not ALEMBIC_PROXIES.isdisjoint(alias.name for alias in node.names)
        for node in source.tree.body
    )
