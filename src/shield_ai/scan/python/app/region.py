"""Find the AWS region that an app names in its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader

# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
REGION = regex(
    rb"(?i)\bAWS\w*REGION(?:_NAME)?\b[^\n]*?[\"'=:\s](?P<region>(?:us-gov|us|eu|ap|ca|sa|me|af|il|mx)"
    rb"-(?:central|(?:north|south)?(?:east|west)|north|south)-[1-9])\b"
)


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
