from __future__ import annotations

import pytest

from shield_ai.flow.plan.env_from import env_from_steps

MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: web
          envFrom:
            - secretRef:
                name: shop-secrets
            - configMapRef:
                name: shop-config
"""
STEP = (
    "k8s/web.yaml: the containers get all variables of shop-secrets, shop-config: add"
    " USE_AWS_SECRETS and AWS_REGION there, or to env of the containers"
)


@pytest.mark.parametrize(
    ("path", "text", "is_told"),
    [
        pytest.param("k8s/web.yaml", MANIFEST, True, id="manifest"),
        pytest.param("k8s/dev/web.yaml", MANIFEST, False, id="development"),
        pytest.param("k8s/web.yaml", MANIFEST.replace("shop-", "{{ x }}-"), False, id="template"),
        pytest.param("k8s/web.yaml", MANIFEST.replace("Deployment", "Service"), False, id="kind"),
        pytest.param("k8s/web.yaml", MANIFEST.replace("envFrom", "env"), False, id="no envFrom"),
        pytest.param("k8s/web.md", MANIFEST, False, id="documentation"),
    ],
)
def test_a_manifest_with_all_variables_of_an_object_is_named(tmp_path, path, text, is_told):
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    assert list(env_from_steps(tmp_path, "USE_AWS_SECRETS")) == ([STEP] if is_told else [])


def test_nothing_is_left_to_do_if_a_manifest_turns_aws_on(tmp_path):
    (tmp_path / "web.yaml").write_text(MANIFEST)
    (tmp_path / "config.yaml").write_text('kind: ConfigMap\ndata:\n  USE_AWS_SECRETS: "true"\n')
    assert not list(env_from_steps(tmp_path, "USE_AWS_SECRETS"))


def test_a_compose_file_does_not_turn_aws_on_in_kubernetes(tmp_path):
    (tmp_path / "web.yaml").write_text(MANIFEST)
    (tmp_path / "compose.yaml").write_text(
        "services:\n  web:\n    environment: [USE_AWS_SECRETS]\n"
    )
    assert len(list(env_from_steps(tmp_path, "USE_AWS_SECRETS"))) == 1


def test_manifests_with_the_same_objects_share_a_step(tmp_path):
    (tmp_path / "web.yaml").write_text(MANIFEST)
    (tmp_path / "worker.yaml").write_text(MANIFEST)
    [step] = env_from_steps(tmp_path, "USE_AWS_SECRETS")
    assert step.startswith("web.yaml, worker.yaml: the containers get")
