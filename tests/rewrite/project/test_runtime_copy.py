from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project import runtime_copy
from shield_ai.rewrite.project.stamp import stamp

PATH = "shop/utils/secrets.py"


def fix(files, **app):
    return run(runtime_copy.fix(files.get, manifest(**app)), files)


def test_copy_and_its_package_are_written_once():
    files = {"shop/__init__.py": b"x = 1\n"}
    assert not fix(files)
    assert set(files) == {"shop/__init__.py", "shop/utils/__init__.py", PATH}
    assert files["shop/utils/__init__.py"] == b""
    assert files[PATH].endswith(runtime_copy.RUNTIME.read_bytes())
    assert runtime_copy.unmodified(files[PATH])
    assert runtime_copy.fix(files.get, manifest()) == ([], [])


def test_copy_runs_without_our_package(tmp_path):
    files = {}
    fix(files)
    (tmp_path / "secrets_copy.py").write_bytes(files[PATH])
    code = "import secrets_copy, sys; assert 'shield_ai' not in sys.modules; print(secrets_copy.get_secret('a', 'b'))"
    done = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "b\n"
    assert ast.get_docstring(ast.parse(files[PATH]))


def old_copy(body=b"old = 1\n", version="0.0.1"):
    return stamp("runtime", "py", body.decode(), version).encode()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(old_copy(), id="older"),
        pytest.param(
            old_copy(version="odd version").replace(b"odd version", b"odd"), id="odd version"
        ),
        pytest.param(old_copy().replace(b"\n", b"\r\n"), id="older, crlf"),
    ],
)
def test_older_copy_that_nobody_edited_is_updated(raw):
    files = {"shop/utils/__init__.py": b"", PATH: raw}
    assert not fix(files)
    assert files[PATH].replace(b"\r\n", b"\n") == runtime_copy.content().encode()
    assert (b"\r\n" in files[PATH]) == (b"\r\n" in raw)
    assert runtime_copy.fix(files.get, manifest()) == ([], [])


def test_copy_with_other_line_ends_is_up_to_date():
    files = {
        "shop/utils/__init__.py": b"",
        PATH: runtime_copy.content().replace("\n", "\r\n").encode(),
    }
    assert runtime_copy.fix(files.get, manifest()) == ([], [])


def test_copy_made_by_hand_becomes_ours():
    files = {"shop/utils/__init__.py": b"", PATH: runtime_copy.RUNTIME.read_bytes()}
    assert not fix(files)
    assert files[PATH].decode() == runtime_copy.content()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(old_copy() + b"mine = 2\n", "edited by hand", id="edited"),
        pytest.param(b"def get_secret(): ...\n", "another module", id="foreign"),
        pytest.param(b"", "another module", id="empty"),
        pytest.param(b"\xff\x00", "another module", id="binary"),
        pytest.param(old_copy(version="99.0"), "newer version 99.0", id="newer"),
    ],
)
def test_what_is_not_an_unmodified_older_copy_stays(raw, message):
    files = {PATH: raw}
    assert message in fix(files)[PATH]
    assert files == {PATH: raw}


@pytest.mark.parametrize(
    ("path", "manage"), [("secrets.py", "manage.py"), ("backend/secrets.py", "backend/manage.py")]
)
def test_never_hides_the_standard_library(path, manage):
    files = {manage: b""}
    assert "standard library" in fix(files, runtime=path)[path]
    assert files == {manage: b""}


def test_package_runtime_needs_no_copy():
    assert runtime_copy.fix({}.get, manifest(runtime="package")) == ([], [])


def test_backends_are_written_beside_the_copy_even_if_that_one_stays():
    files = {"shop/utils/__init__.py": b"", PATH: runtime_copy.content().encode() + b"# mine\n"}
    skipped = run(runtime_copy.fix(files.get, manifest(), engines=["mysql"]), files)
    assert "edited by hand" in skipped[PATH]
    assert set(files) == {"shop/utils/__init__.py", PATH, *runtime_copy.copies(PATH)[-2:]}
    old = files.copy()
    assert not run(runtime_copy.fix(files.get, manifest()), files).keys() - {PATH}
    assert files == old
    files[runtime_copy.copies(PATH)[-1]] = stamp("runtime", "py", "old = 1\n", "0.0.1").encode()
    run(runtime_copy.fix(files.get, manifest()), files)
    assert files == old
