from __future__ import annotations

import json

from shield_helpers import make_app, run

from shield_ai.model.deployment import DeploymentKind, DeploymentVariable, Use, ValueForm
from shield_ai.reports.deployment import deployment_lines

LINE = {
    "path": "k8s/web.yaml", "line": 12, "kind": DeploymentKind.KUBERNETES, "unit": "web",
    "variable": "SECRET_KEY", "secret": "key", "field": "", "form": ValueForm.LITERAL,
    "use": Use.PRODUCTION,
}  # fmt: skip


def lines(*changes):
    return list(deployment_lines([DeploymentVariable(**{**LINE, **change}) for change in changes]))


def test_a_table_for_each_file():
    assert lines(
        {},
        {"line": 14, "form": ValueForm.SECRET_STORE, "use": Use.UNKNOWN},
        {"line": 15, "use": Use.DEVELOPMENT},
    ) == [
        "  k8s/web.yaml  Kubernetes",
        "    12  SECRET_KEY                       literal value    web",
        "    14  SECRET_KEY                       secret store     web, production?",
        "    15  SECRET_KEY                       literal value    web, not production",
    ]  # fmt: skip


def test_a_file_that_is_not_for_production_has_one_line():
    of_tests = {"path": ".github/workflows/test.yml", "kind": DeploymentKind.GITHUB,
                "use": Use.DEVELOPMENT}  # fmt: skip
    long = "deployment/" + "x" * 30 + ".yml"
    assert lines(of_tests, {**of_tests, "variable": "API_KEY"}, {**of_tests, "path": long}) == [
        "  .github/workflows/test.yml  GitHub Actions: 1 line, not production",
        f"  {long}  GitHub Actions:",
        "          1 line, not production",
    ]
    assert lines(of_tests, {**of_tests, "line": 15}) == [
        "  .github/workflows/test.yml  GitHub Actions: 2 lines, not production"
    ]


def test_the_variables_of_an_env_file_share_a_line():
    of_file = {"form": ValueForm.ENV_FILE, "env_file": ".env"}
    assert lines(
        of_file,
        {**of_file, "variable": "API_KEY"},
        {**of_file, "line": 14, "unit": "worker"},
        {"line": 15},
        {"line": 15},
    ) == [
        "  k8s/web.yaml  Kubernetes",
        "    12  2 variables                      env file         web, .env",
        "    14  SECRET_KEY                       env file         worker, .env",
        "    15  SECRET_KEY                       literal value    web",
        "    15  SECRET_KEY                       literal value    web",
    ]


def test_names_cannot_break_the_table():
    for line in lines({"path": "a\x1b[2J" + "b" * 90, "unit": "c\n" * 90, "variable": "D" * 90}):
        assert len(line) == 80
        assert line.isprintable()


def test_a_long_service_is_on_its_own_line():
    assert lines({"unit": "collaboration-server", "use": Use.UNKNOWN})[1:] == [
        "    12  SECRET_KEY                       literal value",
        "          collaboration-server, production?",
    ]


def test_plan_shows_where_the_variables_are_set(tmp_path):
    make_app(tmp_path)
    (tmp_path / "docker-compose.yml").write_text(
        "services:\n  web:\n    environment:\n      SECRET_KEY: hunter2x\n"
    )
    (tmp_path / "broken.yml").write_text("env: [SECRET_KEY\n")
    text = run("plan", "--only", "code", cwd=tmp_path).out
    assert "where the variables are set\n  docker-compose.yml  Docker Compose\n" in text
    assert "broken.yml\n      invalid YAML" in text
    document = json.loads(run("plan", "--only", "code", "--json", cwd=tmp_path).out)
    assert document["deployment"] == [
        {"path": "docker-compose.yml", "line": 4, "kind": "compose", "unit": "web",
         "variable": "SECRET_KEY", "secret": "django-secret-key", "field": "", "form": "literal",
         "use": "production", "env_file": "", "is_own_login": False},
    ]  # fmt: skip
    assert "hunter2x" not in text + json.dumps(document)
