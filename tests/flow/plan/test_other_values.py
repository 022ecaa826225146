from __future__ import annotations

import pytest
from shield_helpers import shield

SETTINGS = (
    "import os\nSTRIPE_KEY = os.environ['STRIPE_KEY']\nDB_PASSWORD = os.environ['DB_PASSWORD']\n"
)
DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    spec:
      containers:
        - name: web
          image: shop
          env:
            - {name: STRIPE_KEY, value: sk-live-7Kq2}
            - {name: DB_PASSWORD, value: pw-of-prod}
"""
EDIT = '\n[deployment]\nedit = ["kubernetes"]\ncontainers = ["web"]\n'


@pytest.fixture
def steps(aws, tmp_path):
    """Return what the plan of an app says about other values."""

    def steps(env_file, path="k8s/web.yaml", deployment=DEPLOYMENT, manifest=""):
        (tmp_path / "requirements.txt").write_text("flask\n")
        (tmp_path / "config.py").write_text(SETTINGS)
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(deployment)
        (tmp_path / ".env").write_text(env_file)
        assert shield("draft", cwd=tmp_path).code == 0
        with (tmp_path / "shield.toml").open("a") as file:
            file.write(manifest)
        shown = shield("plan", "--env-file", ".env", cwd=tmp_path).text
        return [line for line in shown.splitlines() if "another value than" in line]

    return steps


SAME = "STRIPE_KEY=sk-live-7Kq2\nDB_PASSWORD=pw-of-prod\n"
END = " to another value than .env: AWS gets the latter, so check that it is the one for production"


@pytest.mark.parametrize(
    ("env_file", "expected"),
    [
        pytest.param(SAME, [], id="same values"),
        pytest.param(SAME.replace("live", "test"), [f"k8s/web.yaml sets STRIPE_KEY{END}"], id="one"),
        pytest.param(
            "STRIPE_KEY=sk-test-1\nDB_PASSWORD=pw\n",
            [f"k8s/web.yaml sets 2 variables, such as STRIPE_KEY,{END}"],
            id="several",
        ),
        pytest.param("DB_PASSWORD=pw-of-prod\n", [], id="no value"),
    ],
)  # fmt: skip
def test_warns_of_another_value_in_production(steps, env_file, expected):
    assert steps(env_file) == expected


OTHER = SAME.replace("live", "test")


@pytest.mark.parametrize(
    ("place", "manifest"),
    [
        pytest.param({"path": "k8s-dev/web.yaml"}, "", id="file for development"),
        pytest.param({}, EDIT, id="shield edits the file"),
        pytest.param({"deployment": "x: [\n  - STRIPE_KEY: 1\n"}, "", id="invalid file"),
    ],
)
def test_does_not_warn(steps, place, manifest):
    assert steps(OTHER, manifest=manifest, **place) == []
