"""Define the options for the rewrite of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.rewrite.code_style import CodeStyle

if TYPE_CHECKING:
    from shield_ai.rewrite.python.move_literals import LiteralRemoval
    from shield_ai.rewrite.python.unused_imports import Importers


class WrapOptions(NamedTuple):
    """Options for the rewrite of a file, in addition to its findings and the manifest."""

    removal: LiteralRemoval | None = None  # removes literals from the code; None keeps them
    style: CodeStyle = CodeStyle()  # the configured style of the file
    has_map: bool = True  # the app's map file has the secrets, unless the runtime is a package
    relative_package: str = ""  # the package with files that import the runtime relatively
    importers: Importers | None = None  # the app's Python files; None keeps unused imports
    client: str = "client"  # the client in the map file; empty if it has another form
