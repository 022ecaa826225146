from __future__ import annotations

import json
import os

import pytest
from shield_helpers import make_app, run

from shield_ai.scan import enclosing_app
from shield_ai.scan.enclosing_app import MAX_APPS
from shield_ai.scan.python.app_scan import scan_app


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


def test_each_file_belongs_to_its_nearest_app(app):
    """Without duplicates, although the outer app contains the inner one."""
    code = 'import os\n\nTOKEN = os.environ["QUEUE_TOKEN"]\n'
    (app / "sub").mkdir()
    (app / "sub/shield.toml").write_text('[app]\nname = "sub"\n')
    (app / "sub/queue.py").write_text(code)
    (app / "queue.py").write_text(code)
    expected = [("queue.py", "CSEC34.environ-read"), ("sub/queue.py", "CSEC34.environ-read")]
    assert sorted(scanned("queue.py", "sub/queue.py", cwd=app)) == expected


def test_apps_within_apps_are_scanned_a_limited_number_of_times(tmp_path, monkeypatch):
    folder = tmp_path
    for _ in range(MAX_APPS + 2):
        folder /= "sub"
        folder.mkdir()
        (folder / "shield.toml").write_text('[app]\nname = "sub"\n')
        (folder / "queue.py").write_text('import os\n\nTOKEN = os.environ["QUEUE_TOKEN"]\n')
    apps = []

    def count(app, **options):
        apps.append(app)
        return scan_app(app, **options)

    monkeypatch.setattr(enclosing_app, "scan_app", count)
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.py"))
    assert len(scanned(*files, cwd=tmp_path)) == len(files)
    assert len(apps) == MAX_APPS


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_the_shield_toml_of_another_user_does_not_count(app):
    os.chown(app / "shield.toml", 12345, -1)
    assert scanned(".", cwd=app / "shop")
