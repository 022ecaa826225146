"""Find clients of AWS that read the access keys from the environment themselves.

The files with them often read no variable, so they are searched as text, not parsed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

# https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html
# https://s3fs.readthedocs.io/en/latest/#credentials
ACCESS_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
CONSTRUCTOR = regex(
    rb"(?m)^[^#\n]{0,200}?\b(?P<name>boto3\.(?:client|resource|(?:session\.)?Session)"
    rb"|(?:s3fs\.)?S3FileSystem|fsspec\.filesystem)"
    rb"\((?P<arguments>[^()]{0,400}(?:\([^()]{0,200}\)[^()]{0,400}){0,5})\)"
)
# Credentials, no sign-in, or arguments that are not known.
OTHER_LOGIN = regex(
    rb"access_key|\b(?:key|secret|anon|profile|profile_name|botocore_session|client_kwargs)\s?="
    rb"|\*\*"
)
S3 = regex(rb"\s*[\"']s3[a]?[\"']")


class DefaultClient(NamedTuple):
    """A call that creates a client of AWS without access keys."""

    function: str
    line: int


def find_default_clients(raw: bytes) -> Iterator[DefaultClient]:
    """Yield the calls in a Python file that create clients of AWS without access keys.

    Args:
        raw: The file.
    """
    lines = LineIndex(raw)
    for match in CONSTRUCTOR.finditer(raw):
        name, arguments = match["name"].decode(), match["arguments"]
        if OTHER_LOGIN.search(arguments):
            continue
        if name == "fsspec.filesystem" and not S3.match(arguments):
            continue
        is_session = name.endswith("Session")
        if is_session and b"access_key" in raw:
            continue  # the session's clients can get the keys
        if not ((is_session or name.endswith("S3FileSystem")) and _starts_with_value(arguments)):
            yield DefaultClient(name, lines.position(match.start("name"))[0])


def _starts_with_value(arguments: bytes) -> bool:
    """Return whether the first argument is positional."""
    first = arguments.partition(b",")[0]
    return bool(first.strip()) and b"=" not in first
