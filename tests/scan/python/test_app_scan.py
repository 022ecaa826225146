from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_files


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("import os\nX = os.environ.get('TOKEN_AUDIENCE')", "TOKEN_AUDIENCE", "AUDIENCE"),
        ("import os\nX = os.environ.get('SHOP_DBSSLKEY')", "SHOP_DBSSLKEY", "DBSSLKEY"),
        (
            "from decouple import config\nX = config('STORE_TOKEN', cast=bool)",
            "STORE_TOKEN",
            "read as a boolean",
        ),
        (
            "from decouple import config\nX = config('STORE_TOKEN', default=True)",
            "STORE_TOKEN",
            "read as a boolean",
        ),
        (
            "from decouple import config\nX = config('SEND_PASSWORD', False)",
            "SEND_PASSWORD",
            "read as a boolean",
        ),
        (
            "import environ\nenv = environ.Env()\nX = env.int('PASSWORD_LEVEL', default=3)",
            "PASSWORD_LEVEL",
            "read as a number",
        ),
        (
            "import os\nX = int(os.getenv('PASSWORD_UPPERCASE', 1))",
            "PASSWORD_UPPERCASE",
            "read as a number",
        ),
        (
            "import os\nX = int(os.environ.get('CHAT_CONTEXT_TOKENS', 8000))",
            "CHAT_CONTEXT_TOKENS",
            "read as a number",
        ),
        (
            "import os\nX = float(os.environ.get('CONTEXT_TOKENS') or '0.5')",
            "CONTEXT_TOKENS",
            "read as a number",
        ),
        (
            "from decouple import config\nX = config('PASSWORD_LEVEL', 3, cast=int)",
            "PASSWORD_LEVEL",
            "read as a number",
        ),
        (
            "from configurations import Configuration, values\nclass A(Configuration):\n    STORE_TOKEN = values.BooleanValue(False)",
            "DJANGO_STORE_TOKEN",
            "read as a boolean",
        ),
        (
            "from configurations import Configuration, values\nclass A(Configuration):\n    PASSWORD_LEVEL = values.IntegerValue(default=3)",
            "DJANGO_PASSWORD_LEVEL",
            "read as a number",
        ),
        ("PASSWORD_HASHERS = ['a.B', 'c.D']", "PASSWORD_HASHERS", "HASHERS"),
        ("URLS = {'x': 'postgres://u:{password}@h/d'}", "URLS.x", "template"),
        ("GET_SECRET_KEY = 'shop.keys.get'", "GET_SECRET_KEY", "looks like a name"),
    ],
)
def test_lists_harmless_values_with_a_secret_like_name(scanned, text, name, reason):
    seen = scanned({"shop/settings.py": text})
    assert not seen.sites
    assert [(skip.name, skip.line) for skip in seen.harmless] == [(name, text.count("\n") + 1)]
    assert reason in seen.harmless[0].reason


@pytest.mark.parametrize(
    ("value", "count"),
    [
        pytest.param("(str, '', 'k3y-of-a-test', True)", 0, id="description of a variable"),
        pytest.param("('k3y-of-a-test', None)", 0, id="not only texts"),
        pytest.param("('k3y-of-a-test', 'k4y-of-a-test')", 2, id="texts"),
    ],
)
def test_a_text_in_a_description_is_not_the_value(scanned, value, count):
    found = scanned({"shop/settings.py": f"CONFIG = {{'SECRET_KEY': {value}}}\n"}).sites
    assert len(found) == count


def test_lists_reads_of_many_variables(scanned):
    files = {
        "config.py": "SECRET_KEY = None\n",
        "app.py": "# key\napp.config.from_prefixed_env()\n",
    }
    assert [(s.path, s.line, s.id) for s in scanned(files).unresolved] == [
        ("app.py", 2, SkipId.READS_ALL)
    ]


@pytest.mark.parametrize(
    ("read", "moves", "kept"),
    [
        pytest.param(
            "settings.key or os.environ.get('SHOP_API_KEY')",
            False,
            ("SHOP_API_KEY",),
            id="fallback",
        ),
        pytest.param("os.environ['SHOP_API_KEY']", True, ("SHOP_API_KEY",), id="only source"),
        pytest.param("os.environ.get('API_KEY')", True, (), id="another prefix"),
    ],
)
def test_does_not_move_the_fallback_of_a_settings_loader(scanned, read, moves, kept):
    files = {
        "shop/config.py": "from dynaconf import Dynaconf\nsettings = Dynaconf(envvar_prefix='SHOP')\nSECRET_KEY = None\n",
        "shop/views.py": f"import os\nK = {read}\n",
    }
    found = scanned(files)
    [site] = [site for finding, site in found.sites if finding.path == "shop/views.py"]
    assert (site.reason is None) == moves
    assert moves or site.reason.id is SkipId.READ_BY_LIBRARY
    assert found.kept == kept


def test_lists_the_variables_that_code_needs_after_a_move(scanned):
    files = {
        "shop/settings.py": "import os\nK = os.environ['API_KEY']\n",
        "shop/views.py": "import os\nasync def f(): return os.environ.get('API_KEY', await g())\n",
    }
    assert scanned(files).kept == ("API_KEY",)


def test_does_not_list_harmless_values_outside_the_settings(scanned):
    text = "import os\nK = os.environ['API_KEY']\nlabels = {'token': 'token'}\nTOKEN_ERROR = 'wrong token'\ntoken_error = 'wrong token'\n"
    assert [skip.name for skip in scanned({"shop/views.py": text}).harmless] == ["TOKEN_ERROR"]


def test_scans_an_app_with_a_name_like_tests(scanned):
    naming = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'test_desk.settings')\n"
    files = {
        "test_desk/settings.py": "import os\nKEY = os.environ['API_KEY']\n",
        "test_desk/tests/test_a.py": "API_KEY = 'k3y-of-a-test'",
    }
    assert not scanned(files).files
    seen = scanned({**files, "manage.py": naming})
    assert (seen.facts.settings, seen.files) == (
        ("test_desk/settings.py",),
        ("test_desk/settings.py", "manage.py"),
    )


def test_variables_in_shield_toml_are_secrets():
    text = "import os\nX = os.environ.get('LICENCE')\nUSER = os.environ.get('MAIL_USER')\n"
    raws = {"shop/settings.py": b"", "shop/licence.py": text.encode()}
    assert not scan_files("shop", list(raws), raws.get).sites
    found = scan_files("shop", list(raws), raws.get, {"LICENCE"}).findings
    assert [(f.env, f.message) for f in found] == [
        ("LICENCE", "LICENCE belongs to a secret in shield.toml")
    ]


@pytest.mark.parametrize(
    "read",
    [
        pytest.param("os.environ['bot_token']", id="subscript"),
        pytest.param("os.environ.get('bot_token')", id="get"),
        pytest.param('os.getenv("Bot_Token")', id="getenv"),
    ],
)
def test_finds_variables_in_lower_case(scanned, read):
    found = scanned(
        {"shop/settings.py": "A = 1\n", "shop/bot.py": f"import os\nx = {read}\n"}
    ).sites
    assert [f.env.lower() for f, _ in found] == ["bot_token"]


@pytest.mark.parametrize(
    "name", ["TG_API_HASH", "SLACK_WEBHOOK", "GITHUB_PAT", "DB_CONN", "MNEMONIC"]
)
def test_finds_secrets_outside_the_settings_by_name(scanned, name):
    found = scanned(
        {"shop/settings.py": "A = 1\n", "shop/bot.py": f"import os\nx = os.environ['{name}']\n"}
    ).sites
    assert [f.env for f, _ in found] == [name]


@pytest.mark.parametrize(
    ("text", "is_reported"),
    [
        pytest.param("from corp.conf import *\n", True, id="library"),
        pytest.param(
            "import os\nos.environ.setdefault('SECRET_KEY', 'x')\nfrom corp.conf import *\n",
            True,
            id="library that reads a variable",
        ),
        pytest.param("from .base import *\n", False, id="app"),
        pytest.param("from corp.conf import *\nSECRET_KEY = make()\n", False, id="own key"),
        pytest.param("from corp.conf import x\n", False, id="single names"),
    ],
)
def test_a_library_that_sets_the_key_of_django_is_reported(scanned, text, is_reported):
    settings = f"{text}import os\nINSTALLED_APPS = []\nX = os.environ['API_KEY']\n"
    files = {
        "shop/settings/prod.py": settings,
        "shop/settings/base.py": "",
        "shop/settings/__init__.py": "",
    }
    found = scanned(files).unscanned
    assert [(skip.path, skip.name) for skip in found] == [
        ("shop/settings/prod.py", "SECRET_KEY") for _ in range(is_reported)
    ]
    assert all("the star import of corp.conf probably sets it" in skip.reason for skip in found)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("SECRET_KEY = open('.key').read()\n", "key-from-file", id="file"),
        pytest.param("exec(open('local.py').read())\n", "key-in-exec", id="exec"),
        pytest.param("from .local import *\n", "key-in-local-settings", id="missing file"),
        pytest.param(
            "from local_settings import *\n", "key-in-local-settings", id="missing module"
        ),
        pytest.param("from .local import *\nSECRET_KEY = make()\n", "", id="own key"),
        pytest.param(
            "SECRET_KEY = os.environ['SECRET_KEY']\nexec(open('local.py').read())\n",
            "",
            id="variable",
        ),
        pytest.param(
            "SECRET_KEY = 'django-insecure-3v$k1'\nfrom local_settings import *\n",
            "local-settings",
            id="literal",
        ),
        pytest.param(
            "SECRET_KEY = os.environ['SECRET_KEY']\nfrom local_settings import *\n",
            "local-settings",
            id="variable and local settings",
        ),
    ],
)
def test_a_key_of_django_that_is_not_moved_is_reported(scanned, text, reason):
    settings = f"import os\n{text}INSTALLED_APPS = []\nX = os.environ['API_KEY']\n"
    found = scanned({"shop/settings/__init__.py": "", "shop/settings/prod.py": settings}).unscanned
    assert [(skip.id, skip.name) for skip in found] == [(reason, "SECRET_KEY")] * bool(reason)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["shop/settings/a.py"], "the settings file has secrets but does not use get_secret()"),
        (
            ["shop/settings/a.py", "shop/settings/b.py", "shop/settings/c.py"],
            "3 settings files, such as this one, have secrets but do not use get_secret()",
        ),
    ],
)
def test_settings_without_the_runtime_are_reported_once(scanned, paths, message):
    text = "import os\nAPI_TOKEN = os.environ['API_TOKEN']\n"
    findings = scanned(dict.fromkeys(paths, text)).findings
    found = [(f.path, f.message) for f in findings if f.rule == "CSEC34.no-runtime"]
    assert found == [(paths[0], message)]
