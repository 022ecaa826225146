from __future__ import annotations

import pytest

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.scan.deployment.production import common_use, file_use, job_use, path_use
from shield_ai.scan.text.config_parsers import yaml_values


@pytest.mark.parametrize(
    ("path", "siblings", "use"),
    [
        pytest.param("docker-compose.yml", (), Use.PRODUCTION, id="the only Compose file"),
        pytest.param("docker-compose.yml", ("docker-compose.prod.yml",), Use.UNKNOWN, id="beside a file for production"),
        pytest.param("docker-compose.prod.yml", (), Use.PRODUCTION, id="prod"),
        pytest.param(".github/docker-compose.yml", (), Use.DEVELOPMENT, id="of CI"),
        pytest.param("docker-compose.staging.yml", (), Use.PRODUCTION, id="staging"),
        pytest.param("docker-compose.override.yml", (), Use.DEVELOPMENT, id="override"),
        pytest.param("shop.service.d/override.conf", (), Use.PRODUCTION, id="drop-in of systemd"),
        pytest.param("docker-compose.override.https.yml", (), Use.PRODUCTION, id="override for another purpose"),
        pytest.param("docker-compose.override.dev.yml", (), Use.DEVELOPMENT, id="override for development"),
        pytest.param("docker-compose.prod.override.yml", (), Use.PRODUCTION, id="override for production"),
        pytest.param("production/compose.override.yml", (), Use.PRODUCTION, id="override in a folder for production"),
        pytest.param("docker-compose.dev.yml", (), Use.DEVELOPMENT, id="dev"),
        pytest.param("local.yml", (), Use.DEVELOPMENT, id="local"),
        pytest.param("docker-compose-ci.yml", (), Use.DEVELOPMENT, id="ci"),
        pytest.param(".envrc", (), Use.DEVELOPMENT, id="direnv"),
        pytest.param("ci/k8s/web.yml", (), Use.UNKNOWN, id="a folder ci can deploy"),
        pytest.param("tests/compose.yml", (), Use.DEVELOPMENT, id="tests"),
        pytest.param("examples/k8s/web.yml", (), Use.DEVELOPMENT, id="examples"),
        pytest.param("k8s/overlays/dev/web.yaml", (), Use.DEVELOPMENT, id="an overlay for development"),
        pytest.param("template.yaml", (), Use.PRODUCTION, id="SAM"),
        pytest.param("chart/templates/web.yaml", (), Use.PRODUCTION, id="Helm"),
        pytest.param("k8s/default/web.yaml", (), Use.UNKNOWN, id="a name of examples"),
        pytest.param("deploy/devices.yaml", (), Use.PRODUCTION, id="a word that starts with dev"),
    ],
)  # fmt: skip
def test_use_of_a_file(path, siblings, use):
    assert path_use(path, DeploymentKind.COMPOSE, siblings) is use


@pytest.mark.parametrize(
    ("path", "use"),
    [
        pytest.param("ecs.template", Use.PRODUCTION, id="extension"),
        pytest.param("api-template.yaml", Use.PRODUCTION, id="name"),
        pytest.param("templates/api.yaml", Use.PRODUCTION, id="folder"),
        pytest.param("api.template.example.yaml", Use.DEVELOPMENT, id="example"),
        pytest.param("dev.template", Use.DEVELOPMENT, id="dev"),
    ],
)
def test_templates_of_cloudformation_are_no_examples(path, use):
    assert path_use(path, DeploymentKind.CLOUDFORMATION, ()) is use


def test_a_dockerfile_beside_one_for_production():
    siblings = ("Dockerfile", "Dockerfile.prod")
    assert path_use("Dockerfile", DeploymentKind.DOCKERFILE, siblings) is Use.UNKNOWN
    assert path_use("Dockerfile.prod", DeploymentKind.DOCKERFILE, siblings) is Use.PRODUCTION
    assert path_use("Dockerfile", DeploymentKind.DOCKERFILE, ("prod.yml",)) is Use.PRODUCTION


@pytest.mark.parametrize(
    ("path", "text", "use"),
    [
        pytest.param("compose.yml", "    - ./data:/data\n", Use.PRODUCTION, id="a folder with data"),
        pytest.param("compose.yml", "    - .:/app\n", Use.UNKNOWN, id="the source code"),
        pytest.param("compose.yml", "      source: .\n", Use.UNKNOWN, id="long syntax"),
        pytest.param("compose.yml", "    volumes: ['.:/app']\n", Use.UNKNOWN, id="the source code in a list on one line"),
        pytest.param("compose.yml", "    volumes: ['data:/app', .:/app]\n", Use.UNKNOWN, id="the source code beside a volume"),
        pytest.param("compose.yml", "    volumes: [{type: bind, source: ., target: /app}]\n", Use.UNKNOWN, id="the source code in a mapping on one line"),
        pytest.param("compose.prod.yml", "    - .:/app\n", Use.PRODUCTION, id="named for production"),
        pytest.param("compose.yml", "# NOTE: Used Only for local development\n\na: 1\n", Use.DEVELOPMENT, id="comment"),
        pytest.param("compose.yml", "\n# This file is not meant for production!\na: 1\n", Use.DEVELOPMENT, id="not for production"),
        pytest.param("compose.yml", "# For testing only\na: 1\n", Use.DEVELOPMENT, id="for testing only"),
        pytest.param("compose.yml", "# Only staging and testing use the proxy\na: 1\n", Use.PRODUCTION, id="other words"),
        pytest.param("compose.yml", "# For development and production\na: 1\n", Use.PRODUCTION, id="comment on both"),
        pytest.param("compose.yml", "a: 1 # only for development\n", Use.PRODUCTION, id="comment on a value"),
        pytest.param("compose.prod.yml", "# only for development\na: 1\n", Use.PRODUCTION, id="comment in a file for production"),
        pytest.param("compose.dev.yml", "    - .:/app\n", Use.DEVELOPMENT, id="named for development"),
    ],
)  # fmt: skip
def test_a_compose_file_that_mounts_the_source_code(path, text, use):
    assert file_use(path, DeploymentKind.COMPOSE, (), text.encode()) is use


@pytest.mark.parametrize(
    ("name", "job", "workflow", "use"),
    [
        pytest.param("test", "{steps: []}", "ci.yml", Use.DEVELOPMENT, id="tests"),
        pytest.param("deploy", "{steps: []}", "ci.yml", Use.PRODUCTION, id="the name of the job"),
        pytest.param("a", "{name: Deploy to AWS}", "ci.yml", Use.PRODUCTION, id="its title"),
        pytest.param("a", "{environment: production}", "ci.yml", Use.PRODUCTION, id="environment"),
        pytest.param("e2e", "{environment: test}", "ci.yml", Use.DEVELOPMENT, id="a test environment"),
        pytest.param("build", "{steps: []}", "deploy.yml", Use.PRODUCTION, id="the workflow"),
        pytest.param("lint", "{steps: []}", "deploy.yml", Use.DEVELOPMENT, id="tests before a deployment"),
    ],
)  # fmt: skip
def test_use_of_a_job(name, job, workflow, use):
    assert job_use(name, yaml_values(job.encode())[0], workflow) is use


def test_variables_of_a_workflow_have_the_use_of_all_jobs():
    assert common_use([Use.DEVELOPMENT, Use.DEVELOPMENT]) is Use.DEVELOPMENT
    assert common_use([Use.DEVELOPMENT, Use.PRODUCTION]) is Use.UNKNOWN
    assert common_use([]) is Use.UNKNOWN
