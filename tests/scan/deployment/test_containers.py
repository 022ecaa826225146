from __future__ import annotations

import pytest

from shield_ai.model.deployment import Use
from shield_ai.model.manifest import Secret
from shield_ai.scan.deployment.finder import find_deployment

PRODUCTION, DEVELOPMENT = Use.PRODUCTION, Use.DEVELOPMENT
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: app}\nstringData: {SECRET_KEY: tr0ub4dor-and-3}\n---\n"


def deployment(*, container="", variable="", namespace="shop", labels="{}", replicas=1):
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: {namespace}, labels: {labels}}}
spec:
  replicas: {replicas}
  template:
    spec:
      containers:
        - name: app
          {container}
          env:
            - {{name: SECRET_KEY, value: tr0ub4dor-and-3}}
            {variable}
---
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(deployment(), [PRODUCTION], id="no evidence"),
        pytest.param(deployment(container="args: [python, manage.py, runserver]"), [DEVELOPMENT], id="server"),
        pytest.param(deployment(variable="- {name: DEBUG, value: '1'}"), [DEVELOPMENT], id="debug"),
        pytest.param(deployment(variable="- {name: DEBUG, value: '1'}", replicas=3), [PRODUCTION], id="debug of several copies"),
        pytest.param(deployment(namespace="shop-dev"), [DEVELOPMENT], id="namespace"),
        pytest.param(deployment(namespace="devices"), [PRODUCTION], id="another namespace"),
        pytest.param(deployment(labels="{environment: dev}"), [DEVELOPMENT], id="label"),
        pytest.param(deployment(labels="{environment: production}", container="args: [runserver]"), [PRODUCTION], id="contradiction"),
        pytest.param(SECRET + deployment(container="args: [runserver]"), [DEVELOPMENT, DEVELOPMENT], id="document without evidence"),
        pytest.param(SECRET + deployment(container="args: [runserver]") + deployment(container="args: [gunicorn]"), [PRODUCTION, DEVELOPMENT, PRODUCTION], id="documents for both"),
    ],
)  # fmt: skip
def test_use_of_the_documents(tmp_path, text, expected):
    (tmp_path / "web.yml").write_text(text)
    found = find_deployment(tmp_path, [Secret(name="key", env="SECRET_KEY")]).variables
    assert [item.use for item in found] == expected
