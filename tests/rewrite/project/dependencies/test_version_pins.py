from __future__ import annotations

import pytest
from fixer_helpers import manifest

from shield_ai.model.skip import SkipId
from shield_ai.rewrite.project.dependencies.version_pins import outdated_pin
from shield_ai.rewrite.project.requirements import add_requirements


@pytest.mark.parametrize(
    ("line", "pin"),
    [
        pytest.param("urllib3==1.24.1", "urllib3==1.24.1", id="pinned"),
        pytest.param("urllib3==1.24.*  # why", "urllib3==1.24.*", id="prefix"),
        pytest.param("urllib3==1.*", None, id="prefix of new ones"),
        pytest.param("urllib3<1.25", "urllib3<1.25", id="upper bound"),
        pytest.param("boto3~=1.20.3", "boto3~=1.20.3", id="compatible"),
        pytest.param("boto3~=1.20", None, id="compatible with new ones"),
        pytest.param(
            "python_dateutil==1.5 \\\n    --hash=sha256:0", "python_dateutil==1.5", id="hash"
        ),
        pytest.param("urllib3==1.26.18", None, id="new enough"),
        pytest.param("urllib3<2", None, id="allows a new one"),
        pytest.param("urllib3>=1.20", None, id="lower bound"),
        pytest.param("requests==2.0", None, id="another package"),
        pytest.param("urllib3==bad version", None, id="invalid"),
        pytest.param("-r base.txt", None, id="option"),
    ],
)
def test_outdated_pin(line, pin):
    assert outdated_pin(["django", line]) == pin


def test_boto3_is_not_added_beside_an_outdated_pin():
    files = {"requirements.txt": b"requests==2.20\nurllib3==1.24.1\n"}
    changes, (skipped,) = add_requirements(files.get, manifest())
    assert changes == []
    assert skipped.id is SkipId.OUTDATED_PIN
    assert "urllib3==1.24.1" in skipped.reason
