from __future__ import annotations

import json

import pytest
from shield_helpers import make_app, run


@pytest.fixture
def app(tmp_path):
    """Return an app whose secrets were moved."""
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    assert run("apply", "--only", "code", "--yes", "--no-proof", cwd=tmp_path).code == 0
    return tmp_path


def scanned(*targets, cwd):
    report = json.loads(run("scan", *targets, "--format", "json", cwd=cwd).out)
    return [(finding["path"], finding["rule"]) for finding in report["findings"]]


@pytest.mark.parametrize("target", ["shop", "shop/settings.py", "./shop/settings.py"])
def test_moved_reads_of_a_part_are_not_reported(app, target):
    assert scanned(target, cwd=app) == []


def test_moved_reads_are_not_reported_inside_the_app(app):
    assert scanned(".", cwd=app / "shop") == scanned("settings.py", cwd=app / "shop") == []


def test_other_reads_of_a_part_are_reported(app):
    code = 'import os\n\nTOKEN = os.environ["QUEUE_TOKEN"]\n'
    (app / "shop/queue.py").write_text(code)
    (app / "other.py").write_text(code)
    expected = [("queue.py", "CSEC34.environ-read")]
    assert scanned(".", cwd=app / "shop") == expected
    assert scanned("queue.py", cwd=app / "shop") == expected
    assert scanned("shop/queue.py", cwd=app) == [("shop/queue.py", "CSEC34.environ-read")]


def test_a_file_outside_the_repository_of_the_app_is_scanned_alone(app):
    (app / "vendor/.git").mkdir(parents=True)
    (app / "vendor/settings.py").write_bytes((app / "shop/settings.py").read_bytes())
    assert scanned("vendor/settings.py", cwd=app)
