from __future__ import annotations

import os
import re
import secrets
import sys
import venv

import pytest
from shield_helpers import SETTINGS, files_of, make_app, shield

NO_PROGRAM = "running git is not allowed while shield loads the settings"
DENIED = "PermissionError: not allowed while shield loads the settings"


@pytest.fixture
def app(tmp_path):
    make_app(tmp_path)
    return tmp_path


def apply(app, *options, **env):
    return shield(
        "apply",
        "--only",
        "code",
        "--yes",
        *options,
        cwd=app,
        env={k: v for k, v in os.environ.items() if k != "VIRTUAL_ENV"} | env,
    )


def test_proves_that_no_setting_changed(app):
    for name in ("one", "two"):
        setting = f"{name.upper()}_API_KEY = '{secrets.token_hex(16)}'\n"
        (app / f"shop/settings_{name}.py").write_text(setting)
    done = apply(app)
    assert done.code == 0, done.err
    assert (
        "proved: 3 of 3 settings modules have the same values as before, AWS off and on" in done.err
    )


def test_an_app_with_its_own_values_of_django_env_is_compared(app):
    settings = app / "shop/settings.py"
    settings.write_text(
        "import os\nSTAGE = os.environ.get('DJANGO_ENV', 'Local')\n"
        "if STAGE not in ('Local', 'Production'):\n    raise ValueError(STAGE)\n"
        f"API_KEY = os.environ['API_KEY']\n{settings.read_text()}"
    )
    done = apply(app)
    assert done.code == 0, done.err
    assert "compared with invented values: shop.settings" in done.err


def test_names_the_variables_with_invented_values(app):
    (app / ".env").unlink()
    setting = f"ONE_API_KEY = '{secrets.token_hex(16)}'\n"
    (app / "shop/settings_one.py").write_text(f"import no_such_module\n{setting}")
    done = apply(app, SECRET_KEY="", DATABASE_USER=secrets.token_hex(8))
    assert done.code == 0, done.err
    assert "proved: 1 of 2 settings modules has the same values as before" in done.err
    assert (
        "compared with invented values: shop.settings, because 2 variables have no value here:"
        " DATABASE_PASSWORD, SECRET_KEY; to compare with real values, set them in the file of"
        " --env-file\n"
    ) in done.err


def test_invented_values_can_be_decoded(app):
    """As keys of Fernet, and as documents in base64."""
    (app / ".env").unlink()
    line = "import base64\nKEY = base64.urlsafe_b64decode(SECRET_KEY)\n"
    code = f"{line}assert len(KEY) == 32\nTEXT = KEY.decode()\n"
    (app / "shop/settings.py").write_bytes(SETTINGS + code.encode())
    done = apply(app)
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err


def test_an_invented_value_can_be_the_reason_of_an_error(app):
    (app / ".env").unlink()
    (app / "shop/settings.py").write_bytes(SETTINGS + b"NUMBER = float(SECRET_KEY)\n")
    done = apply(app)
    assert done.code == 0, done.err
    names = "DATABASE_NAME, DATABASE_PASSWORD, DATABASE_USER, SECRET_KEY"
    assert f"give real values for {names} with --env-file, and apply again" in done.err
    assert "compared with invented" not in done.err


@pytest.mark.parametrize("line", [b"", b"import no_such_module\n"])
def test_says_nothing_of_invented_values_without_one(app, line):
    (app / "shop/settings.py").write_bytes(SETTINGS + line)
    if line:
        (app / ".env").unlink()
    done = apply(app)
    assert done.code == 0, done.err
    assert "invented" not in done.err


def test_loads_the_settings_with_a_given_python(app, tmp_path):
    folder = tmp_path.with_name("other")
    folder.mkdir()
    python = folder / "python"
    python.write_text(f'#!/bin/sh\ntouch {folder}/used\nexec {sys.executable} "$@"\n')
    python.chmod(0o700)
    done = shield("apply", "--only", "code", "--yes", "--python", str(python), cwd=app)
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err
    assert (folder / "used").exists()


@pytest.mark.parametrize("folder", ["", "shop"])
def test_uses_the_values_of_the_apps_env_files(app, folder):
    (app / folder / ".env").write_text(f"OPTIONAL_TOKEN={secrets.token_hex(8)}\n")
    settings = (
        "from decouple import config\nOPTIONAL_TOKEN = config('OPTIONAL_TOKEN', default='')\n"
    )
    (app / "shop/settings.py").write_text(settings)
    done = apply(app)
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err


@pytest.mark.parametrize(
    ("line", "text"),
    [
        pytest.param(b"X = os.environ['MAIL_SENDER']\n", "MAIL_SENDER=x", id="no secret"),
        pytest.param(
            b"assert os.environ['DJANGO_ENV'] == 'development'\n",
            "DJANGO_ENV=development",
            id="DJANGO_ENV",
        ),
        pytest.param(
            b"X = os.environ['AWS_STORAGE_BUCKET_NAME']\n",
            "AWS_STORAGE_BUCKET_NAME=x",
            id="an AWS variable of the app",
        ),
        pytest.param(b"assert 'USE_AWS_SECRETS' not in os.environ or 'AWS_TOKEN' in os.environ\n",
            "USE_AWS_SECRETS=true\nAWS_SECRETS_TTL=x", id="variables of the runtime"),
        pytest.param(b"HAS_SENTRY = SENTRY_DSN is not None\n", "SENTRY_DSN=", id="empty secret"),
    ],
)  # fmt: skip
def test_uses_the_whole_env_file_that_the_user_gives(app, line, text):
    (app / "shop/settings.py").write_bytes(SETTINGS + line)
    file = app.with_name("given.env")
    value = secrets.token_hex(8)
    file.write_text(f"{text}\nCOMMENT={value}\n")
    done = apply(app, "--env-file", str(file))
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err
    assert value not in done.text
    stored = [path for path in app.rglob("*") if path.is_file()]
    assert not any(value.encode() in path.read_bytes() for path in stored)


EMPTY_SECRETS = """\
import os
MAIL_API_KEY = os.environ.get("MAIL_API_KEY")
SEARCH_TOKEN = os.environ["SEARCH_TOKEN"] if "SEARCH_TOKEN" in os.environ else None
SENTRY_DSN = os.getenv("SENTRY_DSN")
HAS_SENTRY = SENTRY_DSN is not None
"""


def test_an_empty_variable_is_the_same_as_none(app):
    """AWS stores no empty value."""
    (app / "shop/settings.py").write_text(EMPTY_SECRETS)
    empty = dict.fromkeys(("MAIL_API_KEY", "SEARCH_TOKEN", "SENTRY_DSN"), "")
    done = apply(app, **empty)
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err


@pytest.mark.parametrize("optional", [True, False])
def test_the_empty_variable_of_an_optional_secret_is_a_value(app, optional):
    """Compose passes such variables on, and get_secret() returns their value."""
    (app / "shop/settings.py").write_text("import os\nX = os.environ['MAIL_API_KEY']\n")
    (app / ".env").write_text("MAIL_API_KEY=\n" if optional else "")
    done = apply(app, MAIL_API_KEY="")
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err if optional else "invented values" in done.err


def test_an_empty_variable_of_another_setting_counts(app):
    """Only the variables of secrets may be empty."""
    line = b"MODE = os.environ.get('MODE', 'x') if os.environ.get('USE_AWS_SECRETS') else 'x'\n"
    (app / "shop/settings.py").write_bytes(SETTINGS + line)
    done = apply(app, MODE="")
    assert done.code == 4
    assert "error: these settings would change: shop.settings.MODE (with USE_AWS" in done.err


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param(b"import hashlib\nMAIL_HASH = hashlib.sha1(open(__file__, 'rb').read()).hexdigest()\n", "shop.settings.MAIL_HASH", id="reads its own source"),
        pytest.param(b"import os\nMODE = 'aws' if os.environ.get('USE_AWS_SECRETS') else 'env'\n", "shop.settings.MODE (with USE_AWS_SECRETS=true)", id="reads USE_AWS_SECRETS"),
    ],
)  # fmt: skip
def test_undoes_the_edits_if_a_setting_differs(app, line, words):
    (app / "shop/settings.py").write_bytes(SETTINGS + line)
    before = files_of(app)
    done = apply(app)
    assert done.code == 4
    assert f"error: these settings would change: {words}\n" in done.err
    assert "if they read none, compare them yourself and use --no-proof" in done.err
    assert files_of(app) == before
    assert shield("apply", "--only", "code", "--yes", "--no-proof", cwd=app).code == 0


def test_names_the_variable_that_other_code_reads(app):
    """For example, the constructor of a client of a library."""
    line = b"MAIL_KEY = eval('os' + '.environ[\"MAIL_API_KEY\"]')\n"
    (app / "shop/settings.py").write_bytes(SETTINGS + line + b"KEY = os.environ['MAIL_API_KEY']\n")
    done = apply(app, MAIL_API_KEY=secrets.token_hex(16))
    assert done.code == 4
    assert "error: these settings would change: shop.settings: KeyError" in done.err
    assert "; other code reads MAIL_API_KEY itself: write shield.toml with shield draft" in done.err
    shield("draft", cwd=app)
    manifest = app / "shield.toml"
    text, removed = re.subn(
        r"\[\[secret\]\]\nname = \"mail-api-key\"\n[^[]*", "", manifest.read_text()
    )
    assert removed == 1
    manifest.write_text(text.replace("[app]\n", '[app]\nignore = ["MAIL_API_KEY"]\n'))
    done = apply(app, MAIL_API_KEY=secrets.token_hex(16))
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err


@pytest.mark.parametrize(
    ("line", "is_reverted"),
    [
        pytest.param("MAIL_KEY = FROM_ENV or MAIL_API_KEY", True, id="before AWS"),
        pytest.param("MAIL_KEY = MAIL_API_KEY or FROM_ENV", False, id="after AWS"),
        pytest.param("HAS_MAIL = FROM_ENV is not None or bool(MAIL_API_KEY)", False, id="test"),
        pytest.param("assert FROM_ENV in (None, MAIL_API_KEY)", False, id="error"),
    ],
)
def test_names_a_setting_that_still_comes_from_the_environment(app, line, is_reverted):
    read = "eval('os' + '.environ.get(\"MAIL_API_KEY\")')"
    code = f"{line.replace('FROM_ENV', read)}\n".encode()
    (app / "shop/settings.py").write_bytes(SETTINGS + code)
    value = secrets.token_hex(16)
    done = apply(app, MAIL_API_KEY=value)
    assert value[:-1] not in done.text
    if not is_reverted:
        assert done.code == 0, done.err
        assert "proved: 1 of 1" in done.err
        return
    assert done.code == 4
    assert (
        "error: these settings would change: shop.settings.MAIL_KEY (from the environment with"
        " USE_AWS_SECRETS=true)\n"
    ) in done.err
    assert "other code reads MAIL_API_KEY itself" in done.err


def test_says_that_an_expression_reads_another_variable(app):
    assert apply(app).code == 0
    path = app / "shop/settings.py"
    value = "PARCEL = get_secret('parcel-key', lambda: eval('os' + '.environ[\"PARCEL\"]'))\n"
    path.write_text(f"{path.read_text()}import os\n{value}")
    manifest = app / "shield.toml"
    entry = '\n[[secret]]\nname = "parcel-key"\nkind = "api-key"\nenv = "PARCEL_KEY"\n'
    manifest.write_text(manifest.read_text() + entry)
    env = {"PARCEL": secrets.token_hex(16), "PARCEL_KEY": secrets.token_hex(16)}
    done = apply(app, "--allow-dirty", **env)
    assert done.code == 4
    said = (
        "error: these settings would change: shop.settings: SecretError: secret 'parcel-key': its"
        " expression never read the variable PARCEL_KEY, so the result is not the secret (if"
    )
    assert said in done.err
    assert "; if the code reads another variable for the secret than shield.toml names" in done.err


def test_names_the_python_that_lacks_the_runtime_package(app, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)  # make test names the built packages there
    venv.create(app / ".venv", with_pip=False)
    assert shield("draft", cwd=app).code == 0
    manifest = app / "shield.toml"
    lines = manifest.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("runtime =")]
    kept.insert(kept.index("[app]\n") + 1, 'runtime = "package"\n')
    manifest.write_text("".join(kept))
    before = files_of(app)
    done = apply(app)
    assert done.code == 4
    python = app / ".venv/bin/python"
    assert f"error: shield-ai-runtime is not installed for {python}\n" in done.err
    hint = done.err.partition("hint: ")[2]
    assert "install shield-ai-runtime there" in hint
    assert "--no-proof" in hint
    assert files_of(app) == before
    (suggested,) = re.findall(r"set (runtime = \S+) in \[app\]", hint)
    manifest.write_text(manifest.read_text().replace('runtime = "package"', suggested))
    done = apply(app)
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param(
            b"import no_such_module\n",
            "ModuleNotFoundError no_such_module",
            id="a package is missing",
        ),
        pytest.param(
            b"import os\nX = os.environ['NOBODY_SETS_THIS']\n",
            "KeyError: 'NOBODY_SETS_THIS'",
            id="a variable is missing",
        ),
        pytest.param(
            b"import os\nX = os.getenv('NOBODY_SETS_THIS').split()\n",
            "AttributeError: 'NoneType' object has no attribute •••",
            id="a variable without a default",
        ),
        pytest.param(
            b"X = int('x1y2')\n",
            "ValueError: invalid literal for int() with base •••",
            id="a value is invalid",
        ),
        pytest.param(b"open('written', 'w')\n", DENIED, id="writes a file"),
        pytest.param(
            b"import os\nos.fork()\n",
            DENIED,
            id="starts a process",
        ),
        pytest.param(
            b"import subprocess\nsubprocess.run(['/usr/bin/git', 'status'])\n",
            f"FileNotFoundError: {NO_PROGRAM}",
            id="runs a program",
        ),
        pytest.param(
            b"import socket\nsocket.create_connection(('127.0.0.1', 9))\n",
            DENIED,
            id="connects",
        ),
    ],
)
def test_reports_modules_that_were_not_compared(app, line, why):
    (app / "shop/settings.py").write_bytes(SETTINGS + line)
    done = apply(app)
    assert done.code == 0, done.err
    assert "proved: 0" not in done.err
    assert f"not compared: shop.settings does not load here: {why}\n" in done.err
    assert not (app / "written").exists()
    assert ("install the app's requirements" in done.err) == ("Module" in why)
    assert ("set the variables" in done.err) == ("KeyError" in why or "NoneType" in why)
    assert ("make the settings load here" in done.err) == ("ValueError" in why)
    assert ("let the settings load without running" in done.err) == ("not allowed" in why)


@pytest.mark.parametrize(
    ("name", "value", "shown", "step"),
    [
        pytest.param("web_shop", "", "web-shop", "install the app itself", id="the project"),
        pytest.param("web-shop", "web-shop", "web-shop", "install the app itself", id="a value"),
        pytest.param("shop", "shop", "shop", "install the app itself", id="the package"),
        pytest.param("other-tool", "", "other-tool", "install the app's req", id="other project"),
        pytest.param("other-tool", "other-tool", "•••", "install the app's req",
            id="other project with the name of a value"),
    ],
)  # fmt: skip
def test_names_a_project_that_is_not_installed(app, name, value, shown, step):
    (app / "pyproject.toml").write_text('[project]\nname = "web-shop"\n')
    line = f"import importlib.metadata\nV = importlib.metadata.version({name!r})\n"
    (app / "shop/settings.py").write_bytes(SETTINGS + line.encode())
    done = apply(app, DATABASE_NAME=value)
    assert done.code == 0, done.err
    assert f"shop.settings does not load here: PackageNotFoundError {shown}\n" in done.err
    assert f"to compare: undo this apply with shield rollback, {step}" in done.err
    assert done.err.count("install the app") == 1


@pytest.mark.parametrize(
    "value", ["secrets.token_hex()", "int(time.time())", "time.monotonic()", "object()"]
)
def test_ignores_settings_that_differ_on_every_load(app, value):
    (app / "shop/settings.py").write_bytes(
        SETTINGS + f"import secrets, time\nX_VALUE = {value}\n".encode()
    )
    done = apply(app)
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err


@pytest.mark.parametrize(
    "default",
    [
        pytest.param("token_hex(16)", id="random"),
        pytest.param("DEFAULT", id="a constant"),
    ],
)
def test_a_key_with_a_generated_default_is_required(app, default):
    reads = f"from secrets import token_hex\nDEFAULT = 'dev'\nTOKEN_KEY = os.environ.get('TOKEN_KEY', {default})\n"
    (app / "shop/settings.py").write_bytes(SETTINGS + reads.encode())
    done = apply(app)
    assert done.code == 0, done.err
    assert "proved: 1 of 1 settings module" in done.err
    assert 'env = "TOKEN_KEY"\nrotate' in (app / "shield.toml").read_text()


def test_prints_no_value(app):
    value = secrets.token_hex(12)
    (app / "shop/settings.py").write_bytes(
        SETTINGS + f"X_TOKEN = '{value}'\nN = len(open(__file__).read())\n".encode()
    )
    done = apply(app, MAIL_API_KEY=value)
    assert done.code == 4
    assert value not in done.text


def test_an_interpreter_without_boto3_is_named(app, tmp_path):
    """The comparison does not need boto3, and production does."""
    folder = tmp_path.with_name("bare")
    venv.create(folder)
    python = str(folder / "bin/python")
    done = shield("apply", "--only", "code", "--yes", "--python", python, cwd=app)
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err
    assert f"\nboto3 is not installed for {python}: install the app's requirements" in done.err


def test_previous_keys_in_the_settings_do_not_differ(app):
    assert apply(app).code == 0
    path = app / "shop/settings.py"
    path.write_text(
        path.read_text()
        + "SECRET_KEY_FALLBACKS = [\n    key\n    for stage in ('AWSPREVIOUS', 'AWSPENDING')\n"
        + "    if (key := get_secret('django-secret-key', None, stage=stage))\n]\n"
        + "SEARCH_API_KEY = os.environ['SEARCH_API_KEY']\n"
    )
    assert shield("draft", cwd=app).code == 0
    done = apply(app)
    assert (done.code, "proved: 1 of 1" in done.text) == (0, True), done.text


CONFIGURATIONS = """\
from configurations import Configuration, values
class Shop(Configuration):
    SECRET_KEY = values.SecretValue(environ_prefix=None)
    MAIL_API_KEY = values.Value(environ_prefix=None)
"""


def test_compares_the_class_of_django_configurations(app):
    (app / "shop/settings.py").write_text(CONFIGURATIONS)
    with (app / "manage.py").open("a") as file:
        file.write('\nos.environ.setdefault("DJANGO_CONFIGURATION", "Shop")\n')
    done = apply(app, MAIL_API_KEY=secrets.token_hex(16))
    assert done.code == 0, done.err
    assert "get_secret" in (app / "shop/settings.py").read_text()
    assert "proved: 1 of 1" in done.err


@pytest.mark.parametrize(
    ("name", "is_compared"),
    [("AWS_DEFAULT_REGION", True), ("AWS_S3_ACCESS_KEY_ID", True), ("AWS_PROFILE", False)],
)
def test_uses_the_aws_variables_of_the_shell_that_give_no_access(app, name, is_compared):
    line = f"X = os.environ[{name!r}]\n".encode()
    (app / "shop/settings.py").write_bytes(SETTINGS + line)
    done = apply(app, **{name: secrets.token_hex(8)})
    assert done.code == 0, done.err
    assert ("proved: 1 of 1" in done.err) == is_compared
    hint = "those of secrets and of access to AWS with --env-file"
    assert (hint in done.err) != is_compared


DOTENV = b"""\
from pathlib import Path
for line in Path('.env').read_text().split():
    os.environ.setdefault(*line.split('='))
"""


def renamed_variable(app, env_file, read):
    """Return the result of an apply that renames a variable."""
    settings = SETTINGS.replace(b"\nSECRET_KEY", b"\n" + DOTENV + b"SECRET_KEY", 1)
    (app / "shop/settings.py").write_bytes(settings + f"PARTNER = {read}\n".encode())
    path = app / ".env"
    known = path.read_text().rstrip("\n")
    path.write_text(f"{known}\nPARTNER_API_TOKEN=swordfish1\n")
    done = apply(app)
    assert done.code == 0, done.err
    path.write_text(f"{known}\n{env_file}")
    manifest = app / "shield.toml"
    manifest.write_text(manifest.read_text().replace('"PARTNER_API_TOKEN"', '"PARTNER_TOKEN"'))
    return apply(app, "--allow-dirty")


@pytest.mark.parametrize(
    "env_file",
    [
        pytest.param("PARTNER_API_TOKEN=swordfish1\n", id="old"),
        pytest.param("PARTNER_TOKEN=swordfish1\n", id="new"),
        pytest.param("PARTNER_API_TOKEN=swordfish1\nPARTNER_TOKEN=other\n", id="differ"),
    ],
)
def test_names_the_variable_that_is_renamed(app, env_file):
    done = renamed_variable(app, env_file, "os.environ.get('PARTNER_API_TOKEN')")
    assert done.code == 4, done.err
    assert "error: these settings would change: shop.settings" in done.err
    assert (
        "hint: every file was restored; shield.toml renames PARTNER_API_TOKEN to PARTNER_TOKEN:"
        " set both to the same value in .env until shield apply is done; then apply again\n"
    ) in done.err


def test_a_variable_is_renamed_with_both_names(app):
    lines = "PARTNER_API_TOKEN=swordfish1\nPARTNER_TOKEN=swordfish1\n"
    done = renamed_variable(app, lines, "os.environ.get('PARTNER_API_TOKEN')")
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err


def test_names_the_variable_that_overrides_a_literal(app):
    key = secrets.token_hex(16)
    settings = SETTINGS.replace(b"\nSECRET_KEY", b"\n" + DOTENV + b"SECRET_KEY", 1)
    (app / "shop/settings.py").write_bytes(settings + f"TICKET_KEY = '{key}'\n".encode())
    assert shield("draft", cwd=app).code == 0
    with (app / ".env").open("a") as file:
        file.write(f"\nTICKET_KEY={secrets.token_hex(16)}\n")  # as shield pull does
    done = apply(app)
    assert done.code == 4, done.err
    assert "error: these settings would change: shop.settings.TICKET_KEY\n" in done.err
    assert (
        "TICKET_KEY is set in the environment or in .env to another value than the literal"
        in done.err
    )
    assert "report this" not in done.err


READS_WITH_DEFAULTS = b"""\
REPORTS = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ.get("REPORTS_DB_NAME", "reports"),
    "HOST": os.environ.get("REPORTS_DB_HOST", "localhost"),
    "PASSWORD": os.environ["REPORTS_DB_PASSWORD"],
}
DATABASES["reports"] = REPORTS
"""


def test_names_only_variables_that_got_an_invented_value(app):
    """Not those with a constant default, and not those that only other settings read."""
    (app / "shop/settings.py").write_bytes(SETTINGS + READS_WITH_DEFAULTS)
    (app / "shop/settings_one.py").write_text(
        "import os\nONE_API_KEY = os.environ['ONE_API_KEY']\n"
    )
    expected = (
        "compared with invented values: shop.settings, because 1 variable has no value here:"
        " REPORTS_DB_PASSWORD;"
    )
    done = apply(app, ONE_API_KEY=secrets.token_hex(8))
    assert done.code == 0, done.err
    assert expected in done.err
    manifest = app / "shield.toml"
    manifest.write_text(manifest.read_text() + '\n[[secret]]\nname = "new-key"\nenv = "NEW_KEY"\n')
    done = apply(app, "--allow-dirty", ONE_API_KEY=secrets.token_hex(8))
    assert done.code == 0, done.err
    assert expected in done.err


def test_a_literal_that_moves_to_the_env_file_is_not_invented(app):
    line = b"import environ\nenviron.Env.read_env('.env')\nSECRET_KEY"
    settings = SETTINGS.replace(b"SECRET_KEY", line, 1)
    key = secrets.token_hex(16)
    (app / "shop/settings.py").write_bytes(settings + f"TICKET_KEY = '{key}'\n".encode())
    (app / ".gitignore").write_text(".env\n")
    assert apply(app).code == 0
    manifest = app / "shield.toml"
    name, found, rest = manifest.read_text().partition('env = "TICKET_KEY"\n')
    assert found
    manifest.write_text(name + found + rest.replace("optional = true\n", "", 1))
    done = apply(app, "--allow-dirty", "--remove-literals")
    assert done.code == 0, done.err
    assert "proved: 1 of 1" in done.err
    assert "invented" not in done.err
