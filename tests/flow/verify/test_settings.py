from __future__ import annotations

import json
import os
import secrets
import venv

import pytest
from shield_helpers import make_app, run

from shield_ai.flow.app_options import SettingsOptions
from shield_ai.flow.verify.check import Status
from shield_ai.flow.verify.settings import NO_FALLBACK_NEEDED, SETTINGS_LOAD, verify_settings
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest import App, Environment, Manifest, Secret

MOVED = "from shield_runtime import get_secret\nKEY = get_secret('mail-key', lambda: os.environ['MAIL_KEY'], env='MAIL_KEY')\n"
LEFT = "DB = os.environ['DB_KEY']\n"
FALLS_BACK = "from shield_runtime import get_secret\nDB = get_secret('db-key', lambda: os.environ['DB_KEY'], env='DB_KEY')\n"
MANIFEST = Manifest(
    app=App(name="shop", prefix="shop/", runtime="utils/secrets.py"), secret=(Secret(name="mail-key", env="MAIL_KEY"), Secret(name="db-key", env="DB_KEY"))
)  # fmt: skip
OK, FAILED, UNKNOWN = Status.OK, Status.FAILED, Status.UNKNOWN

PYDANTIC = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    debug: bool = False\n"
LONG_KEY = "    mail_key: __import__('pydantic').constr(min_length=4)\n"
IF_AWS = """
    def __init__(self):
        super().__init__()
        if 'USE_AWS_SECRETS' in os.environ:
            raise RuntimeError
"""


@pytest.mark.parametrize(
    ("code", "loads", "alone", "words"),
    [
        pytest.param(MOVED, OK, OK, "", id="moved"),
        pytest.param(MOVED + FALLS_BACK, OK, FAILED, "settings does not load without them: SecretNotFoundError", id="fallback used"),
        pytest.param(MOVED + LEFT, OK, FAILED, "settings does not load without them: KeyError", id="read without get_secret"),
        pytest.param(MOVED + "assert 'USE_AWS_SECRETS' not in os.environ\n", FAILED, UNKNOWN, "settings: AssertionError", id="fails with AWS on"),
        pytest.param(MOVED + "int(KEY)\n", FAILED, UNKNOWN, "settings: ValueError: invalid literal for int", id="no number"),
        pytest.param(MOVED + "assert not set(KEY) < set('0123456789abcdef')\n", FAILED, UNKNOWN, "settings: AssertionError", id="another form"),
        pytest.param(MOVED + PYDANTIC + "    site: int\n", UNKNOWN, UNKNOWN, "settings does not load here: Settings() ValidationError: missing or invalid: site", id="lacks a field"),
        pytest.param(MOVED + PYDANTIC + LONG_KEY + "    site: int\n", UNKNOWN, UNKNOWN, "ValidationError: missing or invalid: site", id="no field of a sample value"),
        pytest.param(MOVED + PYDANTIC + IF_AWS, FAILED, UNKNOWN, "settings: Settings() RuntimeError", id="class fails with AWS on"),
        pytest.param("import nonesuch\n", UNKNOWN, UNKNOWN, "does not load here: ModuleNotFoundError nonesuch", id="missing dependency"),
    ],
)  # fmt: skip
def test_loads_the_settings_without_environment_variables(tmp_path, code, loads, alone, words):
    value = secrets.token_hex(8)
    (tmp_path / "settings.py").write_text("import os\n" + code)
    environ = {**os.environ, "MAIL_KEY": "another one", "DB_KEY": "set here"}
    found = {
        check.id: check
        for check in verify_settings(
            tmp_path, [("settings", "")], MANIFEST, {"shop/mail-key": Hidden(value)}, environ
        )
    }
    assert [found[SETTINGS_LOAD.id].status, found[NO_FALLBACK_NEEDED.id].status] == [
        loads,
        alone,
    ]
    assert words in found[NO_FALLBACK_NEEDED.id].detail
    assert all(
        bool(check.detail) == bool(check.hint) == (check.status is not OK)
        for check in found.values()
    )
    assert value not in str(found)


@pytest.mark.parametrize(
    ("code", "variables", "statuses"),
    [
        pytest.param("SITE_ID = 1\n", {}, (FAILED, UNKNOWN), id="boto3"),
        pytest.param("SITE_ID = 1\n", {"AWS_SECRETS_TRANSPORT": "agent"}, (OK, OK), id="agent"),
        pytest.param("import os\n" + LEFT, {}, (FAILED, FAILED), id="fallback used"),
    ],
)
def test_an_interpreter_without_boto3_fails(tmp_path, code, variables, statuses):
    """The settings are loaded from an agent, so the load itself does not need boto3."""
    venv.create(tmp_path / "bare")
    python = str(tmp_path / "bare/bin/python")
    (tmp_path / "settings.py").write_text(code)
    environ = {**os.environ, "DB_KEY": "set here", **variables}
    loads, alone = verify_settings(
        tmp_path, [("settings", "")], MANIFEST, {}, environ, SettingsOptions(python=python)
    )
    assert (loads.status, alone.status) == statuses
    if loads.status is FAILED:
        assert loads.detail.startswith(f"boto3 is not installed for {python}, ")
        assert "--python" in loads.hint
    if alone.status is UNKNOWN:
        assert (alone.detail, alone.hint) == (loads.detail, loads.hint)


def test_names_the_secrets_that_the_code_has_defaults_for(tmp_path):
    (tmp_path / "settings.py").write_text("SITE_ID = 1\n")
    fields = {"password": "DB_PASSWORD", "host": "DB_HOST"}
    manifest = Manifest(
        app=App(name="shop"),
        secret=(
            Secret(name="dsn", env="DSN", optional=True),
            Secret(name="db", fields=fields),
            Secret(name="key", env="KEY"),
        ),
    )
    values = {"db": Hidden('{"password": "x"}'), "key": Hidden("x")}
    *_, check = verify_settings(tmp_path, [("settings", "")], manifest, values, os.environ)
    assert check.name == "the settings load without the variables of the secrets"
    assert (check.status, check.detail) == (OK, "with defaults in the code for dsn, db:host")


def test_no_check_without_settings(tmp_path):
    assert list(verify_settings(tmp_path, [], MANIFEST, {}, {})) == []


def test_the_hint_about_a_fallback_names_the_ignored_variables(tmp_path):
    (tmp_path / "settings.py").write_text("import os\n" + FALLS_BACK)
    manifest = Manifest(app=App(name="shop", ignore=("DB_KEY",)))
    environ = {**os.environ, "DB_KEY": "set here"}
    *_, check = verify_settings(tmp_path, [("settings", "")], manifest, {}, environ)
    assert (check.id, check.status) == (NO_FALLBACK_NEEDED.id, FAILED)
    assert check.hint.endswith("; read the variables in ignore without get_secret()")


def make_stages(root, settings):
    """Make an app with settings for two stages; those for development don't load on production."""
    make_app(root)
    (root / "shop/settings.py").rename(root / "shop/base.py")
    (root / "shop/settings").mkdir()
    (root / "shop/settings/__init__.py").touch()
    (root / "shop/settings/prod.py").write_text("from shop.base import *\n")
    (root / "shop/settings/dev.py").write_text("import os\nX = os.environ['NOT_IN_PRODUCTION']\n")
    names = [f"shop/settings/{name}.py" for name in settings]
    assert run("draft", cwd=root).code == 0
    manifest = root / "shield.toml"
    lines = manifest.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("settings =")]
    text = "".join(kept).replace("[app]\n", f"[app]\nsettings = {names!r}\n", 1)
    manifest.write_text(text)


@pytest.mark.parametrize(
    ("settings", "status", "detail"),
    [
        pytest.param(["prod", "dev"], OK, "not checked: shop.settings.dev, which only development or tests use", id="both"),
        pytest.param(["dev"], UNKNOWN, "not checked: shop.settings.dev, which only development or tests use", id="only development"),
        pytest.param(["prod"], OK, "", id="only production"),
    ],
)  # fmt: skip
def test_settings_for_development_are_left_out(tmp_path, aws, settings, status, detail):
    make_stages(tmp_path, settings)
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    done = run("verify", "--run-settings", "--json", cwd=tmp_path)
    found = {check["id"]: check for check in json.loads(done.out)["checks"]}
    for check_id in (SETTINGS_LOAD.id, NO_FALLBACK_NEEDED.id):
        shown = found[check_id].get("detail", "")
        if status is OK and check_id == NO_FALLBACK_NEEDED.id:
            shown = shown.removeprefix("with defaults in the code for sentry-dsn").lstrip("; ")
        assert (found[check_id]["status"], shown) == (status, detail)
        assert bool(found[check_id].get("hint")) == (status is UNKNOWN)


@pytest.mark.parametrize("name", ["SITE_NAME", "AWS_PROFILE", "AWS_STORAGE_BUCKET_NAME"])
def test_uses_the_variables_of_env_files(tmp_path, aws, name):
    make_app(tmp_path)
    settings = tmp_path / "shop/settings.py"
    settings.write_text(settings.read_text() + f"SITE = os.environ[{name!r}]\n")
    env_file = tmp_path / "other.env"
    env_file.write_text(f"{name}={secrets.token_hex(8)}\n")
    assert run("draft", cwd=tmp_path).code == 0
    assert run("apply", "--env-file", ".env", "--yes", "--no-proof", cwd=tmp_path).code == 0
    for options, status in (((), UNKNOWN), (("--env-file", str(env_file)), OK)):
        done = run("verify", "--run-settings", "--json", *options, cwd=tmp_path)
        found = {check["id"]: check for check in json.loads(done.out)["checks"]}
        assert found[SETTINGS_LOAD.id]["status"] == status
        if status is UNKNOWN:
            assert "--env-file" in found[SETTINGS_LOAD.id]["hint"]


def test_names_the_prefix_that_the_app_needs_with_environments(tmp_path):
    (tmp_path / "settings.py").write_text("SITE_ID = 1\n")
    manifest = Manifest(
        app=App(name="shop", prefix="shop/", runtime="utils/secrets.py"),
        environments={"staging": Environment(prefix="shop/staging/")},
    )
    check, _ = verify_settings(tmp_path, [("settings", "")], manifest, {}, os.environ)
    assert check.status == OK
    assert check.detail == "with AWS_SECRETS_PREFIX=shop/, which the app needs where it runs"


def test_run_settings_needs_both_parts_of_the_app(tmp_path):
    make_app(tmp_path)
    assert run("draft", cwd=tmp_path).code == 0
    done = run("verify", "--only", "code", "--run-settings", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "error: --run-settings has no effect with --only code" in done.err
