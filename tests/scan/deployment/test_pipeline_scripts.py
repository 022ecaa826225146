"""Scripts of GitLab jobs: what they print, and which programs they have."""

from __future__ import annotations

import pytest

from shield_ai.model.pipeline import ScriptItem
from shield_ai.scan.deployment.pipeline_scripts import (
    IS_FILE,
    PRINTS,
    has_jq,
    prints_variables,
    variable_problem,
)


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


@pytest.mark.parametrize(
    ("commands", "found"),
    [
        pytest.param(["make", "jq -r .version package.json"], True, id="use"),
        pytest.param(["curl -s https://x/ | jq .a"], True, id="use after a pipe"),
        pytest.param(["VERSION=$(jq -r .version package.json)"], True, id="use in a substitution"),
        pytest.param(["make"], False, id="no use"),
        pytest.param(["jq-lint a.json"], False, id="another program"),
        pytest.param(["apk add curl jq", "jq . a"], False, id="package"),
        pytest.param(
            ["curl -sLo /usr/local/bin/jq https://x/jq-linux-amd64", "jq . a"], False, id="curl"
        ),
        pytest.param(
            ["wget -q https://x/jq", "chmod +x jq", "./jq . a", "jq . a"], False, id="wget"
        ),
        pytest.param(["mv jq-linux64 /usr/local/bin/jq", "jq . a"], False, id="moved"),
    ],
)
def test_jq_at_the_start_of_a_script(commands, found):
    assert has_jq(0, script(*commands)) is found


def test_jq_after_its_installation():
    commands = script("curl -sLo /usr/local/bin/jq https://x/jq", "jq . a", "make")
    assert has_jq(1, commands)


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        pytest.param("cat $KEY", IS_FILE, id="cat"),
        pytest.param("mysql < $KEY", IS_FILE, id="input"),
        pytest.param("install -m 600 $KEY ~/.ssh/id", IS_FILE, id="install"),
        pytest.param("make && sudo install -m 600 $KEY /etc/key", IS_FILE, id="install by root"),
        pytest.param("pip install --index-url https://x:$KEY@host/simple shop", "", id="pip"),
        pytest.param("helm install shop . --set db.password=$KEY", "", id="helm"),
        pytest.param("apk add curl && helm install shop . --set a=$KEY", "", id="second command"),
        pytest.param("helm upgrade --install shop . --set a=$KEY", "", id="option"),
        pytest.param("cat <<< $KEY", PRINTS, id="printed here-string"),
        pytest.param('cat - <<< "$KEY"', PRINTS, id="printed here-string with an argument"),
        pytest.param(
            "cat <<< $KEY | docker login --password-stdin", "", id="here-string in a pipe"
        ),
        pytest.param("cat <<< $KEY > key", "", id="here-string to a file"),
        pytest.param("docker login --password-stdin <<< $KEY", "", id="here-string"),
    ],
)
def test_uses_of_a_variable(command, problem):
    assert variable_problem("KEY", script(command)) == problem
