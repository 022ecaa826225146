from __future__ import annotations

import tomllib

import pytest
from shield_helpers import run

SETTINGS = """\
import os

SECRET_KEY = os.environ["SECRET_KEY"]
HOOK_TOKEN = os.environ.get("HOOK_TOKEN", "")
SIGNING = os.environ.get("HOOK_SIGNING_SECRET")
DATABASES = {"default": {"PASSWORD": os.environ.get("DB_PASSWORD", "")}}
"""
READ = "os.environ.get('HOOK_TOKEN')"


@pytest.fixture
def app(tmp_path):
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "settings.py").write_text(SETTINGS)
    return tmp_path


def drafted(app):
    """Return the variables of the draft that are marked as required, and the output."""
    done = run("draft", cwd=app)
    assert done.code == 0, done.text
    secrets = tomllib.loads((app / "shield.toml").read_text())["secret"]
    return {secret["env"] for secret in secrets if secret.get("optional") is False}, done.text


@pytest.mark.parametrize(
    "check",
    [
        pytest.param("x == settings.HOOK_TOKEN", id="equal"),
        pytest.param("settings.HOOK_TOKEN != x", id="not equal"),
        pytest.param("x == config['HOOK_TOKEN']", id="item"),
        pytest.param("x == getattr(settings, 'HOOK_TOKEN', None)", id="getattr"),
        pytest.param("x == HOOK_TOKEN", id="imported"),
        pytest.param(f"x == {READ}", id="variable"),
        pytest.param("x == f'Bearer {settings.HOOK_TOKEN}'", id="f-string"),
        pytest.param("x == 'Bearer ' + settings.HOOK_TOKEN", id="sum"),
        pytest.param("x == 'Bearer {}'.format(settings.HOOK_TOKEN)", id="format"),
        pytest.param("hmac.compare_digest(x, str(settings.HOOK_TOKEN).encode())", id="digest"),
        pytest.param("hmac.new(settings.HOOK_TOKEN.encode(), x).digest() == y", id="signature"),
        pytest.param("stripe.Webhook.construct_event(x, y, settings.HOOK_TOKEN)", id="stripe"),
        pytest.param("jwt.decode(x, key=settings.HOOK_TOKEN)", id="token"),
        pytest.param("verify_signature(x, settings.HOOK_TOKEN)", id="helper"),
    ],
)
def test_secrets_that_check_input_are_required(app, check):
    (app / "views.py").write_text(f"def allow(x, y):\n    if {check}:\n        return True\n")
    required, text = drafted(app)
    assert required == {"HOOK_TOKEN"}
    note = "required, although its default is empty, because views.py:2 checks input with it"
    assert f"hook-token: {note}\n" in text


def test_value_in_a_local_variable(app):
    code = "def allow(x):\n    expected = settings.SIGNING\n    return x == expected\n"
    (app / "views.py").write_text(code)
    assert drafted(app)[0] == {"HOOK_SIGNING_SECRET"}


def test_empty_variable_in_the_env_file_does_not_make_it_optional(app):
    (app / ".env").write_text("HOOK_TOKEN=\n")
    (app / "views.py").write_text("def allow(x):\n    return x == settings.HOOK_TOKEN\n")
    required, text = drafted(app)
    assert required == {"HOOK_TOKEN"}
    assert "hook-token: optional" not in text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("return settings.HOOK_TOKEN and x == settings.HOOK_TOKEN", id="and"),
        pytest.param(
            "if not settings.HOOK_TOKEN:\n        raise E\n    return x == settings.HOOK_TOKEN",
            id="if not",
        ),
        pytest.param(
            "if settings.HOOK_TOKEN is None:\n        raise E\n    return x == settings.HOOK_TOKEN",
            id="None",
        ),
        pytest.param(
            "t = settings.HOOK_TOKEN\n    if not t:\n        raise E\n    return x == t", id="alias"
        ),
        pytest.param("return settings.HOOK_TOKEN == 'k8Fq2z'", id="constant"),
        pytest.param("return x == send(settings.HOOK_TOKEN, x)[0]", id="argument of another call"),
        pytest.param("return x == settings.OTHER_TOKEN", id="other setting"),
        pytest.param("assert settings.OTHER_TOKEN != settings.HOOK_TOKEN", id="two settings"),
        pytest.param("return x == settings.PASSWORD", id="key of a dict"),
    ],
)
def test_others_stay_optional(app, body):
    (app / "views.py").write_text(f"def allow(x):\n    {body}\n")
    required, text = drafted(app)
    assert required == set()
    assert "checks input" not in text


def test_a_comparison_with_a_user_name_checks_no_secret(app):
    login = "MAIL_USER = os.getenv('MAIL_USER')\nMAIL_PASSWORD = os.getenv('MAIL_PASSWORD')\n"
    (app / "settings.py").write_text(f"{SETTINGS}{login}")
    (app / "views.py").write_text("def f(x):\n    return x == settings.MAIL_USER\n")
    _, text = drafted(app)
    assert "MAIL_PASSWORD" in (app / "shield.toml").read_text()
    assert "checks input" not in text


@pytest.mark.parametrize(
    ("path", "is_checked"),
    [
        pytest.param("settings.py", True, id="same file"),
        pytest.param("views.py", False, id="other"),
    ],
)
def test_a_name_that_is_no_setting_counts_in_its_file(app, path, is_checked):
    (app / "settings.py").write_text(f"import os\nid_ = {READ}\n")
    check = "def f(x):\n    return x == id_\n"
    with (app / path).open("a") as file:
        file.write(check)
    assert drafted(app)[0] == ({"HOOK_TOKEN"} if is_checked else set())


def test_broken_file(app):
    (app / "views.py").write_text("def HOOK_TOKEN(:\n")
    assert drafted(app)[0] == set()


@pytest.mark.parametrize(
    ("variable", "use", "is_required"),
    [
        pytest.param("SESSION_SECRET", "", True, id="session"),
        pytest.param("JWT_SIGN_KEY", "", True, id="token"),
        pytest.param("SESSION_SECRET", "if KEY:\n    sign(KEY)\n", False, id="tested"),
        pytest.param("JWT_OIDC_CLIENT_SECRET", "", False, id="client"),
        pytest.param("MAPS_KEY", "", False, id="another key"),
        pytest.param("SESSION_TOKEN", "", False, id="no key"),
    ],
)
def test_secrets_that_sign_are_required(app, variable, use, is_required):
    read = f"KEY = os.environ.get('{variable}')\n"
    (app / "settings.py").write_text(f"{SETTINGS}{read}{use}")
    required, text = drafted(app)
    assert required == ({variable} if is_required else set())
    assert ("it seems to sign sessions or tokens\n" in text) is is_required
