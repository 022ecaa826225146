from __future__ import annotations

import datetime as dt
import gzip
import json
import tracemalloc

import boto3
import pytest
from fault_proxy import FaultProxy
from trail_helpers import export, record, user

from shield_ai.aws.cloudtrail.trail import lookup_events, read_files
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError, SourceError

RECORDS = [record("GetSecretValue", name, user("x")) for name in ("a", "b", "c")]


def read(*paths):
    unread = []
    return list(read_files(paths, unread.append)), unread


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.json", json.dumps({"Records": RECORDS}), id="uncompressed S3 file"),
        pytest.param("a.json", json.dumps(RECORDS, indent=1), id="a list"),
        pytest.param("a.json", "\n".join(map(json.dumps, RECORDS)), id="JSON Lines"),
        pytest.param("a.json", json.dumps({"Events": [{"EventId": "1", "CloudTrailEvent": json.dumps(r)} for r in RECORDS]}), id="aws cloudtrail lookup-events"),
        pytest.param("a.json", "\n" + json.dumps({"Records": RECORDS[:2]}) + json.dumps({"Records": RECORDS[2:]}), id="concatenated files"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_file_formats(tmp_path, name, content, packed):
    raw = content.encode()
    (tmp_path / name).write_bytes(gzip.compress(raw) if packed else raw)
    assert read(tmp_path / name) == (RECORDS, [])


def test_file_with_one_event(tmp_path):
    (tmp_path / "one.json").write_text(json.dumps(RECORDS[0], indent=4))
    assert read(tmp_path) == (RECORDS[:1], [])


def test_folder_is_searched(tmp_path):
    deep = tmp_path / "AWSLogs/123456789012/CloudTrail/us-east-1/2026/11/24"
    deep.mkdir(parents=True)
    export(deep / "x.json.gz", RECORDS)
    (deep / "readme.txt").write_text("no trail")
    assert read(tmp_path) == (RECORDS, [])


@pytest.mark.parametrize(
    ("content", "complete_records", "reason"),
    [
        pytest.param(gzip.compress(json.dumps({"Records": RECORDS}).encode())[:-20], 0, "incomplete gzip file", id="incomplete gzip file"),
        pytest.param(json.dumps({"Records": RECORDS}).encode()[:-20], 2, "invalid or incomplete JSON", id="incomplete file"),
        pytest.param(b"<html>", 0, "invalid or incomplete JSON", id="not JSON"),
        pytest.param(b"", 0, "invalid or incomplete JSON", id="empty"),
        pytest.param(b'{"Records": [{"a": "\xff\xfe"}]}', 0, "invalid or incomplete JSON", id="not UTF-8"),
        pytest.param(b"\x1f\x8bnonsense", 0, "damaged gzip file", id="invalid gzip"),
        pytest.param(b'{"Records": [' + b"[" * 100_000, 0, "invalid or incomplete JSON", id="deep nesting"),
    ],
)  # fmt: skip
def test_unreadable_files_are_reported(tmp_path, content, complete_records, reason):
    (tmp_path / "a.json").write_bytes(content)
    export(tmp_path / "b.json", RECORDS)
    found, unread = read(tmp_path)
    assert found == RECORDS[:complete_records] + RECORDS
    assert [(skip.path, skip.reason) for skip in unread] == [(str(tmp_path / "a.json"), reason)]


def test_records_before_the_end_of_an_incomplete_gzip_file_are_read(tmp_path):
    content = gzip.compress(json.dumps({"Records": RECORDS * 2000}).encode())
    (tmp_path / "a.json").write_bytes(content[:-400])
    found, unread = read(tmp_path)
    assert 0 < len(found) < len(RECORDS) * 2000
    assert [skip.reason for skip in unread] == ["incomplete gzip file"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "does not exist"),
        ("folder", "contains no JSON or JSON Lines file"),
        ("x" * 300, "can't be read: File name too long"),
    ],
    ids=["missing", "empty folder", "long name"],
)
def test_path_without_trail_files(tmp_path, name, message):
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceError, match=message):
        read(tmp_path / name)


def test_file_is_not_loaded_into_memory(tmp_path):
    path = tmp_path / "large.json"
    line = json.dumps(RECORDS[0])
    path.write_text('{"Records": [' + ",".join([line] * 20_000) + "]}")
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_files([path], lambda _: None)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000 < path.stat().st_size
    finally:
        tracemalloc.stop()


def test_event_history_of_the_account(aws):
    client = boto3.client("secretsmanager")
    client.create_secret(Name="a", SecretString="v")
    for _ in range(120):
        client.describe_secret(SecretId="a")
    client.close()
    found = list(
        lookup_events(Session("us-east-1"), dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
    )
    assert [record["eventName"] for record in found] == ["DescribeSecret"] * 120 + ["CreateSecret"]
    assert not list(
        lookup_events(Session("us-east-1"), dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    )


def test_missing_credentials(aws, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(AwsError, match="no AWS credentials"):
        list(lookup_events(Session("us-east-1"), dt.datetime.now(dt.UTC)))


def test_retries_after_throttling_and_lost_connection(aws, monkeypatch):
    client = boto3.client("secretsmanager")
    for _ in range(60):
        client.list_secrets()
    client.close()
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("LookupEvents", "ThrottlingException", at=1)
        proxy.cut("LookupEvents", at=3)
        found = list(
            lookup_events(Session("us-east-1"), dt.datetime.now(dt.UTC) - dt.timedelta(hours=1))
        )
        assert len(found) == 60
        assert len({record["eventID"] for record in found}) == 60
        assert proxy.count("LookupEvents") == 4


def test_missing_permission(aws, monkeypatch):
    with FaultProxy(aws.url) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        proxy.answer("LookupEvents", "AccessDeniedException", at=None)
        with pytest.raises(AwsError, match="denied cloudtrail:LookupEvents"):
            list(lookup_events(Session("us-east-1"), dt.datetime.now(dt.UTC)))
