"""Read CloudTrail records from the account's event history, or from exported files of any size."""

from __future__ import annotations

import errno
import gzip
import math
import zlib
from typing import IO, TYPE_CHECKING, Any, cast

import ijson  # type: ignore[import-untyped]
import msgspec

from shield_ai.aws.cloudtrail.events import SOURCE
from shield_ai.model.errors import SourceError
from shield_ai.model.invalid_input import INVALID_JSON
from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from shield_ai.aws.live.session import Session

    Records = Iterator[dict[str, Any]]

# LookupEvents returns 90 days, filtered by one attribute, with 50 events a page and two calls a
# second: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
HISTORY_DAYS = 90
_PATH_HINT = "name a file that was exported from CloudTrail, or a folder with such files"
_SUFFIXES = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
# By the start of a file, the path of its records in ijson's notation: for a log file from S3, the
# output of `aws cloudtrail lookup-events`, a JSON array, and concatenated JSON objects.
_RECORD_PATHS = (
    (regex(rb'\s*\{\s*"Records"'), "Records.item"),
    (regex(rb'\s*\{\s*"Events"'), "Events.item"),
    (regex(rb"\s*\["), "item"),
    (regex(rb"\s*\{"), ""),
)
UNREADABLE: dict[str, Any] = {}  # placeholder for a record that can't be read
_HEAD_SIZE = 4096
# The limit of opened minus closed brackets in a chunk of 64 KiB. No valid trail exceeds it, and
# ijson's memory grows with the square of the depth.
_MAX_DEPTH_INCREASE = 200
_GZIP_MAGIC = b"\x1f\x8b"
_MAX_DECOMPRESSED = 500_000_000  # bytes of a file; a gzip bomb has more
_TOO_LARGE = f"larger than {_MAX_DECOMPRESSED // 1_000_000} MB when decompressed"


def read_files(paths: Iterable[Path], unread: Callable[[Skipped], None]) -> Records:
    """Read records from exported files, one record at a time; UNREADABLE for an invalid one.

    Args:
        paths: Files, or folders to search for JSON and JSON Lines files, compressed or not. The
            content of a file decides whether it is compressed.
        unread: Called with each file that could not be read completely. The records before the
            error are returned nevertheless.

    Raises:
        SourceError: A path does not exist or can't be read, or a folder has no such file.
    """
    for path in paths:
        for file in _trail_files(path):
            yield from _read_file(file, unread)


def _read_file(path: Path, unread: Callable[[Skipped], None]) -> Records:
    reason = None
    try:
        with path.open("rb") as stream:
            is_compressed = stream.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            stream.seek(0)
            if is_compressed:
                decompressed = cast("IO[bytes]", gzip.GzipFile(fileobj=stream))
                yield from _stream_records(decompressed, _MAX_DECOMPRESSED)
            else:
                yield from _stream_records(stream)
    except (ijson.JSONError, UnicodeDecodeError):
        reason = SkipId.TRAIL_INVALID_JSON.reason()
    except EOFError:
        reason = SkipId.TRAIL_INCOMPLETE_GZIP.reason()
    except zlib.error:
        reason = SkipId.TRAIL_DAMAGED_GZIP.reason()
    except OSError as error:
        reason = SkipId.TRAIL_DAMAGED_GZIP.reason()
        if error.strerror:
            reason = SkipId.TRAIL_UNREADABLE.reason(problem=error.strerror)
    if reason:
        unread(reason.entry(str(path)))


def _trail_files(path: Path) -> list[Path]:
    try:
        files = _find_files(path)
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}", _PATH_HINT) from None
    if not files:
        raise SourceError(
            f"{path} contains no JSON or JSON Lines file",
            f"name a folder with files that end in {', '.join(_SUFFIXES)}",
        )
    return files


def _find_files(path: Path) -> list[Path]:
    """Return a file, or the files of a trail in a folder."""
    if not path.exists():
        raise SourceError(f"{path} does not exist", _PATH_HINT)
    if not path.is_dir():
        return [path]
    found = path.rglob("*")
    return sorted(file for file in found if file.name.endswith(_SUFFIXES) and file.is_file())


def _stream_records(stream: IO[bytes], max_size: float = math.inf) -> Records:
    head = stream.read(_HEAD_SIZE)
    record_path = _record_path(head)
    joined = _JoinedStream(head, stream, max_size)
    for record in ijson.items(joined, record_path, multiple_values=True, use_float=True):
        yield _unwrap(record) if isinstance(record, dict) else UNREADABLE


def _record_path(head: bytes) -> str:
    for start, record_path in _RECORD_PATHS:
        if start.match(head):
            return record_path
    raise ijson.JSONError


def _unwrap(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record in an event of LookupEvents, or the record itself if it is not wrapped."""
    event = record.get("CloudTrailEvent")
    if event is None:
        return record
    try:
        return msgspec.json.decode(event, type=dict[str, Any])
    except (*INVALID_JSON, TypeError):  # the latter if the event is not text
        return UNREADABLE


class _JoinedStream:
    """Join the head that was already read with the rest of a stream.

    Seeking back in a gzip stream would decompress the head again.

    Args:
        head: The bytes that were already read.
        rest: The stream.
        max_size: The maximum number of bytes of both.
    """

    def __init__(self, head: bytes, rest: IO[bytes], max_size: float) -> None:
        self._head = head
        self._rest = rest
        self._left = max_size

    def read(self, size: int = -1) -> bytes:
        if size == 0:  # the first call of ijson, to detect whether the stream is binary
            return b""
        chunk = self._head or self._rest.read(size)
        self._head = b""
        self._left -= len(chunk)
        if self._left < 0:
            raise OSError(errno.EFBIG, _TOO_LARGE)
        opened = chunk.count(b"[") + chunk.count(b"{")
        closed = chunk.count(b"]") + chunk.count(b"}")
        if opened - closed > _MAX_DEPTH_INCREASE:
            raise ijson.JSONError
        return chunk


def lookup_events(session: Session, since: dt.datetime) -> Records:
    """Read the account's event history of Secrets Manager, newest first.

    An invalid record is returned as UNREADABLE.

    Args:
        session: The account and region.
        since: The start, at most 90 days ago.

    Raises:
        AwsError: The call failed.
    """
    attributes: list[Any] = [{"AttributeKey": "EventSource", "AttributeValue": SOURCE}]
    # Importing botocore opens a socket, and reading files needs no network.
    from shield_ai.aws.live.calls import translate_errors

    with translate_errors("cloudtrail:LookupEvents"):
        paginator = session.cloudtrail().get_paginator("lookup_events")
        for page in paginator.paginate(LookupAttributes=attributes, StartTime=since):
            for event in page["Events"]:
                yield _unwrap(cast("dict[str, Any]", event))
