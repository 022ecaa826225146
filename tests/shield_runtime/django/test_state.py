from __future__ import annotations

import pytest
from vendored_runtime import forget_copy, import_copy

import shield_runtime as runtime
from shield_ai.rewrite.project.runtime_source import runtime_files
from shield_runtime.django import state


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the runtime."""
    yield import_copy(tmp_path, monkeypatch)
    forget_copy()


def test_knows_every_runtime_of_the_process(copy):
    assert state.runtimes() == [runtime, copy]


def test_sums_up_what_they_counted(copy, monkeypatch):
    before = state.counts()["CacheMisses"]
    monkeypatch.setitem(copy.default_client._counters.counts, "CacheMisses", 7)
    assert state.counts()["CacheMisses"] == before + 7


@pytest.mark.parametrize(
    ("change", "edited"),
    [
        (lambda text: text, False),
        (lambda text: text.replace("\n", "\r\n"), False),
        (lambda text: text + "\n", True),
        (lambda text: text.partition("\n")[2], False),
    ],
    ids=["as written", "other line ends", "edited", "never ours"],
)
def test_tells_an_edited_copy(copy, change, edited, tmp_path):
    path = tmp_path / "_shield_runtime/cache.py"
    path.write_bytes(change(runtime_files()["cache.py"]).encode())
    assert state.modified_runtime_files() == ([str(path)] if edited else [])


def test_a_copy_without_its_source_is_not_called_edited(copy, tmp_path):
    for path in (tmp_path / "_shield_runtime").rglob("*.py"):
        path.unlink()
    assert state.modified_runtime_files() == []


@pytest.mark.parametrize(
    ("word", "on"), [("true", True), (" Yes ", True), ("1", True), ("", False), ("false", False)]
)
def test_the_switch(monkeypatch, word, on):
    monkeypatch.setenv("USE_AWS_SECRETS", word)
    assert state.aws_is_on() is on
