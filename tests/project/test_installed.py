from __future__ import annotations

import pytest

from shield_ai.project.installed import find_venv, installed_versions


def make_venv(root, *distributions, name=".venv"):
    (root / name / "bin").mkdir(parents=True)
    (root / name / "bin/python").touch()
    (root / name / "pyvenv.cfg").touch()
    for folder in distributions:
        (root / name / "lib/python3.12/site-packages" / folder).mkdir(parents=True)


@pytest.mark.parametrize(
    ("distributions", "expected"),
    [
        pytest.param(["boto3-1.42.3.dist-info", "boto3"], {"boto3": "1.42.3"}, id="installed"),
        pytest.param(["boto3_stubs-1.42.3.dist-info"], {}, id="another distribution"),
        pytest.param(["boto3-1.42.3.dev1+abc.dist-info"], {}, id="not a release"),
        pytest.param(["boto3-1.1.dist-info", "boto3-1.2.dist-info"], {}, id="ambiguous"),
        pytest.param([], {}, id="nothing"),
    ],
)
def test_installed_versions(tmp_path, monkeypatch, distributions, expected):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert installed_versions(tmp_path, ("boto3",)) == {}
    make_venv(tmp_path, *distributions)
    assert installed_versions(tmp_path, ("boto3",)) == expected


def test_the_active_environment_is_the_last_choice(tmp_path, monkeypatch):
    make_venv(tmp_path, name="active")
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    assert find_venv(tmp_path) == tmp_path / "active"
    make_venv(tmp_path, name="venv")
    assert find_venv(tmp_path) == tmp_path / "venv"
