from __future__ import annotations

import pytest

from shield_ai.project.docker_copies import read_dockerfiles
from shield_ai.project.tree import Tree

WORKFLOW = ".github/workflows/build.yml"
ACTION = "      - uses: docker/build-push-action@v6\n        with:\n          "


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("compose.yml", "services: {web: {build: {context: ./docker-web}}}\n", ("docker-web",), id="flow"),
        pytest.param("docker-compose.prod.yml", "  web:\n    build: docker-web/\n", ("docker-web",), id="short form"),
        pytest.param("compose.yml", "  web:\n    build:\n      context: './docker-web'\n", ("docker-web",), id="quotes"),
        pytest.param("docker-web/compose.yml", "  web:\n    build: .\n", ("docker-web",), id="folder of the Compose file"),
        pytest.param("compose.yml", "  a:\n    build: docker-web\n  b:\n    build: .\n", ("docker-web", ""), id="both"),
        pytest.param("compose.yml", "  web:\n    build:\n      context: .\n      dockerfile: docker-web/Dockerfile\n", ("",), id="root"),
        pytest.param("compose.yml", "  a:\n    build: docker-web\n  b:\n    build: ${FOLDER}\n", ("docker-web", ""), id="variable"),
        pytest.param("compose.yml", "  web:\n    image: x\n", ("",), id="no build"),
        pytest.param(WORKFLOW, ACTION + "context: ${{ github.workspace }}/docker-web\n", ("docker-web",), id="workspace"),
        pytest.param(WORKFLOW, "run: docker build -t web \\\n  docker-web\n", ("docker-web",), id="command"),
        pytest.param("Makefile", "a:\n\tdocker build docker-web\nb:\n\tdocker build . -t b\n", ("docker-web", ""), id="commands"),
    ],
)  # fmt: skip
def test_contexts_of_a_dockerfile(tmp_path, path, text, expected):
    for name, content in {"docker-web/Dockerfile": "FROM x\n", path: text}.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    assert [file.contexts for file in read_dockerfiles(Tree(tmp_path))] == [expected]
