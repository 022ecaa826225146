from __future__ import annotations

import re
import secrets

import pytest
from django_project import create_project, run_manage
from vendored_runtime import module_text, write_copy

from shield_runtime.django import checks
from shield_runtime.django.checks import DEVELOPMENT_KEY

KEY = "django-secret-key"
PRODUCTION = {"DJANGO_ENV": "production"}


def ids(done):
    return sorted(set(re.findall(r"shield_ai\.([EW]\d{3})", done.stdout + done.stderr)))


@pytest.mark.parametrize(
    ("extra_settings", "env", "found"),
    [
        pytest.param("", {}, [], id="nothing"),
        pytest.param("", {"SECRET_KEY": "django-insecure-abc"}, [], id="a development key in development"),
        pytest.param("", {"SECRET_KEY": "django-insecure-abc", **PRODUCTION}, ["E001"], id="and in production"),
        pytest.param("", {"SECRET_KEY": "dev-secret-key-change-me", **PRODUCTION}, ["E001"], id="written by hand"),
        pytest.param("\nSECRET_KEY = ''\n", PRODUCTION, [], id="no key, as while an image is built"),
        pytest.param("\nEMAIL_HOST_PASSWORD = 'not so secret'\n", {}, ["W004"], id="a password as plain text"),
        pytest.param("\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'PASSWORD': 'not so secret'}}\n", {}, ["W004"], id="in a dictionary"),
        pytest.param("\nEMAIL_HOST_PASSWORD = get_secret('email-host-password', 'not so secret')\nX_TOKEN = ''\nPASSWORD_HASHERS = ['x']\n", {}, [], id="moved, empty, or none"),
        pytest.param("\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'SECRET': 'db-login', 'SECRET_FIELDS': {'PASSWORD': 'pass'}}}\n", {}, [], id="a secret's name, and those of its fields"),
        pytest.param("", {"USE_AWS_SECRETS": "true"}, ["W005"], id="AWS on, environment not set"),
        pytest.param("", {"USE_AWS_SECRETS": "true", "DJANGO_ENV": ""}, ["W005"], id="AWS on, environment empty"),
        pytest.param("", {"USE_AWS_SECRETS": "true", "DJANGO_ENV": "development", "AWS_SECRETS_FALLBACK": "deny"}, ["W005"], id="AWS on in development"),
    ],
)  # fmt: skip
def test_what_is_wrong(tmp_path, extra_settings, env, found):
    done = run_manage(
        create_project(tmp_path, extra_settings=extra_settings),
        "shield",
        "check",
        "--deploy",
        **env,
    )
    assert ids(done) == found, done.stderr
    assert done.returncode == bool(found)


@pytest.mark.parametrize(
    ("env", "shown"),
    [
        pytest.param({}, "AWS_SECRETS_ENV is not set:", id="not set"),
        pytest.param({"DJANGO_ENV": ""}, "AWS_SECRETS_ENV is not set:", id="empty"),
        pytest.param({"DJANGO_ENV": "development"}, "DJANGO_ENV is development:", id="development"),
        pytest.param(
            {"DJANGO_ENV": "production", "AWS_SECRETS_ENV": "development"},
            "AWS_SECRETS_ENV is development:",
            id="variable of the runtime",
        ),
        pytest.param({"AWS_SECRETS_FALLBACK": "deny"}, "", id="no fallback"),
    ],
)
def test_precedence_of_variables(monkeypatch, env, shown):
    monkeypatch.delenv("DJANGO_ENV", raising=False)
    for name, value in {"USE_AWS_SECRETS": "true", **env}.items():
        monkeypatch.setenv(name, value)
    assert [shown in warning.msg for warning in checks.environment_not_set()] == [True] * bool(
        shown
    )


def test_a_fall_back_to_the_environment(tmp_path, aws):
    done = run_manage(
        create_project(tmp_path), "shield", "check", USE_AWS_SECRETS="true", **PRODUCTION
    )
    assert ids(done) == ["W001"]
    assert KEY not in done.stderr.partition("System check")[2]


def test_an_edited_copy_of_the_runtime(tmp_path):
    create_project(tmp_path, runtime="shop.utils.secrets")
    (tmp_path / "shop/utils").mkdir()
    (tmp_path / "shop/utils/__init__.py").touch()
    write_copy(tmp_path / "shop/utils")
    copy = tmp_path / "shop/utils/_shield_runtime/cache.py"
    written = copy.read_text()
    module = tmp_path / "shop/utils/aws_secrets.py"
    module.rename(tmp_path / "shop/utils/secrets.py").write_text(module_text(in_package=True))
    assert ids(run_manage(tmp_path, "shield", "check")) == []
    copy.write_text(written + "\n# a change\n")
    done = run_manage(tmp_path, "shield", "check")
    assert ids(done) == ["W002"]
    assert str(copy) in done.stderr


@pytest.mark.parametrize(
    ("manifest", "extra_settings", "found"),
    [
        pytest.param('[[secret]]\nname = "k"\nkind = "django-secret-key"\nrotate = "manual"\n', "", ["W003"], id="rotated"),
        pytest.param('[[secret]]\nname = "k"\nkind = "django-secret-key"\nrotate = "manual"\n', "\nSECRET_KEY_FALLBACKS = [SECRET_KEY + 'x']\n", [], id="with fallbacks"),
        pytest.param('[[secret]]\nname = "k"\nkind = "api-key"\nrotate = "manual"\n', "", [], id="not the key"),
        pytest.param("no TOML", "", [], id="broken"),
    ],
)  # fmt: skip
def test_no_fallbacks_while_the_key_is_rotated(tmp_path, manifest, extra_settings, found):
    create_project(tmp_path, extra_settings=extra_settings)
    (tmp_path / "shield.toml").write_text(manifest)
    assert ids(run_manage(tmp_path, "shield", "check", "--deploy")) == found
    assert ids(run_manage(tmp_path, "shield", "check")) == []


def test_djangos_own_command_runs_them_too(tmp_path):
    done = run_manage(
        create_project(tmp_path), "check", SECRET_KEY="django-insecure-abc", **PRODUCTION
    )
    assert ids(done) == ["E001"]


def test_no_random_key_is_taken_for_one_of_development():
    assert not [
        key for _ in range(2000) if DEVELOPMENT_KEY.search(key := secrets.token_urlsafe(50))
    ]


@pytest.mark.parametrize(
    ("env", "found"),
    [
        pytest.param({"USE_AWS_SECRETS": "true"}, ["E002"], id="AWS on"),
        pytest.param({}, [], id="AWS off"),
        pytest.param({"USE_AWS_SECRETS": "true", "AWS_SECRETS_TRANSPORT": "agent"}, [], id="agent"),
    ],
)
def test_boto3_is_missing(monkeypatch, env, found):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(checks, "find_spec", lambda _name: None)
    assert [error.id for error in checks.missing_boto3()] == [f"shield_ai.{id_}" for id_ in found]
