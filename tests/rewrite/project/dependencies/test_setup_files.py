from __future__ import annotations

import ast

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project import requirements

CFG = "[metadata]\nname = shop\n[options]\ninstall_requires =\n    django\n    requests\n{}[options.extras_require]\n"
PY = "from setuptools import setup\n\n{}"


def fix(files):
    return run(requirements.add_requirements(files.get, manifest()), files)


def added(path, text):
    files = {path: text.encode()}
    assert fix(files) == {}
    after = files[path]
    assert fix(files) == {}
    assert files == {path: after}
    return after.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(CFG.format(""), CFG.format("    boto3>=1.26\n"), id="at the end"),
        pytest.param(CFG.format("    urllib3\n"), CFG.format("    urllib3\n").replace("    django", "    boto3>=1.26\n    django"), id="sorted"),
        pytest.param("[options]\ninstall_requires =\n\tx", "[options]\ninstall_requires =\n\tx\n\tboto3>=1.26\n", id="no final newline"),
        pytest.param("[options]\ninstall_requires =\n    # web\n    a\n\n; old\n    c # d\n\nzip_safe = no\n", "[options]\ninstall_requires =\n    # web\n    a\n\n; old\n    c # d\n    boto3>=1.26\n\nzip_safe = no\n", id="comments and empty lines"),
        pytest.param("[options]\r\ninstall_requires =\r\n    x\r\n", "[options]\r\ninstall_requires =\r\n    x\r\n    boto3>=1.26\r\n", id="crlf"),
        pytest.param("[options]\ninstall-requires =\n  a==1\n  x==2\n", "[options]\ninstall-requires =\n  a==1\n  x==2\n  boto3>=1.26\n", id="pins"),
    ],
)  # fmt: skip
def test_adds_to_setup_cfg(before, after):
    assert added("setup.cfg", before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("setup(install_requires=['x', 'y'])\n", "setup(install_requires=['x', 'y', 'boto3>=1.26'])\n", id="one line"),
        pytest.param("setup(install_requires=['c', 'd', 'e'])\n", "setup(install_requires=['boto3>=1.26', 'c', 'd', 'e'])\n", id="sorted"),
        pytest.param('setup(install_requires=[\n    "x",\n])\n', 'setup(install_requires=[\n    "x",\n    "boto3>=1.26",\n])\n', id="lines"),
        pytest.param('setup(install_requires=[\n    "x",  # why\n])\n', 'setup(install_requires=[\n    "x",  # why\n    "boto3>=1.26",\n])\n', id="comment"),
        pytest.param('setup(install_requires=[\n    "x"  # why\n])\n', 'setup(install_requires=[\n    "boto3>=1.26",\n    "x"  # why\n])\n', id="no comma before a comment"),
        pytest.param('setup(install_requires=[\r\n    "x",\r\n])\r\n', 'setup(install_requires=[\r\n    "x",\r\n    "boto3>=1.26",\r\n])\r\n', id="crlf"),
        pytest.param("NEEDED = ('x',)\nsetuptools.setup(install_requires=NEEDED)\n", "NEEDED = ('x', 'boto3>=1.26',)\nsetuptools.setup(install_requires=NEEDED)\n", id="tuple with a name"),
    ],
)  # fmt: skip
def test_adds_to_setup_py(before, after):
    text = added("setup.py", PY.format(before))
    assert text == PY.format(after)
    ast.parse(text)


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        pytest.param("setup.cfg", "[options]\ninstall_requires =\n    boto3>=1.30\n", "", id="present"),
        pytest.param("setup.cfg", "[options]\ninstall_requires =\n    x\n    # new\n    boto3==1.20\n", "the runtime needs boto3>=1.26: update boto3==1.20", id="old after a comment"),
        pytest.param("setup.cfg", "[options]\ninstall_requires =\n    # none\n", "no file with the app's dependencies", id="only a comment"),
        pytest.param("setup.py", "setup(install_requires=['Boto3'])\n", "", id="present in a list"),
        pytest.param("setup.py", "setup(install_requires=['boto3==1.9.1'])\n", "the runtime needs boto3>=1.26: update boto3==1.9.1", id="old"),
        pytest.param("setup.cfg", "[options]\ninstall_requires =\n    urllib3<1.20\n", "too old for boto3>=1.26: update urllib3<1.20, then add boto3", id="old dependency"),
        pytest.param("requirements.txt", "x\nBoto3==1.9.1 --hash=sha256:0\n", "the runtime needs boto3>=1.26: update Boto3==1.9.1", id="old in requirements"),
        pytest.param("pyproject.toml", "[project]\ndependencies = ['boto3<1.20']\n", "the runtime needs boto3>=1.26: update boto3<1.20", id="old in pyproject"),
        pytest.param("setup.py", "setup(install_requires=read())\n", "no file with the app's dependencies", id="computed"),
        pytest.param("setup.py", "setup(install_requires=['a', x])\n", "no file with the app's dependencies", id="computed in part"),
        pytest.param("setup.py", "setup(\n", "no file with the app's dependencies", id="not Python"),
        pytest.param("setup.py", "setup(name='x')\n", "no file with the app's dependencies", id="nothing"),
        pytest.param("setup.cfg", "[options]\ninstall_requires = file: req.txt\n", "no file with the app's dependencies", id="file"),
    ],
)  # fmt: skip
def test_keeps_other_files(path, text, reason):
    raw = text.encode()
    files = {path: raw}
    skipped = fix(files)
    assert files == {path: raw}
    assert bool(skipped) is bool(reason)
    assert all(reason in text for text in skipped.values())
