"""Where CloudTrail's records come from: the account's own history, or exported files of any size."""

from __future__ import annotations

import gzip
import itertools
import re
from typing import IO, TYPE_CHECKING, Any, cast

import ijson  # type: ignore[import-untyped]  # it has no types
import msgspec

from shield_ai.aws.live.session import translate_errors
from shield_ai.model.edit import Skipped
from shield_ai.model.errors import SourceError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from shield_ai.aws.live.session import Session

    Records = Iterator[dict[str, Any]]

# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html: 90 days, one attribute,
# 50 events a page, two pages a second
HISTORY_DAYS = 90
_SOURCE = "secretsmanager.amazonaws.com"
_NAMES = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
# What a file begins with -> where its records are: S3's, `aws cloudtrail lookup-events`, a list, one after the other.
_SHAPES = (
    (re.compile(rb'\s*\{\s*"Records"'), "Records.item"),
    (re.compile(rb'\s*\{\s*"Events"'), "Events.item"),
    (re.compile(rb"\s*\["), "item"),
    (re.compile(rb"\s*\{"), ""),
)
_PEEK = 4096
# No honest chunk of 64 KiB opens so many brackets more than it closes, and ijson's memory grows with depth squared.
_DEEPER = 200
_GZIP = b"\x1f\x8b"


def read_files(paths: Iterable[Path], unread: Callable[[Skipped], None]) -> Records:
    """Read records from exported files, one record at a time.

    Args:
        paths: Files, or folders to search for .json and .json.gz; packed or not is told by the content.
        unread: Takes each file that could not be read to its end, and why; what stands before that counts.

    Raises:
        SourceError: A path does not exist, or a folder has no such file.
    """
    for path in itertools.chain.from_iterable(map(_found, paths)):
        try:
            with path.open("rb") as raw:
                packed = raw.read(2) == _GZIP
                raw.seek(0)
                yield from _records(
                    cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw
                )
        except (ijson.JSONError, UnicodeDecodeError):
            unread(Skipped(path=str(path), line=0, name="", reason="is no JSON, or breaks off"))
        except (OSError, EOFError) as error:
            reason = (
                error.strerror
                if isinstance(error, OSError) and error.strerror
                else "is damaged, or breaks off"
            )
            unread(Skipped(path=str(path), line=0, name="", reason=reason))


def _found(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            raise SourceError(
                f"{path} does not exist", "name an exported file of CloudTrail, or a folder of them"
            )
        return [path]
    found = sorted(p for p in path.rglob("*") if p.name.endswith(_NAMES) and p.is_file())
    if not found:
        raise SourceError(
            f"{path} holds no .json or .json.gz file",
            "name the folder that the trail was copied to",
        )
    return found


def _records(stream: IO[bytes]) -> Records:
    head = stream.read(_PEEK)
    where = next((where for shape, where in _SHAPES if shape.match(head)), None)
    if where is None:
        raise ijson.JSONError
    for record in ijson.items(_Joined(head, stream), where, multiple_values=True, use_float=True):
        if isinstance(record, dict):
            yield from _unpacked(record)


def _unpacked(record: dict[str, Any]) -> Records:
    """Take the record out of what LookupEvents puts around it."""
    inner = record.get("CloudTrailEvent")
    if isinstance(inner, str):
        try:
            record = msgspec.json.decode(inner, type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            return
    yield record


class _Joined:
    """A stream and what was read of it already: a gzip stream can't go back at no cost."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        if size == 0:  # ijson asks for nothing first, to see whether it gets text or bytes
            return b""
        head, self._head = self._head, b""
        chunk = head or self._rest.read(size)
        if sum(map(chunk.count, (b"[", b"{"))) - sum(map(chunk.count, (b"]", b"}"))) > _DEEPER:
            raise ijson.JSONError
        return chunk


def lookup_events(session: Session, since: dt.datetime) -> Records:
    """Read the account's own history of Secrets Manager, newest first.

    Args:
        session: Says account and region.
        since: Not longer ago than 90 days.

    Raises:
        AwsError: AWS refuses.
    """
    with translate_errors("cloudtrail:LookupEvents"):
        pages = session.cloudtrail().get_paginator("lookup_events")
        attribute = [{"AttributeKey": "EventSource", "AttributeValue": _SOURCE}]
        # a literal
        for page in pages.paginate(LookupAttributes=attribute, StartTime=since):  # type: ignore[arg-type]
            for found in page["Events"]:
                yield from _unpacked(cast("dict[str, Any]", found))
