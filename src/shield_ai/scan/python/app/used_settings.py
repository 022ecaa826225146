"""Find the settings that are secrets by their use in other files, not by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.scan.python.app.connection_settings import (
    explain_connections,
    find_connection_settings,
)
from shield_ai.scan.python.app.header_settings import explain_header_settings, find_header_settings

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite


def explain_uses(
    sites: Collection[FoundSite], paths: Collection[str], read: FileReader
) -> dict[str, str]:
    """Map the variables of settings that are secrets by their use to a message for the user.

    Args:
        sites: All sites of the app.
        paths: The Python files of the app.
        read: Returns the bytes of a file; None if it can't be read.
    """
    connections = explain_connections(sites, find_connection_settings(paths, read))
    return connections | explain_header_settings(sites, find_header_settings(paths, read))
