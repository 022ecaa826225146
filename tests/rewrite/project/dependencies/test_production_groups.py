from __future__ import annotations

import pytest
from fixer_helpers import manifest

from shield_ai.project.docker_copies import Dockerfile
from shield_ai.rewrite.project.dependencies.production_groups import find_production_groups
from shield_ai.rewrite.project.fixer import AppFiles, FixContext


def find(files):
    encoded = {path: text.encode() for path, text in files.items()}
    images = [Dockerfile(path, files[path], "", "") for path in files if path == "Dockerfile"]
    workflows = [path for path in files if path.startswith(".github/workflows/")]
    app = AppFiles(dockerfiles=images, workflows=workflows)
    return find_production_groups(FixContext(encoded.get, manifest(), app))


@pytest.mark.parametrize(
    ("path", "text", "groups", "extras"),
    [
        ("Dockerfile", "RUN uv sync --no-dev --group prod", {"prod"}, set()),
        ("Dockerfile", "RUN uv sync --extra=server --extra Deploy", set(), {"server", "deploy"}),
        ("Dockerfile", "RUN pip install '.[prod,s3]'", set(), {"prod"}),
        ("Dockerfile", "RUN poetry install --with prod,docs", {"prod"}, set()),
        ("Dockerfile", "RUN poetry install -E server", set(), {"server"}),
        ("Dockerfile", "RUN uv sync --group dev --only-group prod", set(), set()),
        (".github/workflows/deploy.yml", "- run: uv sync --group prod\n", {"prod"}, set()),
        (".github/workflows/deploy.yml", "- run: uv sync --group deploy\n", set(), set()),
        (".github/workflows/ci.yml", "- run: uv sync --group prod\n", set(), set()),
        ("scripts/release", "pip install -e .[production]\n", set(), {"production"}),
        ("release.sh", "uv sync --group 'server'\n", {"server"}, set()),
        ("README.md", "uv sync --group prod\n", set(), set()),
    ],
)
def test_finds_the_groups_for_production(path, text, groups, extras):
    assert find({path: text})[:2] == (groups, extras)


@pytest.mark.parametrize(
    ("step", "is_published"),
    [
        ("uses: pypa/gh-action-pypi-publish@release/v1", True),
        ("run: uv publish", True),
        ("run: poetry publish --build", True),
        ("run: twine upload dist/*", True),
        ("run: uv build", False),
    ],
)
def test_a_published_package_without_an_image_has_an_extra(step, is_published):
    files = {".github/workflows/pypi.yml": f"jobs:\n- {step}\n"}
    found = find(files)
    assert ("aws" in found.extras) is (found.new_extra == "aws") is is_published
    assert not find({**files, "Dockerfile": "FROM python\n"}).extras
