from __future__ import annotations

import pytest

from shield_ai.model.deployment import ValueForm
from shield_ai.scan.deployment.value_form import Style, value_form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        pytest.param("hunter2x", ValueForm.LITERAL, id="text"),
        pytest.param("  ", ValueForm.EMPTY, id="spaces"),
        pytest.param("<your-key>", ValueForm.PLACEHOLDER, id="placeholder"),
        pytest.param("changeme", ValueForm.LITERAL, id="a default that is often left unchanged"),
        pytest.param("${KEY}", ValueForm.REFERENCE, id="variable"),
        pytest.param("${KEY:?missing}", ValueForm.REFERENCE, id="required variable"),
        pytest.param("${KEY:-}", ValueForm.REFERENCE, id="empty default"),
        pytest.param("${KEY:-hunter2x}", ValueForm.DEFAULT, id="default"),
        pytest.param("${KEY:-${OTHER}}", ValueForm.REFERENCE, id="another variable"),
        pytest.param("${{ secrets.KEY || 'hunter2x' }}", ValueForm.DEFAULT, id="default of GitHub"),
        pytest.param("${env:KEY, 'hunter2x'}", ValueForm.DEFAULT, id="default of Serverless"),
        pytest.param("postgres://app:hunter2x@${HOST}/app", ValueForm.LITERAL, id="password in a URL"),
        pytest.param("postgres://app:${PASSWORD}@db/app", ValueForm.REFERENCE, id="variable in a URL"),
        pytest.param("${{ secrets.KEY }}", ValueForm.SECRET_STORE, id="secret of GitHub"),
        pytest.param("${{ github.ref && secrets.KEY || '' }}", ValueForm.SECRET_STORE, id="condition of GitHub"),
        pytest.param("${{ vars.KEY }}", ValueForm.REFERENCE, id="variable of GitHub"),
        pytest.param("{{resolve:secretsmanager:app}}", ValueForm.SECRET_STORE, id="dynamic reference"),
        pytest.param("{{ .Values.key }}", ValueForm.REFERENCE, id="Helm"),
    ],
)  # fmt: skip
def test_value_form(text, form):
    assert value_form(text, Style.BRACES) is form
    assert value_form(text, Style.SHELL) is form


@pytest.mark.parametrize(
    ("text", "style", "quoted", "form"),
    [
        pytest.param("$KEY", Style.SHELL, True, ValueForm.REFERENCE, id="shell variable"),
        pytest.param("pa$word", Style.BRACES, True, ValueForm.LITERAL, id="dollar sign"),
        pytest.param("pa$$word", Style.SHELL, True, ValueForm.LITERAL, id="escaped dollar sign"),
        pytest.param("var.key", Style.EXPRESSION, False, ValueForm.REFERENCE, id="expression"),
        pytest.param("var.key", Style.EXPRESSION, True, ValueForm.LITERAL, id="quoted"),
        pytest.param("5432", Style.EXPRESSION, False, ValueForm.LITERAL, id="number"),
    ],
)
def test_value_form_depends_on_the_syntax(text, style, quoted, form):
    assert value_form(text, style, quoted=quoted) is form
