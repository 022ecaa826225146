from __future__ import annotations

import os

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.rules import pattern
from shield_ai.scan.rules.examples import fill
from shield_ai.scan.text import engine as module
from shield_ai.scan.text.engine import Pool, scan_credentials
from shield_ai.scan.text.reader import reader

LINE = fill('password = "{alnum:16}"\n').encode()

CUSTOM_PATTERN = """\
id: ACME
title: t
severity: high
description: d
fix: f
references: []
risk_assessment: {impact: high, exploitability: high, affected_scope: s}
files: {regex: ["*"]}
rules:
  - {id: ACME.key, kind: regex, severity: high, title: t, message: m, explanation: e, fix: f,
     regex: '(acme_[a-z]{4})', keywords: [acme], examples: [acme_abcd], non_examples: [b]}
"""


def look(root, *paths: str, jobs: int = 1):
    return scan_credentials(
        paths, reader(str(root)), [pattern.credential_pattern()], pool=Pool(str(root), jobs)
    )


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        pytest.param(LINE, 1, id="text"),
        pytest.param(b"\0\0" + LINE, 1, id="a few NULs"),
        pytest.param(b"\0" * 9 + LINE, 0, id="binary"),
        pytest.param(b"x" * 9000 + b"\0\n" + LINE, 1, id="a NUL far down"),
        pytest.param(b"\xff\xfe" + LINE.decode().encode("utf-16-le"), 1, id="UTF-16"),
        pytest.param(b"\xe9\xff\n" + LINE, 1, id="no UTF-8"),
        pytest.param(b"x" * 1_000_000 + b"\n" + LINE, 1, id="a line of a megabyte"),
        pytest.param(b'a="b";' * 100_000 + LINE, 1, id="minified"),
        pytest.param(b"", 0, id="empty"),
        pytest.param(LINE.replace(b"\n", b"\r\n"), 1, id="CRLF"),
    ],
)
def test_scans_all_encodings_and_sizes(tmp_path, raw: bytes, found: int) -> None:
    (tmp_path / "a.py").write_bytes(raw)
    assert len(look(tmp_path, "a.py").findings) == found


def test_skipped_files_have_a_reason(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "MAX_SIZE", 1000)
    (tmp_path / "big.py").write_bytes(b"#" * 1001)
    (tmp_path / "a.zip").write_bytes(b"PK")
    (tmp_path / "a.ini").write_bytes(b"\0" * 9)
    (tmp_path / "program").write_bytes(b"\0" * 9)
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    seen = look(tmp_path, "big.py", "a.zip", "a.ini", "program", "loop", "gone.py", "pipe")
    assert {skip.path: skip.reason.partition(":")[0] for skip in seen.skipped} == {
        "big.py": "larger than 0 MB",
        "a.zip": "an archive",
        "a.ini": SkipId.BINARY.text,
        "loop": SkipId.UNREADABLE.text,
        "gone.py": SkipId.UNREADABLE.text,
    }


def test_a_long_text_does_not_hide_the_secrets_of_a_configuration_file(tmp_path) -> None:
    body = f"string: '{'lorem, ipsum: ' * 60_000}'\n"
    (tmp_path / "a.yaml").write_text(f"x-chat-token:\n- Bq7TzW0rKx52LmPdVu81HcYe\n{body}")
    seen = look(tmp_path, "a.yaml")
    assert [finding.line for finding in seen.findings] == [2]
    assert seen.skipped == []


def test_partly_parsed_files_have_a_reason(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("shield_ai.scan.text.config_parsers.MAX_TOKENS", 20)
    (tmp_path / "a.yaml").write_text("token:\n- a\n- Bq7TzW0rKx52LmPdVu81HcYe\n" + "- a\n" * 20)
    (tmp_path / "b.yaml").write_text("token:\n- a\n- Bq7TzW0rKx52LmPdVu81HcYe\n")
    seen = look(tmp_path, "a.yaml", "b.yaml")
    assert [finding.path for finding in seen.findings] == ["b.yaml"]
    assert [(skip.path, skip.id) for skip in seen.skipped] == [("a.yaml", SkipId.PARTLY_PARSED)]


@pytest.mark.parametrize("path", ["a\0b", "a\0/b", "\ud800", "\ud800/b"])
def test_impossible_paths_are_not_read(tmp_path, path: str) -> None:
    assert reader(str(tmp_path))(path) is None


def test_links_out_of_the_folder_are_reported_and_not_read(tmp_path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (tmp_path / "outside.py").write_bytes(LINE)
    (app / "inside.txt").write_bytes(LINE)
    (app / "out.py").symlink_to("../outside.py")
    (app / "chain.py").symlink_to("out.py")
    (app / "in.py").symlink_to("inside.txt")
    seen = look(app, "out.py", "chain.py", "in.py")
    assert [skip.path for skip in seen.skipped] == ["out.py", "chain.py"]
    assert [finding.path for finding in seen.findings] == ["in.py"]
    assert reader(".", allow_outside=True)(str(app / "out.py")) == LINE


@pytest.mark.parametrize(
    "path",
    [
        "../outside/a.py",
        "/OUTSIDE/a.py",
        "folder/../../outside/a.py",
        "link/a.py",
        "to_link/a.py",
        ".git/a.py",
        "folder/.GIT/a.py",
        "to_git.py",
    ],
)
def test_reader_refuses_to_leave_the_folder(tmp_path, path: str) -> None:
    app = tmp_path / "app"
    for folder in (tmp_path / "outside", app / "folder/.GIT", app / ".git"):
        folder.mkdir(parents=True)
        (folder / "a.py").write_bytes(LINE)
    (app / "link").symlink_to("../outside")
    (app / "to_link").symlink_to("link")
    (app / "to_git.py").symlink_to(".git/a.py")
    path = path.replace("/OUTSIDE", str(tmp_path / "outside"))
    assert (app / path).exists()
    assert reader(str(app))(path) is None


def test_process_pool_gives_the_same_findings(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(module, "MIN_FILES_FOR_POOL", 4)
    for number in range(12):
        (tmp_path / f"{number}.py").write_bytes(LINE)
    paths = [f"{number}.py" for number in range(12)]
    one, two = look(tmp_path, *paths), look(tmp_path, *paths, jobs=2)
    assert sorted(map(repr, one.findings)) == sorted(map(repr, two.findings))
    assert len(two.findings) == 12


@pytest.mark.parametrize("jobs", [1, 2])
def test_custom_rules_search_only_the_given_paths(tmp_path, monkeypatch, jobs: int) -> None:
    monkeypatch.setattr(module, "MIN_FILES_FOR_POOL", 4)
    paths = [f"{number}.txt" for number in range(8)]
    for path in paths:
        (tmp_path / path).write_bytes(LINE + b"acme_abcd\n")
    custom = pattern.parse_pattern(CUSTOM_PATTERN, "a.yaml", set())
    seen = scan_credentials(
        paths,
        reader(str(tmp_path)),
        [pattern.credential_pattern(), custom],
        pool=Pool(str(tmp_path), jobs),
        custom_paths={"2.txt", "5.txt"},
    )
    found = [finding.path for finding in seen.findings if finding.rule == "ACME.key"]
    assert found == ["2.txt", "5.txt"]
    assert len(seen.findings) == len(paths) + 2


def test_reports_progress(tmp_path) -> None:
    (tmp_path / "a.py").write_bytes(LINE)
    told: list[tuple[int, int]] = []
    scan_credentials(
        ["a.py"] * 600,
        reader(str(tmp_path)),
        [pattern.credential_pattern()],
        progress=lambda *step: told.append(step),
    )
    assert told == [(0, 600), (256, 600), (512, 600), (600, 600)]
