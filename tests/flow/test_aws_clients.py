from __future__ import annotations

import pytest
from shield_helpers import run

CLIENT = (
    "import boto3\n\ndef read():\n    client = boto3.client('{}')\n    return client.{}(Name='x')\n"
)
STEP = "deploy.py:4 already reads AWS Secrets Manager: if a secret there has these values, name it"


@pytest.mark.parametrize(
    ("service", "method", "is_told"),
    [
        pytest.param("secretsmanager", "get_secret_value", True, id="reads secrets"),
        pytest.param("secretsmanager", "create_secret", False, id="only writes"),
        pytest.param("ssm", "get_parameter", False, id="parameters"),
    ],
)
def test_plan_asks_for_secrets_that_exist(tmp_path, service, method, is_told):
    (tmp_path / "deploy.py").write_text(CLIENT.format(service, method))
    (tmp_path / "config.py").write_text("import os\nAPI_TOKEN = os.environ['API_TOKEN']\n")
    (tmp_path / "requirements.txt").write_text("flask\nboto3\n")
    done = run("plan", "--only", "code", cwd=tmp_path)
    assert done.code == 0, done.text
    assert (STEP in done.text) is is_told, done.text
