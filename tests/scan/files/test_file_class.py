from __future__ import annotations

import pytest

from shield_ai.scan.files.file_class import (
    allows_unquoted,
    is_development_file,
    is_non_production,
    is_scannable,
    is_third_party,
    is_translation,
)


@pytest.mark.parametrize(
    "path",
    [
        "tests/a.py",
        "a/test_b.py",
        "docs/a.md",
        "README.rst",
        ".env.example",
        ".env.model",
        "deploy/.env.skel",
        "env.exemple",
        "nginx.default.conf",
        "shop/settings.default.py",
        "examples/a.yml",
        "a.spec.ts",
        "conftest.py",
        "unittests/a.py",
        "e2etests/a.py",
        "loadtest/a.py",
        "perftests/a.py",
        "app/fake_data.py",
        "site-fixture/a.py",
        "settings_testing.py",
        "test-realm.json",
        "certs/mocks.key",
        "pytest.ini",
        "Dockerfile-test",
        ".env.test",
        ".env.test.ci",
        ".env.e2e",
        ".github/.env-unit",
        ".github/workflows/e2e.yml",
        "compose/compose.with-e2e.yml",
        "scripts/make_test_data.py",
        "profiles/github_mock/app.py",
        "cassettes/shop.json",
        "mkdocs.yml",
        "shop/spectaql/config.yml",
        ".redocly.yaml",
        "site/docusaurus.config.js",
        "docker/oidc/fixtures.json",
        "CHANGES",
        "CHANGELOG-1.2",
        "README.ja",
        "shop.template.yaml",
        "infra/template.env",
    ],
)
def test_non_production_files(path: str) -> None:
    assert is_non_production(path)


@pytest.mark.parametrize(
    "path",
    [
        "shop/settings.py",
        "latest/a.py",
        "contest.py",
        "config/prod.yml",
        ".env",
        "mockingbird/a.py",
        "contests/a.py",
        "shop/latest_data.py",
        "shop/model.py",
        "shop/redocument.py",
        "shop/default_config.py",
        "shop/settings/default.py",
        ".env.models",
        "newsletter/settings.py",
        "news/settings.py",
        "history/models.py",
        "shop/history.py",
        "shop/change_password.py",
        "infra/template.yaml",
    ],
)
def test_production_files(path: str) -> None:
    assert not is_non_production(path)


@pytest.mark.parametrize(
    "path",
    [
        "docker-compose.dev.yml",
        "compose.yaml",
        "Dockerfile",
        ".github/workflows/a.yml",
        "conf/development.ini",
        "Makefile",
    ],
)
def test_development_files(path: str) -> None:
    assert is_development_file(path)


@pytest.mark.parametrize("path", ["shop/settings.py", "devices/a.py", "locale/a.py"])
def test_files_of_production(path: str) -> None:
    assert not is_development_file(path)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("static/vendor/a.js", True),
        ("js/swagger-ui-bundle.js", True),
        ("static/openapi/v2.yaml", True),
        ("api/swagger.json", True),
        ("js/jquery-3.7.1.js", True),
        ("js/jquery3.js", True),
        ("static/shop.js", False),
        ("vue.config.js", False),
        ("src/reactive.js", False),
        ("vendor/a.py", False),
        ("openapi/settings.py", False),
    ],
)
def test_third_party_files(path: str, *, expected: bool) -> None:
    assert is_third_party(path) is expected


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        "a/.env.prod",
        "Dockerfile",
        "Procfile",
        "a.tfvars",
        ".github/workflows/ci.yml",
        "x.conf",
        ".bashrc",
        "a.ldif",
        "main.cf",
        "db.properties.oracle",
        "values.yaml.gotmpl",
    ],
)
def test_values_may_be_unquoted(path: str) -> None:
    assert allows_unquoted(path)
    assert is_scannable(path)


@pytest.mark.parametrize(
    "path",
    [
        "app/locale/de.yml",
        "src/i18n/messages.json",
        "lang/pt_BR.json",
        "strings-fr.xml",
        "shop/ui_translations/de.py",
        "app/utils/translations.js",
    ],
)
def test_translations(path: str) -> None:
    assert is_translation(path)


@pytest.mark.parametrize("path", ["db.properties", "ci.yml", "config/as.yml", "src/local/a.json"])
def test_files_that_are_not_translations(path: str) -> None:
    assert not is_translation(path)


def test_code_quotes_its_values() -> None:
    assert not any(map(allows_unquoted, ["a.py", "b.js", "c/d.go", "e.java", "f.json"]))


@pytest.mark.parametrize(
    "path",
    [
        "a.png",
        "b.tar.gz",
        "c.ipa",
        "poetry.lock",
        "c.min.js",
        "d.pyc",
        "locale/de.po",
        "locale/de.xlf",
    ],
)
def test_generated_and_binary_files_are_not_scannable(path: str) -> None:
    assert not is_scannable(path)
