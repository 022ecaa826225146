from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shield_ai.scan.deployment.chart_variables import find_chart_variables

if TYPE_CHECKING:
    from pathlib import Path

HELPER = """\
{{- define "shop.labels" -}}
app: shop
{{- end }}
{{- define "shop.url" -}}
amqp://{{ .Values.user }}@{{ .Values.host }}/{{ .Values.image.tag }}
{{- end -}}
"""


@pytest.mark.parametrize(
    ("text", "is_held"),
    [
        pytest.param("- name: BROKER_URL\n  value: amqp://{{ .A }}:{{ .B }}@mq/{{ .C }}", True, id="value"),
        pytest.param("- name: BROKER_URL\n  value: 'amqp://$(USER):$(PASS)@mq/$(TAG)'", True, id="variables of the container"),
        pytest.param("- name: BROKER_URL\n  value: >-\n    amqp://{{ .A }}@mq", True, id="block"),
        pytest.param('- name: BROKER_URL\n  value: {{ printf "amqp://%s@mq" .A | quote }}', True, id="printf"),
        pytest.param('- name: BROKER_URL\n  value: {{ include "shop.url" . | quote }}', True, id="named template"),
        pytest.param('- name: BROKER_URL\n  value: {{ include "shop.labels" . }}', False, id="another template"),
        pytest.param("data:\n  BROKER_URL: amqp://{{ .A }}@mq/{{ .B }}", True, id="ConfigMap"),
        pytest.param("data:\n  env.sh: |\n    export BROKER_URL=amqp://${USER}@mq/${TAG}", True, id="script"),
        pytest.param("- name: BROKER_URL\n  value: {{ .Values.brokerUrl | quote }}", False, id="one value"),
        pytest.param("- name: BROKER_URL\n  value: amqp://mq/shop", False, id="constant"),
        pytest.param("- name: BROKER_URL\n  valueFrom: {secretKeyRef: {name: mq, key: url}}", False, id="secret store"),
    ],
)  # fmt: skip
def test_finds_the_urls_that_a_chart_builds(tmp_path: Path, text: str, is_held: bool) -> None:
    templates = tmp_path / "helm/templates"
    templates.mkdir(parents=True)
    (tmp_path / "helm/Chart.yaml").write_text("name: shop\n")
    (templates / "_helpers.tpl").write_text(HELPER)
    (templates / "web.yaml").write_text(text)
    found = find_chart_variables(tmp_path)
    assert list(found) == ["BROKER_URL"] * is_held
    assert all("helm/templates/web.yaml" in reason.text for reason in found.values())


def test_a_template_without_a_chart_is_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates/web.yaml").write_text("- name: A_URL\n  value: amqp://{{ a }}@{{ b }}\n")
    assert find_chart_variables(tmp_path) == {}
