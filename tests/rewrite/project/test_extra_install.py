from __future__ import annotations

import pytest
from fixer_helpers import manifest, run

from shield_ai.rewrite.project import requirements
from shield_ai.rewrite.project.extra_install import extra_install_command
from shield_ai.rewrite.project.fixer import AppFiles, FixContext

PROJECT = '[project]\nname = "shop"\ndependencies = ["django"]\n'
BUILD = '[build-system]\nrequires = ["hatchling"]\n'
WORKFLOW = ".github/workflows/pypi.yml"


@pytest.mark.parametrize(
    ("text", "command"),
    [
        pytest.param(f"{PROJECT}{BUILD}", "pip install 'shop[aws]'", id="package"),
        pytest.param(PROJECT, "", id="no package"),
        pytest.param(PROJECT.replace('"django"', '"boto3"') + BUILD, "", id="required"),
    ],
)
@pytest.mark.parametrize("step", ["uv publish", "uv build"])
def test_names_the_command_for_the_extra(text, command, step):
    files = {"pyproject.toml": text.encode(), WORKFLOW: f"- run: {step}\n".encode()}
    context = FixContext(files.get, manifest(), AppFiles(workflows=[WORKFLOW]))
    expected = command if step == "uv publish" else ""
    assert extra_install_command(context) == expected
    run(requirements.fix(context), files)
    assert extra_install_command(context) == expected
