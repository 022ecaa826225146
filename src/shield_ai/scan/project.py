"""The app's modules, read when something leads to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.errors import SourceError
from shield_ai.scan.bindings import Module
from shield_ai.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from shield_ai.layout import Facts

    Read = Callable[[str], bytes | None]


class Project:
    """Every module of the app.

    Args:
        known: Paths of its Python files.
        facts: How it is laid out.
        read: Gives a file's bytes.
        dull: Paths of files that neither read the environment nor name a secret: what is imported from them is nothing.
    """

    def __init__(self, known: set[str], facts: Facts, read: Read, dull: Collection[str] = ()) -> None:
        self.known = known
        self.dull = dull
        self.facts = facts
        self.read = read
        self._modules: dict[str, Module | None] = {}
        self._paths: dict[str, str] = {}  # of dotted names
        self._splits: dict[str, tuple[Module, str] | None] = {}  # likewise

    def at(self, path: str) -> Module | None:
        """Return the module of a file; None where it can't be parsed."""
        if path not in self._modules:
            raw = None if path in self.dull else self.read(path)
            try:
                self._modules[path] = self.add(Source.from_bytes(path, raw)) if raw is not None else None
            except SourceError:
                self._modules[path] = None
        return self._modules[path]

    def add(self, source: Source) -> Module:
        """Take in a file that was read already."""
        module = self._modules.get(source.path)
        if module is None:
            module = self._modules[source.path] = Module(source, self.facts.module(source.path))
        return module

    def find(self, dotted: str) -> Module | None:
        """Return the app's module of this dotted name."""
        path = self._paths.get(dotted)
        if path is None:
            path = self._paths[dotted] = self._path(dotted)
        return self.at(path) if path else None

    def _path(self, dotted: str) -> str:
        tail = dotted.replace(".", "/")
        bases = [f"{root}/{tail}" if root else tail for root in self.facts.roots]
        paths = (path for base in bases for path in (f"{base}.py", f"{base}/__init__.py"))
        return next((path for path in paths if path in self.known), "")

    def is_runtime_name(self, dotted: str) -> bool:
        """Whether a module that is not in the app may be the runtime, by its name."""
        return dotted.rpartition(".")[2] in {"secrets", "aws_secrets"} or dotted.partition(".")[0] == "shield_ai"

    def split(self, dotted: str) -> tuple[Module, str] | None:
        """Split the dotted path of a name into the module that it is in and the name itself."""
        if dotted not in self._splits:
            self._splits[dotted] = self._split(dotted)
        return self._splits[dotted]

    def _split(self, dotted: str) -> tuple[Module, str] | None:
        where = dotted.rpartition(".")[0]
        while where:
            if module := self.find(where):
                return module, dotted[len(where) + 1 :]
            where = where.rpartition(".")[0]
        return None
