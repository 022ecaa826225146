from __future__ import annotations

import ast
import os
import sys

import pytest

from shield_ai.project import newer_python
from shield_ai.project.newer_python import newer_pythons, parse_with_newer
from shield_ai.scan.python.app_scan import scan_files

NEWER = 'import os\ndef f[\n    T\n](): ...\nX = os.environ["API_KEY"]\n'
CONSTANTS = "[None, True, 1, 0x1p3, 1e999, 2j, b'\\xff', 'é', ..., 10**3, {9}]".replace(
    "{9}", "9" * 60
).replace("0x1p3", "8.5")


@pytest.fixture
def search(tmp_path, monkeypatch):
    """Call newer_pythons() with a folder in PATH in which python3.30 is a program."""

    def call(folder="bin", owner=""):
        newer_pythons.cache_clear()
        (tmp_path / folder).mkdir(parents=True)
        program = tmp_path / folder / "python3.30"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        if owner:
            (tmp_path / owner).touch()
        monkeypatch.chdir(tmp_path)
        return newer_pythons(), str(program)

    yield call
    newer_pythons.cache_clear()


@pytest.fixture
def with_itself(monkeypatch):
    """Let the running Python parse the code of tests as if it was a newer one."""
    monkeypatch.setattr(newer_python, "newer_pythons", lambda: (sys.executable,))


@pytest.mark.parametrize(
    "code",
    [
        "def f(a, *b, c=1, **d) -> int:\n    return [x async for x in y if z]\n",
        f"X = {CONSTANTS}\n",
        "match x:\n    case {'a': 1, **rest}: pass\n    case [_, *_] | A(b=2): pass\n",
        "with open('é') as f, g: print(f'{f!r:>{1}} {g=}')\n",
    ],
)
def test_the_tree_is_that_of_the_own_parser(with_itself, code):
    tree = parse_with_newer(code)
    assert tree is not None
    assert ast.dump(tree, include_attributes=True) == ast.dump(
        ast.parse(code), include_attributes=True
    )


@pytest.mark.parametrize(
    "code",
    ["x = (", "x" * 400_001, "-" * 100_000 + "1", "\0"],
    ids=["invalid", "long", "deep", "NUL"],
)
def test_code_without_a_tree(with_itself, code):
    assert parse_with_newer(code) is None


def test_many_files_do_not_take_unlimited_time(with_itself, monkeypatch):
    assert parse_with_newer("x = 1\n")
    monkeypatch.setattr(newer_python, "TOTAL_TIMEOUT", 0)
    assert parse_with_newer("x = 1\n") is None


def test_syntax_that_this_python_lacks_is_replaced(monkeypatch):
    document = (
        b'{"_type": "Module", "body": [{"_type": "TypeAlias", "lineno": 1, "value": 7},'
        b'{"_type": "Expr", "value": {"_type": "TemplateText", "values": []}}], "type_ignores": []}'
    )
    monkeypatch.setattr(newer_python, "newer_pythons", lambda: ("python3.30",))
    monkeypatch.setattr(newer_python, "_dump", lambda *_: document)
    monkeypatch.delattr(ast, "TypeAlias", raising=False)
    tree = parse_with_newer("")
    assert tree is not None
    assert [type(node).__name__ for node in tree.body] == ["Pass", "Expr"]
    assert ast.unparse(tree) == "pass\nNone"


def test_finds_the_newest_python_in_path(search, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"relative{os.pathsep}{tmp_path / 'bin'}")
    found, program = search()
    assert found == (program,)


@pytest.mark.parametrize("owner", ["bin/pyvenv.cfg", ".git"])
def test_no_python_of_a_repository_runs(search, tmp_path, monkeypatch, owner):
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert search(owner=owner)[0] == ()


def test_no_python_in_a_relative_folder_runs(search, monkeypatch):
    monkeypatch.setenv("PATH", f"bin{os.pathsep}")
    assert search()[0] == ()


@pytest.mark.skipif(not newer_pythons(), reason="no newer Python is installed")
def test_reads_in_a_file_with_newer_syntax_are_findings():
    raws = {"shop/settings.py": NEWER.encode()}
    scan = scan_files("shop", list(raws), raws.get)
    [(finding, site)] = scan.sites
    assert (finding.line, finding.env, site.reason.id.value) == (5, "API_KEY", "newer-syntax")
    assert [skip.path for skip in scan.skipped if not skip.line] == ["shop/settings.py"]
