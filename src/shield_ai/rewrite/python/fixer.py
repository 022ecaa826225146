"""Define and find the fixers of Python files.

A fixer is a function `fix(context)` in a module of `fixers`. It runs after the secrets of the
file are wrapped, and edits other parts of it. A second run must return no edits.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.edit import Edit
from shield_ai.model.skip import Skipped
from shield_ai.rewrite.python import fixers
from shield_ai.rewrite.python.lines.line_length import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import Site
    from shield_ai.project.python_source import Source
    from shield_ai.project.secret_map import SecretMap
    from shield_ai.rewrite.python.accessor_names import AccessorNames
    from shield_ai.rewrite.python.fixers.move_literals import LiteralRemoval


class FileContext(NamedTuple):
    """What a fixer knows about a file."""

    source: Source
    manifest: Manifest
    read: FileReader
    names: AccessorNames  # by which the file calls the runtime
    sites: Sequence[Site] = ()  # all sites of the file; empty if none of them is wrapped
    edits: Sequence[Edit] = ()  # of the wraps and earlier fixers: new edits must not overlap them
    calls: Sequence[tuple[int, int]] = ()  # line and column of each call of the runtime
    known: SecretMap | None = None  # the app's map file before this rewrite
    has_map: bool = False  # the app has a map file after the rewrite
    removal: LiteralRemoval | None = None  # removes literals from the code
    width: int = DEFAULT  # maximum line length


class FileOutcome(msgspec.Struct, kw_only=True):
    """The edits of one fixer in one file."""

    edits: list[Edit] = []
    skipped: list[Skipped] = []
    removed: list[str] = []  # variables of the removed literals
    engines: set[str] = set()  # of the database backends that the file uses
    found: set[str] = set()  # secrets of the databases in the file, edited or skipped


Fixer = Callable[[FileContext], FileOutcome]


@functools.cache
def find_python_fixers() -> tuple[Fixer, ...]:
    """Return the fixers, in the order of the names of their modules."""
    names = sorted(module.name for module in pkgutil.iter_modules(fixers.__path__))
    modules = [importlib.import_module(f"{fixers.__name__}.{name}") for name in names]
    return tuple(module.fix for module in modules if hasattr(module, "fix"))
