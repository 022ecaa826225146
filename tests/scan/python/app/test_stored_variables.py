from __future__ import annotations

import json

import pytest
from shield_helpers import run

READ = "import os\nKEY = os.environ.get('A_TOKEN')\nX = os.environ.get('{}')\n"
NAMES = {"MEMBER_ROSTER"}
ECS = {"containerDefinitions": [{"secrets": [{"name": "MEMBER_ROSTER", "valueFrom": "arn:aws:x"}]}]}
REVERSED = {"secrets": [{"valueFrom": "arn:aws:x", "name": "MEMBER_ROSTER"}]}
KUBERNETES = "env:\n  - name: MEMBER_ROSTER\n    valueFrom:\n      {}KeyRef:\n        key: x\n"
WORKFLOW = "env:\n  MEMBER_ROSTER: ${{{{ {}.ROSTER }}}}\n"


@pytest.mark.parametrize(
    ("path", "text", "is_found"),
    [
        pytest.param("task-definition.json", json.dumps(ECS, indent=2), True, id="ECS"),
        pytest.param("task.json", json.dumps(REVERSED), True, id="ECS, reversed"),
        pytest.param("k8s/shop.yaml", KUBERNETES.format("secret"), True, id="Kubernetes"),
        pytest.param(".github/workflows/a.yml", WORKFLOW.format("secrets"), True, id="GitHub"),
        pytest.param("k8s/shop.yaml", KUBERNETES.format("configMap"), False, id="configuration"),
        pytest.param(".github/workflows/a.yml", WORKFLOW.format("vars"), False, id="variable"),
        pytest.param(
            ".github/workflows/Unit-Test.yml", WORKFLOW.format("secrets"), False, id="test"
        ),
        pytest.param("notes.txt", WORKFLOW.format("secrets"), False, id="another file"),
    ],
)
def test_a_variable_from_a_store_of_secrets_is_reported(scanned, path, text, is_found):
    found = scanned({"shop/settings.py": READ.format("MEMBER_ROSTER"), path: text}).findings
    message = f"{path} takes MEMBER_ROSTER from a secret store"
    expected = [("MEMBER_ROSTER", "medium", message)] if is_found else []
    assert [(f.env, str(f.severity), f.message) for f in found if f.env in NAMES] == expected


@pytest.mark.parametrize(
    "variable",
    [
        "AWS_REGION",
        "DB_HOST",
        "USE_S3",
        "PUBLIC_HOSTNAME",
        "VAPID_PUBLIC_KEY",
        "FILE_UPLOAD_METHOD",
        "LOGIN_REDIRECT_URI",
        "FRESHDESK_API_ENDPOINT",
        "AZURE_API_BASE",
        "AZURE_API_VERSION",
        "ARCHIVE_DATABASE",
        "CDN_SERVICE_2",
        "SHOP_API_SERVER",
        "CDN_SERVICE2",
    ],
)
def test_a_name_of_something_public_is_not_reported(scanned, variable):
    text = WORKFLOW.format("secrets").replace("MEMBER_ROSTER", variable)
    found = scanned({"shop/settings.py": READ.format(variable), ".github/workflows/a.yml": text})
    assert variable not in {finding.env for finding in found.findings}


@pytest.mark.parametrize("variable", ["ALERT_WEBHOOK_ENDPOINT", "REDIS_ENDPOINT"])
def test_an_endpoint_that_can_contain_a_credential_is_reported(scanned, variable):
    text = WORKFLOW.format("secrets").replace("MEMBER_ROSTER", variable)
    found = scanned({"shop/settings.py": READ.format(variable), ".github/workflows/a.yml": text})
    assert variable in {finding.env for finding in found.findings}


def test_a_variable_from_a_store_of_secrets_is_moved(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/settings.py").write_text(READ.format("MEMBER_ROSTER"))
    (tmp_path / "shop.yaml").write_text(KUBERNETES.format("secret"))
    for command in ("draft", "apply", "verify"):
        options = () if command == "draft" else ("--only", "code")
        options += ("--yes", "--no-proof") if command == "apply" else ()
        done = run(command, *options, cwd=tmp_path)
        assert done.code == 0, done.text
    assert "MEMBER_ROSTER" in (tmp_path / "shield.toml").read_text()
    assert "os.environ" not in (tmp_path / "shop/settings.py").read_text()
