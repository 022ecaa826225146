from __future__ import annotations

import pytest

from shield_ai.scan.deployment.aws_hosting import runs_on_aws


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        pytest.param("Procfile", "web: gunicorn shop.wsgi\n", False, id="Heroku"),
        pytest.param("docker-compose.yml", "services:\n  aws:\n    image: shop\n", False, id="Compose"),
        pytest.param("notes.md", "aws ecs update-service\n", False, id="not a deployment file"),
        pytest.param("copilot/api/manifest.yml", "name: api\n", True, id="Copilot"),
        pytest.param("cdk.json", "{}", True, id="CDK"),
        pytest.param("task-definition.json", '{"containerDefinitions": []}', True, id="ECS"),
        pytest.param("infra/main.tf", 'resource "aws_ecs_service" "shop" {\n', True, id="Terraform"),
        pytest.param("infra/main.tf", 'resource "google_cloud_run" "shop" {\n', False, id="Terraform for Google Cloud"),
        pytest.param(".github/workflows/a.yml", "- uses: aws-actions/configure-aws-credentials@v4\n", True, id="GitHub"),
        pytest.param("deploy.sh", "aws ecs update-service\n", True, id="script"),
    ],
)  # fmt: skip
def test_finds_deployments_to_aws(tmp_path, path, text, expected):
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_text(text)
    assert runs_on_aws(tmp_path) == expected
