"""The app's modules, read when something leads to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import Source
from shield_ai.scan.python.bindings import Module

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from shield_ai.project.layout import Facts

    Read = Callable[[str], bytes | None]

KEPT = 1_000_000  # bytes of source


class Project:
    """Every module of the app.

    Args:
        known: Paths of its Python files.
        facts: How it is laid out.
        read: Gives a file's bytes.
        dull: Paths of files that neither read the environment nor name a secret: what is imported from them is nothing.
    """

    def __init__(
        self, known: set[str], facts: Facts, read: Read, dull: Collection[str] = ()
    ) -> None:
        self.known = known
        self.dull = dull
        self.facts = facts
        self.read = read
        self._modules: dict[str, Module | None] = {}
        self._paths: dict[str, str] = {}  # of dotted names
        # likewise: the path of the module, and what is left
        self._splits: dict[str, tuple[str, str]] = {}
        self._size = 0  # of the modules that are kept, in bytes of source

    def at(self, path: str) -> Module | None:
        """Return the module of a file; None where it can't be parsed."""
        if path in self._modules:
            self._modules[path] = self._modules.pop(path)  # the last to go
        else:
            raw = None if path in self.dull else self.read(path)
            try:
                self._modules[path] = (
                    self.add(Source.from_bytes(path, raw)) if raw is not None else None
                )
            except SourceError:
                self._modules[path] = None
        return self._modules[path]

    def add(self, source: Source) -> Module:
        """Take in a file that was read already."""
        module = self._modules.get(source.path)
        if module is None:
            module = self._modules[source.path] = Module(source, self.facts.module(source.path))
            self._size += len(source.raw)
            self._forget()
        return module

    def _forget(self) -> None:
        """Let the modules go that nobody has asked for longest: a tree takes forty times the memory of its source."""
        while self._size > KEPT and len(self._modules) > 1:
            module = self._modules.pop(next(iter(self._modules)))
            self._size -= len(module.source.raw) if module else 0

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
        return (
            dotted.rpartition(".")[2] in {"secrets", "aws_secrets"}
            or dotted.partition(".")[0] == "shield_ai"
        )

    def split(self, dotted: str) -> tuple[Module, str] | None:
        """Split the dotted path of a name into the module that it is in and the name itself."""
        path, rest = self._splits.get(dotted) or self._split(dotted)
        module = self.at(path) if path else None
        return (module, rest) if module else None

    def _split(self, dotted: str) -> tuple[str, str]:
        where, path = dotted.rpartition(".")[0], ""
        while where and not path:
            if module := self.find(where):
                path = module.source.path
            else:
                where = where.rpartition(".")[0]
        found = self._splits[dotted] = (path, dotted[len(where) + 1 :])
        return found
