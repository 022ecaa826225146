"""Parse the app's modules on demand, and cache the most recently used."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source
from shield_ai.project.runtime_names import FORMER_PACKAGE, PACKAGE
from shield_ai.project.secret_map import SecretMap, expected_map, parse_map
from shield_ai.scan.files.manifest_variables import valid_manifest
from shield_ai.scan.python.readers.bindings import Module
from shield_ai.scan.python.readers.reading_names import calls_any, find_reading_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.project.layout import AppFacts


MAX_CACHED = 1_000_000  # bytes of source code
CLASS_CONSTANT = regex(rb"\n[ \t]{1,80}([A-Z][A-Z0-9_]{1,80})(?:\s?:[^=\n]{1,80})?\s{0,4}=(?!=)")


class Project:
    """The modules of an app.

    Args:
        python_files: The paths of the app's Python files.
        facts: The app's layout.
        read: Returns the bytes of a file; None if it can't be read.
        without_exports: Files that neither read variables nor re-export a reader. Imports from
            them are not followed, except for constants.
    """

    def __init__(
        self,
        python_files: set[str],
        facts: AppFacts,
        read: FileReader,
        without_exports: Collection[str] = (),
    ) -> None:
        self.python_files = python_files
        self.facts = facts
        self.reading_names: frozenset[str] = frozenset()  # of functions that read a variable
        # variables that other files, such as .env.example, show to be secrets
        self.secrets_by_file: Collection[str] = ()
        self.read = read
        self._without_exports = without_exports
        self._modules: dict[str, Module | None] = {}  # the least recently used first
        self._cached_size = 0  # bytes of source code
        self._paths: dict[str, str] = {}  # dotted name → path
        self._maps: dict[str, SecretMap | None] = {}  # dotted name → mapping of a map file
        self._class_constants: Counter[str] | None = None
        self._splits: dict[str, tuple[str, str]] = {}  # dotted name → path, name in the module

    def find_reading_names(self, contents: Iterable[bytes]) -> None:
        """Find the functions of the app that read a variable with a computed name.

        Args:
            contents: The files that read a variable under a computed name.
        """
        self.reading_names = find_reading_names(contents)

    def may_call_reader(self, raw: bytes) -> bool:
        """Return whether a file may call such a function."""
        return calls_any(raw, self.reading_names)

    def module_at(self, path: str) -> Module | None:
        """Return the module of a file; None if it can't be parsed."""
        if path in self._modules:
            module = self._modules.pop(path)
            self._modules[path] = module
            return module
        module = None if path in self._without_exports else self._parse(path)
        self._modules[path] = module
        return module

    def cached_source(self, path: str) -> Source | None:
        """Return a file that was parsed to follow an import, if it is still cached."""
        module = self._modules.get(path)
        return module.source if module else None

    def _parse(self, path: str) -> Module | None:
        raw = self.read(path)
        if raw is None:
            return None
        try:
            return self.add(Source.from_bytes(path, raw))
        except (SourceError, RecursionError):
            return None

    def add(self, source: Source) -> Module:
        """Return the module of a parsed file, and cache it."""
        module = self._modules.get(source.path)
        if module is None:
            module = Module(source, self.facts.module(source.path))
            self._modules[source.path] = module
            self._cached_size += len(source.raw)
            self._evict()
        return module

    def _evict(self) -> None:
        """Drop the least recently used modules: a tree takes forty times the size of its source."""
        while self._cached_size > MAX_CACHED and len(self._modules) > 1:
            module = self._modules.pop(next(iter(self._modules)))
            self._cached_size -= len(module.source.raw) if module else 0

    def find_module(self, dotted: str) -> Module | None:
        """Return the app's module with a dotted name; None if not found."""
        path = self._paths.get(dotted)
        if path is None:
            path = self._find_path(dotted)
            self._paths[dotted] = path
        return self.module_at(path) if path else None

    def find_imported(self, path: str, dotted: str) -> Module | None:
        """Return the module that a file imports; None if it is not in the app.

        An app that runs in a folder of the repository imports its modules without the folder.

        Args:
            path: The file.
            dotted: The absolute name of the module in its import.
        """
        folders = path.split("/")[:-1]
        module = self.find_module(dotted)
        while module is None and folders:
            module = self.find_module(".".join([*folders, dotted]))
            folders.pop()
        return module

    def _find_path(self, dotted: str) -> str:
        tail = dotted.replace(".", "/")
        for root in self.facts.roots:
            base = f"{root}/{tail}" if root else tail
            for path in (f"{base}.py", f"{base}/__init__.py"):
                if path in self.python_files:
                    return path
        return ""

    def find_constant(self, dotted: str) -> tuple[Module, str] | None:
        """Return the module of a constant and its name; None if it is outside the app.

        Unlike split(), this follows imports from files that export no reader.
        """
        parent, _, name = dotted.rpartition(".")
        if parent not in self._paths:
            self._paths[parent] = self._find_path(parent)
        path = self._paths[parent]
        module = self._modules.get(path)
        if module is None and path:
            module = self._parse(path)
        return (module, name) if module else None

    def class_constants(self) -> Counter[str]:
        """Return how often the app assigns to each name in upper case in an indented block."""
        if self._class_constants is None:
            self._class_constants = Counter()
            for path in self.python_files:
                names = CLASS_CONSTANT.findall(self.read(path) or b"")
                self._class_constants.update(name.decode() for name in names)
        return self._class_constants

    def is_runtime_name(self, dotted: str) -> bool:
        """Return whether a module outside the app is, by its name, the runtime or a map file."""
        if dotted.partition(".")[0] in {PACKAGE, FORMER_PACKAGE}:
            return True
        is_named = dotted.rpartition(".")[2] in {"secrets", "aws_secrets"}
        return is_named or dotted == self._missing_map[0]

    def secret_map(self, dotted: str) -> SecretMap | None:
        """Return the mapping of a map file; None for other modules and modules outside the app."""
        if dotted not in self._maps:
            module = self.find_module(dotted) if dotted else None
            self._maps[dotted] = parse_map(module.source.raw) if module else None
            if dotted and dotted == self._missing_map[0]:
                self._maps[dotted] = self._missing_map[1]
        return self._maps[dotted]

    @functools.cached_property
    def _missing_map(self) -> tuple[str, SecretMap]:
        """The module of the map file that shield.toml names, and its mapping, if it is missing.

        For example, it was not committed. The name is "" if the app has the file.
        """
        manifest = valid_manifest(self.read)
        if manifest is None or manifest.app.runtime == "package":
            return "", SecretMap()
        path = manifest.app.runtime
        if path in self.python_files or self.read(path) is not None:  # not of a scan of one file
            return "", SecretMap()
        return self.facts.module(path), expected_map(manifest)

    def split(self, dotted: str) -> tuple[Module, str] | None:
        """Split a dotted name into the app's module that contains it and the name in the module.

        Returns:
            None if no module of the app contains it.
        """
        if dotted not in self._splits:
            self._splits[dotted] = self._split(dotted)
        path, name = self._splits[dotted]
        module = self.module_at(path) if path else None
        return (module, name) if module else None

    def _split(self, dotted: str) -> tuple[str, str]:
        parent = dotted.rpartition(".")[0]
        while parent:
            module = self.find_module(parent)
            if module:
                return module.source.path, dotted[len(parent) + 1 :]
            parent = parent.rpartition(".")[0]
        return "", ""
