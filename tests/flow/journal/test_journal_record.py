"""Journals that released versions wrote must still be read."""

from __future__ import annotations

import msgspec
import pytest

from shield_ai.flow.journal.journal_chain import create_chain
from shield_ai.flow.journal.journal_record import (
    FileStep,
    ResourceStep,
    RunEnd,
    RunStart,
    SecretStep,
    StepDone,
    StepUndone,
    decode_record,
    require_same_account,
)
from shield_ai.flow.journal.log import Journal
from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.invalid_input import INVALID_JSON
from shield_ai.model.plan import Action

ACCOUNT = {"account": "123456789012", "region": "us-east-1"}
TARGET = '"account":"123456789012","region":"us-east-1"'
# As written by version 1.0: without fields that have their default.
LINES = [
    pytest.param(
        '{"seq":1,"run":"r","event":"start","files":["a.py"]}',
        RunStart(seq=1, run="r", files=("a.py",)),
        id="start",
    ),
    pytest.param(
        '{"seq":2,"run":"r","event":"begin","kind":"file","what":"a.py","before":"b","after":"c","mode":420,"narrowed":true,"backup":true,"folders":["d"]}',
        FileStep(
            seq=2,
            run="r",
            what="a.py",
            before="b",
            after="c",
            mode=0o644,
            narrowed=True,
            backup=True,
            folders=("d",),
        ),
        id="edit a file",
    ),
    pytest.param(
        '{"seq":3,"run":"r","event":"begin","kind":"file","what":"b.py","after":"c"}',
        FileStep(seq=3, run="r", what="b.py", after="c"),
        id="create a file",
    ),
    pytest.param(
        '{"seq":4,"run":"r","event":"begin","kind":"aws","what":"shop/key","action":"update","settings":{"description":"x"},"was":{"tags":{}},"previous":"p","token":"t",'
        + TARGET
        + ',"environment":"staging"}',
        SecretStep(
            seq=4,
            run="r",
            what="shop/key",
            action=Action.UPDATE,
            settings={"description": "x"},
            was={"tags": {}},
            previous="p",
            token="t",
            environment="staging",
            **ACCOUNT,
        ),
        id="update a secret",
    ),
    pytest.param(
        '{"seq":5,"run":"r","event":"begin","kind":"aws","what":"shop/key","action":"create","settings":{},"token":"t",'
        + TARGET
        + "}",
        SecretStep(
            seq=5,
            run="r",
            what="shop/key",
            action=Action.CREATE,
            settings={},
            token="t",
            **ACCOUNT,
        ),
        id="create a secret",
    ),
    pytest.param(
        '{"seq":6,"run":"r","event":"begin","kind":"aws","what":"Shop","action":"remove","resource":"role","was":{"tags":{}},'
        + TARGET
        + "}",
        ResourceStep(
            seq=6,
            run="r",
            what="Shop",
            action=Action.REMOVE,
            resource="role",
            was={"tags": {}},
            **ACCOUNT,
        ),
        id="remove a resource",
    ),
    pytest.param(
        '{"seq":7,"run":"r","event":"done","of":5,"arn":"a"}',
        StepDone(seq=7, run="r", of=5, arn="a"),
        id="done",
    ),
    pytest.param(
        '{"seq":8,"run":"r","event":"undone","of":5}', StepUndone(seq=8, run="r", of=5), id="undone"
    ),
    pytest.param('{"seq":9,"run":"r","event":"end"}', RunEnd(seq=9, run="r"), id="end"),
]
RECORDS = [param.values for param in LINES]


@pytest.mark.parametrize(("line", "record"), LINES)
def test_reads_a_line_of_version_1(line, record):
    assert decode_record(line.encode()) == record


@pytest.mark.parametrize(("line", "record"), LINES)
def test_version_1_reads_the_line(line, record):
    """A line has at least the fields that version 1 wrote, with the same values."""
    written = msgspec.json.decode(msgspec.json.encode(record))
    expected = msgspec.json.decode(line)
    assert {**written, **expected} == written
    assert decode_record(msgspec.json.encode(record)) == record


def test_a_journal_of_version_1_is_authentic(tmp_path):
    with Journal(tmp_path).locked() as journal:
        pass
    chain, header = create_chain(tmp_path.resolve())
    chain.advance(header)
    lines = [header]
    for line, _ in RECORDS:
        lines.append(chain.seal(line.encode()))
        chain.advance(lines[-1])
    journal.path.write_bytes(b"\n".join(lines) + b"\n")
    loaded = Journal(tmp_path).load()
    assert loaded.records == [record for _, record in RECORDS]
    assert [step.what for step in loaded.last_steps()] == ["Shop", "shop/key", "b.py", "a.py"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('{"seq":1,"run":"r"}', id="no event"),
        pytest.param('{"seq":1,"run":"r","event":"other"}', id="unknown event"),
        pytest.param('{"seq":1,"run":"r","event":"begin"}', id="no kind"),
        pytest.param('{"seq":1,"run":"r","event":"begin","kind":"other"}', id="unknown kind"),
        pytest.param('{"seq":1,"run":"r","event":"begin","kind":"file"}', id="no path"),
        pytest.param('{"seq":1,"run":"r","event":"done"}', id="done without a step"),
        pytest.param(
            '{"seq":1,"run":"r","event":"begin","kind":"aws","what":"n","action":"other",'
            + TARGET
            + "}",
            id="unknown action",
        ),
    ],
)
def test_refuses_a_line_that_is_no_record(line):
    with pytest.raises(INVALID_JSON):
        decode_record(line.encode())


def test_requires_the_account_of_every_step():
    step = ResourceStep(run="r", what="Shop", action=Action.CREATE, resource="role", **ACCOUNT)
    require_same_account([step], **ACCOUNT)
    with pytest.raises(UnsafePlanError, match="account 123456789012"):
        require_same_account([step], "210987654321", "us-east-1")
