"""Define the options for the rewrite of a file."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.rewrite.code_style import CodeStyle
from shield_ai.rewrite.python.wrap.shared_bases import SharedBases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.skip import SkipReason
    from shield_ai.rewrite.python.fixers.move_literals import LiteralRemoval
    from shield_ai.rewrite.python.imports.importers import Importers


class WrapOptions(NamedTuple):
    """Options for the rewrite of a file, in addition to its findings and the manifest."""

    removal: LiteralRemoval | None = None  # removes literals from the code; None keeps them
    style: CodeStyle = CodeStyle()  # the configured style of the file
    has_map: bool = True  # whether a map file lists the secrets
    relative_package: str = ""  # the package in which the runtime is imported relatively
    importers: Importers | None = None  # required to remove unused imports; None keeps them
    shared: SharedBases = SharedBases()  # the settings sources for classes of several files
    # Offsets of the classes that get the settings source for classes of other files.
    shared_bases: frozenset[int] = frozenset()
    subclasses: frozenset[int] = frozenset()  # of classes that inherit the source from another file
    held: Mapping[str, SkipReason] = MappingProxyType({})  # why a draft lacks variables
    client: str = "client"  # name of the client in the map file; empty if not recognized
