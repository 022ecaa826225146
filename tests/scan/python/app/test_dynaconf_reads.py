from __future__ import annotations

import pytest
from scaling import assert_linear

RULE = "CSEC34.config-read"
CONFIG = "from dynaconf import Dynaconf\nconf = Dynaconf(envvar_prefix='SHOP')\n"
IMPORT = "from shop.conf import conf\n"


@pytest.fixture
def reads(scanned):
    """Return (line, name, variable, severity) of each read of a configuration in one file."""

    def reads(text, files=None):
        files = {"shop/__init__.py": "", "shop/conf/__init__.py": CONFIG, **(files or {})}
        result = scanned({**files, "shop/mail.py": text})
        return [
            (f.line, f.name, f.env, str(f.severity))
            for f in result.findings
            if f.rule == RULE and f.path == "shop/mail.py"
        ]

    return reads


@pytest.mark.parametrize(
    ("expression", "name", "variable"),
    [
        ("conf.api_key", "api_key", "SHOP_API_KEY"),
        ("conf.mail.api_key", "mail.api_key", "SHOP_MAIL__API_KEY"),
        ("conf.mail.get('api_key', '')", "mail.api_key", "SHOP_MAIL__API_KEY"),
        ("conf('api_key')", "api_key", "SHOP_API_KEY"),
        ("conf['mail']['api_key'].strip()", "mail.api_key", "SHOP_MAIL__API_KEY"),
        ("getattr(conf.mail, 'api_key', None)", "mail.api_key", "SHOP_MAIL__API_KEY"),
        ("conf.from_env('prod').sentry.dsn", "sentry.dsn", "SHOP_SENTRY__DSN"),
        ("conf.redis.url", "redis.url", "SHOP_REDIS__URL"),
    ],
)
def test_reads_of_secrets(reads, expression, name, variable):
    assert reads(f"{IMPORT}connect({expression})\n") == [(2, name, variable, "medium")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("mail = conf.mail\nlogin(mail.password)\n", id="section"),
        pytest.param("mail: object = conf['mail']\ndef f(x=mail.password): ...\n", id="default"),
        pytest.param(
            "class A:\n    def __init__(self):\n        self.mail = conf.mail\n"
            "    def f(self):\n        login(self.mail.password)\n",
            id="attribute",
        ),
    ],
)
def test_a_section_is_followed(reads, text):
    assert [read[1:] for read in reads(IMPORT + text)] == [
        ("mail.password", "SHOP_MAIL__PASSWORD", "medium")
    ]


def test_an_auth_token_is_uncertain(reads):
    text = f"{IMPORT}login(conf.remote.auth, conf.auth.enabled)\n"
    assert reads(text) == [(2, "remote.auth", "SHOP_REMOTE__AUTH", "low")]


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("from dynaconf import settings\n", "DYNACONF_API_KEY"),
        ("from .conf import conf as settings\n", "SHOP_API_KEY"),
        ("from shop.other import conf as settings\n", "SHOP_API_KEY"),
        ("import dynaconf\nsettings = dynaconf.LazySettings()\n", "DYNACONF_API_KEY"),
        ("from dynaconf import Dynaconf\nsettings = Dynaconf(envvar_prefix=PREFIX)\n", None),
        ("from dynaconf.base import Settings\ndef f(settings: Settings | None = None):\n  ", None),
    ],
)
def test_the_objects(reads, text, variable):
    other = {"shop/other.py": "from shop.conf import conf\nimport dynaconf\n"}
    found = reads(f"{text}login(settings.api_key)\n", other)
    assert [read[1:3] for read in found] == [("api_key", variable)]


@pytest.mark.parametrize(
    "text",
    [
        "login(conf.api_key_name, conf.mail.token_ttl, conf.mail.host)\n",
        "conf.mail.password = 1\n",
        "def f(conf):\n    login(conf.password)\n",
        "def f():\n    conf = load()\n    login(conf.password)\n",
        "from other import settings\nlogin(settings.password)\n",
    ],
)
def test_other_values_are_not_reported(reads, text):
    assert reads(IMPORT + text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda n: "x = " + "conf" + ".a" * (n // 50) + "\n", id="long chain"),
        pytest.param(
            lambda n: "".join(f"a{i} = conf.b\ndef f{i}(x):\n    x.key\n" for i in range(n)),
            id="many names and functions",
        ),
    ],
)
def test_time_is_linear(scanned, text):
    assert_linear(lambda n: scanned({"shop/conf.py": CONFIG + text(n)}), 2000)


def test_all_settings_are_no_secret(reads):
    assert reads(f"{IMPORT}for key, value in conf.as_dict().items():\n    api_key = key\n") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'mail.password', must_exist=True", [(1, "mail.password", "SHOP_MAIL__PASSWORD")]),
        ("'mail.host', 'api_key'", [(1, "api_key", "SHOP_API_KEY")]),
        ("'mail.host'", []),
        ("name", []),
    ],
)
def test_validators_name_settings(scanned, text, expected):
    text = f"conf = Dynaconf(envvar_prefix='SHOP', validators=[Validator({text})])\n"
    files = {"shop/__init__.py": "", "shop/conf.py": "import dynaconf\n" + text}
    found = [f for f in scanned(files).findings if f.rule == RULE]
    assert [(f.line - 1, f.name, f.env) for f in found] == expected


def test_an_import_from_a_folder_that_the_app_runs_in(scanned):
    files = {
        "server/__init__.py": "",
        "server/jobs/mail.py": "from app.conf import conf\nlogin(conf.api_key)\n",
        "server/app/__init__.py": "",
        "server/app/conf.py": CONFIG,
    }
    found = [f for f in scanned(files).findings if f.rule == RULE]
    assert [(f.path, f.env) for f in found] == [("server/jobs/mail.py", "SHOP_API_KEY")]
