"""Find the settings that are secrets by their use in other files, not by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import may_be_credential
from shield_ai.model.site import READ_SHAPES
from shield_ai.scan.python.app.connection_settings import connection_settings_in
from shield_ai.scan.python.app.header_settings import header_settings_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite

MAX_SIZE = 500_000  # bytes
CONNECTS = "{} connects to a server with the URL in {}"
SENDS = "{} sends {} as the credential of a request"


def explain_uses(
    sites: Iterable[FoundSite], paths: Iterable[str], read: FileReader
) -> dict[str, str]:
    """Map the variables of settings that are secrets by their use to a message for the user.

    Args:
        sites: All sites of the app.
        paths: The Python files of the app.
        read: Returns the bytes of a file; None if it can't be read.
    """
    connections: dict[str, str] = {}  # by setting, the first file that connects with it
    headers: dict[str, str] = {}
    for path in sorted(paths):
        raw = read(path) or b""
        if len(raw) <= MAX_SIZE:
            for name in connection_settings_in(raw):
                connections.setdefault(name.decode(), path)
            for name in header_settings_in(raw):
                headers.setdefault(name.decode(), path)
    messages = {}
    for finding, site in sites:
        variable = site.variable
        if not variable or site.shape not in READ_SHAPES:
            continue
        if finding.name in connections:
            messages[variable] = CONNECTS.format(connections[finding.name], variable)
        if finding.name in headers and may_be_credential(variable):
            messages[variable] = SENDS.format(headers[finding.name], variable)
    return messages
