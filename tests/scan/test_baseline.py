from __future__ import annotations

import msgspec
import pytest

from shield_ai.model.errors import ShieldError
from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.scan.baseline import read_baseline, remove_known, write_baseline


def found(line: int, name: str = "password", path: str = "a.py") -> Finding:
    return Finding(
        rule="CRED.password", path=path, line=line, column=1, end_line=line, end_column=2, severity=Severity.HIGH,
        confidence=Confidence.HIGH, message="", name=name,
    )  # fmt: skip


def test_moved_findings_are_known_and_additional_ones_new(tmp_path) -> None:
    file = tmp_path / "baseline.json"
    assert write_baseline(file, [found(1), found(7), found(3, "token")]) == 3
    baseline = read_baseline(file)
    assert remove_known([found(11), found(17), found(2, "token")], baseline) == []
    assert remove_known([found(1), found(2), found(3)], baseline) == [found(3)]
    assert remove_known([found(1, path="b.py")], baseline) == [found(1, path="b.py")]


def test_file_does_not_change_when_lines_move(tmp_path) -> None:
    write_baseline(tmp_path / "a", [found(1), found(7, "token")])
    write_baseline(tmp_path / "b", [found(70, "token"), found(10)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert set(msgspec.json.decode((tmp_path / "a").read_bytes())["findings"][0]) == {
        "path",
        "rule",
        "name",
        "count",
    }


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 2, "findings": []}', '{"version": 1, "findings": [{"hash": "a"}]}'],
    ids=["empty", "list", "newer", "another tool's"],
)  # fmt: skip
def test_invalid_file_is_rejected(tmp_path, text) -> None:
    (tmp_path / "a").write_text(text)
    with pytest.raises(ShieldError):
        read_baseline(tmp_path / "a")


def test_missing_file_is_rejected(tmp_path) -> None:
    with pytest.raises(ShieldError) as caught:
        read_baseline(tmp_path / "a")
    assert "--write-baseline" in caught.value.hint
