from __future__ import annotations

import importlib.util
import sys

import pytest

from shield_ai import runtime
from shield_ai.django import state
from shield_ai.rewrite.project.runtime_copy import content


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the runtime, imported under a name of its own."""
    path = tmp_path / "shop_secrets.py"
    path.write_text(content())
    spec = importlib.util.spec_from_file_location("shop_secrets", path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "shop_secrets", module)
    spec.loader.exec_module(module)
    return module


def test_knows_every_runtime_of_the_process(copy):
    assert state.runtimes() == [runtime, copy]


def test_sums_up_what_they_counted(copy, monkeypatch):
    before = state.counts()["CacheMisses"]
    monkeypatch.setitem(copy._client._counts, "CacheMisses", 7)
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
    (tmp_path / "shop_secrets.py").write_bytes(change(content()).encode())
    assert state.edited() == ([copy.__file__] if edited else [])


def test_a_copy_without_its_source_is_not_called_edited(copy, tmp_path):
    (tmp_path / "shop_secrets.py").unlink()
    assert state.edited() == []


@pytest.mark.parametrize(
    ("word", "on"), [("true", True), (" Yes ", True), ("1", True), ("", False), ("false", False)]
)
def test_the_switch(monkeypatch, word, on):
    monkeypatch.setenv("USE_AWS_SECRETS", word)
    assert state.aws_is_on() is on
