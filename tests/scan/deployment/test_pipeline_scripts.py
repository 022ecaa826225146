"""Scripts of GitLab jobs: what they print."""

from __future__ import annotations

import pytest

from shield_ai.model.pipeline import ScriptItem
from shield_ai.scan.deployment.pipeline_scripts import prints_variables


def script(*commands):
    return [ScriptItem("script", number, 0, text) for number, text in enumerate(commands)]


@pytest.mark.parametrize(
    "command",
    [
        "set -x",
        "set -v",
        "set -ex",
        "set -xe",
        "set -Eeuxo pipefail",
        pytest.param("set -e -x", id="own option"),
        pytest.param("set -o pipefail -x", id="after the name of an option"),
        pytest.param("set -eu -o pipefail -x", id="after several options"),
        pytest.param("set +e -u -x", id="after an option that is turned off"),
        pytest.param("set -o xtrace", id="name"),
        pytest.param("set -e -o verbose", id="other name"),
        pytest.param("set -eo verbose", id="joined to the name"),
        pytest.param("make\nset -e -x\nmake", id="line"),
        pytest.param("make && set -e -x", id="second command"),
        pytest.param("bash -x deploy.sh", id="bash"),
        pytest.param("bash -e -x deploy.sh", id="bash with own option"),
        pytest.param("/bin/bash --norc -ex deploy.sh", id="bash with a long option"),
        "env",
        "printenv",
        "env | sort",
        "export -p",
    ],
)
def test_scripts_that_print_variables(command):
    assert prints_variables(script("make", command))


@pytest.mark.parametrize(
    "command",
    [
        "set -e",
        "set -euo pipefail",
        "set -e; curl -v https://x/",
        "set -o pipefail",
        pytest.param("set -- -x", id="arguments"),
        pytest.param("helm upgrade shop . --set a.b=1 -x", id="option of another program"),
        pytest.param("pytest --verbose", id="verbose tests"),
        pytest.param("npm ci --verbose", id="verbose npm"),
        pytest.param("pip install -q --verbose", id="verbose pip"),
        pytest.param("make verbose", id="target"),
        pytest.param("bash -e deploy.sh -x", id="option of a script"),
        "env A=b make",
    ],
)
def test_scripts_that_print_no_variables(command):
    assert not prints_variables(script(command))
