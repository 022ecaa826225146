from __future__ import annotations

import pytest
from fixer_helpers import manifest

from shield_ai.model.skip import SkipId
from shield_ai.rewrite.project.dependencies.version_pins import outdated_pins, outdated_version
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
        pytest.param("requests==2.21.0", "requests==2.21.0", id="requires an old urllib3"),
        pytest.param("requests<2.20", "requests<2.20", id="upper bound of requests"),
        pytest.param("requests==2.22.0", None, id="requires a new urllib3"),
        pytest.param("requests==2.15.1", None, id="contains urllib3"),
        pytest.param("botocore==1.20.112", "botocore==1.20.112", id="botocore"),
        pytest.param("botocore==1.29.5", None, id="new botocore"),
        pytest.param("s3transfer==0.4.2", "s3transfer==0.4.2", id="s3transfer"),
        pytest.param("responses==0.2", None, id="another package"),
        pytest.param("urllib3==bad version", None, id="invalid"),
        pytest.param("-r base.txt", None, id="option"),
    ],
)
def test_outdated_pins(line, pin):
    assert outdated_pins(["django", line]) == ([pin] if pin else [])


def test_boto3_is_not_added_beside_outdated_pins():
    files = {"requirements.txt": b"requests==2.20\nurllib3==1.24.1\n"}
    changes, (skipped,) = add_requirements(files.get, manifest())
    assert changes == []
    assert skipped.id is SkipId.OUTDATED_PIN
    assert "update requests==2.20 and urllib3==1.24.1 together, then add boto3" in skipped.reason


def test_names_all_packages_to_update_with_boto3():
    pins = ["boto3==1.17.112", "botocore==1.20.112", "django==4", "s3transfer==0.4.2"]
    names = "boto3==1.17.112, botocore==1.20.112 and s3transfer==0.4.2 together"
    problem = outdated_version(pins)
    assert problem is not None
    assert problem.text == f"the runtime needs boto3>=1.26: update {names}"
    assert outdated_version(pins[1:]) is None
