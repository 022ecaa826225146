from __future__ import annotations

import pytest

from shield_ai.scan.runner import scan_paths

READ = 'import os\nKEY = os.environ["STRIPE_SECRET_KEY"]\n'
RULE = "CSEC34.environ-read"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("shop/app.wsgi", READ, id="WSGI"),
        pytest.param("shop/window.pyw", READ, id="without console"),
        pytest.param("bin/backup", f"#!/usr/bin/env python3\n{READ}", id="first line"),
        pytest.param("bin/backup", f"#!/usr/bin/python -u\n{READ}", id="first line with an option"),
    ],
)
@pytest.mark.parametrize("as_folder", [True, False])
def test_python_without_py_is_scanned(tmp_path, monkeypatch, name, text, as_folder):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    (finding,) = scan_paths([tmp_path / "." if as_folder else tmp_path.__class__(name)]).findings
    assert (finding.rule, finding.path, finding.env) == (RULE, name, "STRIPE_SECRET_KEY")
    assert not finding.fixable
    assert finding.reason.id == "script"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("bin/backup", f"#!/bin/sh\n{READ}", id="shell"),
        pytest.param("bin/backup", READ, id="no first line"),
        pytest.param("tests/backup", f"#!/usr/bin/env python3\n{READ}", id="test"),
        pytest.param("bin/backup.txt", f"#!/usr/bin/env python3\n{READ}", id="text"),
    ],
)
def test_other_files_are_no_python(tmp_path, name, text):
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(text)
    assert scan_paths([tmp_path]).findings == []
