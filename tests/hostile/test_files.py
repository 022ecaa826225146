"""Special, endless, damaged and deeply nested files are refused with one error."""

from __future__ import annotations

import gzip
import os

import pytest
from hostile_text import shield

from shield_ai.aws.cloudtrail import trail

NESTED = "[" * 100_000


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "settings.py").write_text('import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n')
    os.mkfifo(folder / "fifo")
    return folder


@pytest.mark.parametrize("path", ["fifo", "/dev/zero"])
@pytest.mark.parametrize(
    "command",
    [
        ["plan", "--only", "code", "--env-file"],
        ["scan", "--baseline"],
        ["draft", "--from-sarif"],
    ],
    ids=lambda command: command[0],
)
def test_refuses_special_files(app, command, path):
    done = shield(app, *command, path, timeout=60)
    assert done.returncode == 2
    assert b"not a regular file" in done.stderr


def test_a_folder_can_have_the_name_of_a_file(app):
    """A virtual environment is often in .env."""
    (app / "fifo").unlink()
    (app / "requirements.txt").write_text("django\n")
    for name in (".env", "requirements.in", "setup.cfg", "pytest.ini"):
        (app / name).mkdir()
        (app / name / "base.in").write_text("django\n")
    done = shield(app, "apply", "--only", "code", "--yes")
    assert done.returncode == 0, done.stderr
    assert "get_secret(" in (app / "settings.py").read_text()


@pytest.mark.parametrize(
    ("name", "content", "command"),
    [
        pytest.param("shield.toml", f"a = {NESTED}", ["plan", "--only", "code"], id="TOML"),
        pytest.param("x.json", NESTED, ["scan", "--baseline", "x.json"], id="baseline"),
        pytest.param("x.json", NESTED, ["draft", "--from-sarif", "x.json"], id="SARIF"),
    ],
)
def test_refuses_deep_nesting(app, name, content, command):
    (app / name).write_text(content)
    done = shield(app, *command)
    assert done.returncode == 2, done.stderr


def test_reports_a_corrupt_gzip_file(tmp_path):
    raw = bytearray(gzip.compress(b'{"Records": []}' * 100))
    raw[10:12] = b"\xff\xff"  # a reserved block type
    path = tmp_path / "a.json.gz"
    path.write_bytes(raw)
    unread = []
    assert list(trail.read_files([path], unread.append)) == []
    assert [skip.reason for skip in unread] == ["damaged gzip file"]


def test_reports_a_gzip_bomb(tmp_path, monkeypatch):
    monkeypatch.setattr(trail, "_MAX_DECOMPRESSED", 1_000_000)
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b'{"Records": [' + b" " * 50_000_000 + b"]}"))
    read = count_bytes(monkeypatch)
    unread = []
    assert list(trail.read_files([path], unread.append)) == []
    assert [skip.reason for skip in unread] == [trail._TOO_LARGE]
    assert sum(read) < 2_000_000


def count_bytes(monkeypatch):
    """Return a list that gets the number of bytes of each decompressed chunk."""
    sizes = []
    original = gzip.GzipFile.read

    def read(self, size=-1):
        chunk = original(self, size)
        sizes.append(len(chunk))
        return chunk

    monkeypatch.setattr(gzip.GzipFile, "read", read)
    return sizes


@pytest.mark.parametrize("evil", ["a\\nb", "$(id)", "`id`", "a'b", "\\u0000", "\\u001b[2J"])
@pytest.mark.parametrize(
    "line",
    ['prefix = "{}"', 'role = "{}"', 'region = "{}"', 'kms_key = "{}"', 'replicas = ["{}"]'],
)
def test_refuses_shell_and_template_syntax_in_the_manifest(app, line, evil):
    text = '[app]\nname = "shop"\n' + line.replace("{}", evil) + "\n"
    (app / "shield.toml").write_text(text)
    done = shield(app, "cost")
    assert done.returncode == 2
    assert b"invalid " in done.stderr
