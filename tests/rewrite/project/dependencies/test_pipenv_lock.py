from __future__ import annotations

import json

import pytest
from fixer_helpers import manifest, run
from lock_samples import PIPFILE, PIPFILE_LOCK

from shield_ai.rewrite.project import requirements
from shield_ai.rewrite.project.dependencies.lock_update import releases
from shield_ai.rewrite.reverse_edits import reverse_edits

# These hashes were calculated by pipenv 2026 and by plette, as older versions of pipenv do.
HASH = "46a69f9f672e3a39158f1049846fa6582662c4fb1b2a60de416596771b087fd3"
NEW_HASH = "03cd9a392692b78002f7034f7ae1825fcce9027ed5a4ce0a06efb65a1f9a0b88"
OLD_FORM = "720a0b85de1cdce4b9792a04492bbba5fd679d03ac5bebf984ac6b7a0f00b9c7"
NEW_OLD_FORM = "3054cc1f28b3d661bbac73c5f62c17f95040d1d2e4a97326545435d3bf0eb78d"


def fix(lock, pipfile=PIPFILE):
    """Return Pipfile.lock after boto3 was added; None if it is reported as outdated."""
    files = {"Pipfile": pipfile.encode(), "Pipfile.lock": lock.encode()}
    skipped = run(requirements.add_requirements(files.get, manifest()), files)
    assert b"boto3" in files["Pipfile"]
    assert ("Pipfile.lock" in skipped) == (files["Pipfile.lock"] == lock.encode())
    assert not run(requirements.add_requirements(files.get, manifest()), files)
    return None if "Pipfile.lock" in skipped else files["Pipfile.lock"].decode()


def dump(data):
    return json.dumps(data, indent=4, sort_keys=True) + "\n"


def test_adds_packages_to_the_default_ones():
    after = fix(PIPFILE_LOCK)
    expected = json.loads(PIPFILE_LOCK)
    expected["_meta"]["hash"]["sha256"] = NEW_HASH
    for name, release in releases().items():
        entry = expected["develop"].get(name) or json.loads(release.texts["pipenv"])
        expected["default"][name] = entry
    expected["default"]["boto3"]["index"] = "pypi"
    assert after == dump(expected)
    before = PIPFILE_LOCK.encode()
    assert reverse_edits("Pipfile.lock", before, after.encode(), after.encode()) == before


def test_calculates_the_hash_as_older_versions_do():
    assert NEW_OLD_FORM in fix(PIPFILE_LOCK.replace(HASH, OLD_FORM))


@pytest.mark.parametrize("section", ["default", "develop"])
def test_boto3_that_another_package_requires_keeps_its_version(section):
    lock = json.loads(PIPFILE_LOCK)
    lock["develop"] = {}
    locked = {
        name: {"hashes": [], "version": f"=={release.version}"}
        for name, release in releases().items()
    }
    lock[section] |= locked
    after = json.loads(fix(dump(lock)))
    assert after["_meta"]["hash"]["sha256"] == NEW_HASH
    assert all(after["default"][name]["hashes"] == [] for name in releases())
    assert after["develop"] == lock["develop"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(HASH, NEW_HASH, id="inconsistent"),
        pytest.param('"==2.9.0"', '"==3.1.0"', id="locked version too new"),
        pytest.param('"==2.9.0"', '"*"', id="no version"),
        pytest.param("python_version >= '2.7' and", "os_name == 'nt' and", id="platform"),
        pytest.param('"version": "==1.16.0"', '"ref": "main",\n            "version": "==1.16.0"', id="git"),
        pytest.param('"develop"', '"docs"', id="category"),
        pytest.param("    ", "  ", id="layout"),
        pytest.param("\n", "\r\n", id="line endings"),
        pytest.param(PIPFILE_LOCK, "", id="empty"),
        pytest.param(PIPFILE_LOCK, "[]\n", id="wrong type"),
    ],
)  # fmt: skip
def test_reports_a_lock_file_that_is_unusual(old, new):
    assert old in PIPFILE_LOCK
    assert fix(PIPFILE_LOCK.replace(old, new)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"3.12"', '"3.9"', id="Python too old"),
        pytest.param('[requires]\npython_version = "3.12"\n', "", id="Python unknown"),
        pytest.param("pypi.org", "pypi.example", id="other index"),
    ],
)
def test_reports_the_lock_file_of_an_unusual_pipfile(old, new, monkeypatch):
    monkeypatch.setattr(
        "shield_ai.rewrite.project.dependencies.pipenv_lock._hash", lambda *_, **__: HASH
    )
    assert fix(PIPFILE_LOCK, PIPFILE.replace(old, new)) is None
