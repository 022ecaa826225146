"""Find the AWS region that an app names in its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.region_name import REGION_NAME
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader

REGION = regex(rb"(?i)\bAWS\w{0,40}REGION(?:_NAME)?\b[^\n]{0,200}?[\"'=:\s]" + REGION_NAME)


def find_region(paths: Iterable[str], read: FileReader) -> str:
    """Return the only region in lines such as `AWS_REGION = env("AWS_REGION", "eu-west-2")`.

    Args:
        paths: The settings files, and the examples of .env files.
        read: Returns the bytes of a file of the app.

    Returns:
        "" if the files name no region, or several.
    """
    found = {
        match["region"].decode().lower()
        for path in paths
        for match in REGION.finditer(read(path) or b"")
    }
    return found.pop() if len(found) == 1 else ""
