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
        pytest.param("redis://redis:6379/0", ValueForm.URL, id="URL without credentials"),
        pytest.param("mongodb://a:27017,b:27017/shop_prod?replicaSet=rs0", ValueForm.URL, id="several hosts"),
        pytest.param("sqlite:////data/db.sqlite3", ValueForm.URL, id="URL of a file"),
        pytest.param("postgres://db.c9akciq32.eu-west-1.rds.amazonaws.com/shop?sslmode=require", ValueForm.URL, id="option of a URL"),
        pytest.param("${KEY:-redis://redis:6379/0}", ValueForm.REFERENCE, id="URL without credentials as default"),
        pytest.param("${KEY:-redis://:hunter2x@redis/0}", ValueForm.DEFAULT, id="password in a default"),
        pytest.param("redis://:hunter2x@redis/0", ValueForm.LITERAL, id="password of a server"),
        pytest.param("https://0123456789abcdef@o1.ingest.sentry.io/1", ValueForm.LITERAL, id="key in a URL"),
        pytest.param("https://hooks.slack.com/services/T024BE7LD/B0/aB3dE5fG7hI9jK1l", ValueForm.LITERAL, id="token in a path"),
        pytest.param("https://api.example.com/v1?api_key=hunter2x", ValueForm.LITERAL, id="key in a query"),
        pytest.param("https://api.example.com/v1?v=aB3dE5fG7hI9jK1l", ValueForm.LITERAL, id="token in a query"),
        pytest.param("https://api.example.com/#hunter2x", ValueForm.LITERAL, id="fragment"),
        pytest.param("postgres://app:hunter2x@${HOST}/app", ValueForm.LITERAL, id="password in a URL"),
        pytest.param("postgres://app:${PASSWORD}@db/app", ValueForm.REFERENCE, id="variable in a URL"),
        pytest.param("${{ secrets.KEY }}", ValueForm.SECRET_STORE, id="secret of GitHub"),
        pytest.param("${{ github.ref && secrets.KEY || '' }}", ValueForm.SECRET_STORE, id="condition of GitHub"),
        pytest.param("${{ vars.KEY }}", ValueForm.REFERENCE, id="variable of GitHub"),
        pytest.param("{{resolve:secretsmanager:app}}", ValueForm.SECRET_STORE, id="dynamic reference"),
        pytest.param("${OTHER:+hunter2x}", ValueForm.DEFAULT, id="alternative"),
        pytest.param("${OTHER:+}hunter2secretvalue99", ValueForm.MIXED, id="text after a reference"),
        pytest.param("https://${HOST}/a/long/path", ValueForm.URL, id="URL without a password"),
        pytest.param("redis://${REDIS_HOST}:${REDIS_PORT:-6379}/${REDIS_DB}", ValueForm.URL, id="parts of a URL"),
        pytest.param("https://${REDIS_HOST}/${BOT_ID}/x", ValueForm.REFERENCE, id="another variable in a path"),
        pytest.param("redis://:${REDIS_PASSWORD}@${REDIS_HOST}:6379", ValueForm.REFERENCE, id="password beside a host"),
        pytest.param("/run/secrets/${NAME}", ValueForm.REFERENCE, id="path"),
        pytest.param("dbname=storefront password=${PASSWORD}", ValueForm.REFERENCE, id="fields"),
        pytest.param("host=${HOST} password=hunter2x", ValueForm.LITERAL, id="literal field"),
        pytest.param("Bearer ${TOKEN}", ValueForm.REFERENCE, id="short text"),
        pytest.param("{{ .Values.key }}", ValueForm.REFERENCE, id="Helm"),
        pytest.param("#DB_PASSWORD#", ValueForm.REFERENCE, id="token of Azure Pipelines"),
        pytest.param("#{DB_PASSWORD}#", ValueForm.REFERENCE, id="default token of Azure Pipelines"),
        pytest.param("#hunter2x#", ValueForm.LITERAL, id="text between signs"),
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
        pytest.param("hunter2$secretvalue99", Style.SHELL, True, ValueForm.MIXED, id="text and a variable"),
        pytest.param("hunter2${X}secret", Style.TEMPLATE, True, ValueForm.LITERAL, id="no expansion"),
        pytest.param("{{ key }}", Style.TEMPLATE, True, ValueForm.REFERENCE, id="template"),
        pytest.param('hunter2secretvalue99${""}', Style.EXPRESSION, True, ValueForm.MIXED, id="empty interpolation"),
        pytest.param('join("", ["hunter2", "secretvalue99"])', Style.EXPRESSION, False, ValueForm.MIXED, id="joined"),
        pytest.param('nonsensitive("hunter2secretvalue99")', Style.EXPRESSION, False, ValueForm.MIXED, id="function"),
        pytest.param("chomp(<<-EOT\n  hunter2secret\n  EOT\n)", Style.EXPRESSION, False, ValueForm.MIXED, id="heredoc"),
        pytest.param("chomp(<<EOT\n${var.secret_key}\nEOT\n)", Style.EXPRESSION, False, ValueForm.REFERENCE, id="reference in a heredoc"),
        pytest.param("f(<<EOT\nx\nEOT\n, var.other_name)", Style.EXPRESSION, False, ValueForm.REFERENCE, id="after a heredoc"),
        pytest.param('var.all["storefront-key"]', Style.EXPRESSION, False, ValueForm.REFERENCE, id="index"),
        pytest.param('var.stage == "production" ? var.a : var.b', Style.EXPRESSION, False, ValueForm.REFERENCE, id="comparison"),
        pytest.param("pa$$word", Style.SHELL, True, ValueForm.LITERAL, id="escaped dollar sign"),
        pytest.param("var.key", Style.EXPRESSION, False, ValueForm.REFERENCE, id="expression"),
        pytest.param("var.key", Style.EXPRESSION, True, ValueForm.LITERAL, id="quoted"),
        pytest.param("5432", Style.EXPRESSION, False, ValueForm.LITERAL, id="number"),
    ],
)  # fmt: skip
def test_value_form_depends_on_the_syntax(text, style, quoted, form):
    assert value_form(text, style, quoted=quoted) is form
