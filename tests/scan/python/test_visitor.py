from __future__ import annotations

import re

import msgspec
import pytest

from shield_ai.scan.python.app_scan import scan_files

READS = {
    "environ subscript": "import os\nX = os.environ['API_KEY']",
    "environ get": "import os\nX = os.environ.get('API_KEY')",
    "environ pop": "import os\nX = os.environ.pop('API_KEY', '')",
    "environ setdefault": "import os\nos.environ.setdefault('API_KEY', 'x')",
    "getenv": "import os\nX = os.getenv('API_KEY', default='')",
    "getenv by keyword": "import os\nX = os.getenv(key='API_KEY')",
    "module alias": "import os as o\nX = o.environ['API_KEY']",
    "from import alias": "from os import environ as e\nX = e['API_KEY']",
    "getenv alias": "from os import getenv as g\nX = g('API_KEY')",
    "assigned alias": "import os\nget = os.environ.get\nX = get('API_KEY')",
    "assigned mapping": "import os\nenv = os.environ\nX = env.get('API_KEY')",
    "getattr": "import os\nX = getattr(os, 'environ')['API_KEY']",
    "dunder": "import os\nX = os.environ.__getitem__('API_KEY')",
    "constant name": "import os\nNAME = 'API_KEY'\nX = os.environ[NAME]",
    "prefix": "import os\nP = 'API'\nX = os.environ[f'{P}_KEY']",
    "added": "import os\nX = os.environ['API' + '_KEY']",
    "django-environ": "import environ\nenv = environ.Env()\nX = env('API_KEY')",
    "django-environ method": "from environ import Env\nenv = Env(DEBUG=(bool, False))\nX = env.str('API_KEY', default='')",
    "django-environ ENVIRON": "import environ\nenv = environ.Env()\nX = env.ENVIRON['API_KEY']",
    "environs": "from environs import Env\nenv = Env()\nX = env.str('API_KEY')",
    "environs prefixed": "from environs import Env\nenv = Env()\nwith env.prefixed('API_'):\n    X = env('KEY')",
    "environs ready made": "from environs import env\nX = env('API_KEY')",
    "decouple": "from decouple import config\nX = config('API_KEY', cast=str)",
    "decouple other name": "from decouple import AutoConfig\nread = AutoConfig(search_path='/etc')\nX = read('API_KEY')",
    "starlette": "from starlette.config import Config\nconfig = Config('.env')\nX = config('API_KEY', cast=str)",
    "starlette prefix": "from starlette.config import Config\nc = Config(env_prefix='API_')\nX = c('KEY')",
    "everett": "from everett.manager import ConfigManager\nc = ConfigManager.basic_config()\nX = c('api_key', default='')",
    "everett by sources": "from everett.manager import *\nc = ConfigManager([ConfigOSEnv()])\nX = c('API_KEY')",
    "of an unknown library": "from corp.settings import config\nX = config('API_KEY', default='')",
    "of an unknown library by keyword": "from corp.envs import get_string\nX = get_string(name='API_KEY', default='')",
    "of an unknown library's module": "from corp.common import envs\nX = envs.get_string('API_KEY')",
    "of an unknown library, all of it": "from corp.settings import *\nX = getenv('API_KEY')",
    "helper": "import os\ndef get_env(name):\n    return os.environ[name]\nX = get_env('API_KEY')",
    "helper with default": "import os\ndef e(n, d=None):\n    try:\n        return os.environ[n]\n    except KeyError:\n        return d\nX = e('API_KEY')",
    "helper with prefix": "import os\ndef e(n):\n    return os.environ['API_' + n]\nX = e('KEY')",
    "helper with f-string prefix": "import os\ndef e(n):\n    return os.environ.get(f'API_{n}')\nX = e('KEY')",
    "helper that hands on": "from decouple import config as c\ndef e(n, *a, **k):\n    return c(n, *a, **k)\nX = e('API_KEY')",
    "lambda helper": "import os\nread = lambda n, d=None: os.environ.get(n, d)\nX = read('API_KEY')",
    "keyword to helper": "import os\ndef e(*, d=None, name):\n    pass\ndef f(name):\n    return os.environ[name]\nX = f(name='API_KEY')",
    "in an f-string": "import os\nX = f'Bearer {os.environ[\"API_KEY\"]}'",
    "walrus": "import os\nif key := os.environ.get('API_KEY'):\n    X = key",
    "ternary": "import os\nX = os.environ['API_KEY'] if 1 else None",
    "comprehension": "import os\nX = [k for k in os.environ['API_KEY'].split(',')]",
    "late in a function": "import os\ndef view():\n    return os.environ['API_KEY']",
    "default of a function": "import os\ndef view(key=os.environ['API_KEY']):\n    return key",
    "decorator": "import os\n@auth(os.environ['API_KEY'])\ndef view():\n    pass",
    "class attribute": "import os\nclass Config:\n    X = os.environ['API_KEY']",
    "json": "import json, os\nX = json.loads(os.environ['API_KEY'])",
    "named by the setting": "import os\nSECRET_KEY = os.environ['API_KEY']",
    "or a constant": "import os\nX = os.environ.get('API_KEY') or 'dev'",
    "try import": "try:\n    from os import environ\nexcept ImportError:\n    environ = {}\nX = environ['API_KEY']",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in READS.items()])
def test_finds_reads_of_all_libraries(sites, text):
    assert ("read", "API_KEY", "") in sites(text)


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        (
            "import dj_database_url\nDATABASES = {'default': dj_database_url.config()}",
            "DATABASE_URL",
        ),
        ("import dj_database_url as d\nX = d.config(env='PRIMARY_DB_URL')", "PRIMARY_DB_URL"),
        (
            "import dj_database_url as d\nX = d.config(env=d.DEFAULT_ENV, default='sqlite://')",
            "DATABASE_URL",
        ),
        ("import dj_email_url\nX = dj_email_url.config()", "EMAIL_URL"),
        ("import environ\nX = environ.Env().db()", "DATABASE_URL"),
        ("import environ\nenv = environ.Env()\nX = env.email_url()['PASSWORD']", "EMAIL_URL"),
        ("import environ\nenv = environ.Env()\nX = env.cache_url('REDIS_URL')", "REDIS_URL"),
    ],
)
def test_url_readers_read_fixed_variables(sites, text, variable):
    assert [site[:2] for site in sites(text)] == [("read", variable)]


def test_follows_a_config_object_through_imports(sites):
    files = {
        "shop/env.py": "import environ\nenv = environ.Env()\n",
        "shop/base.py": "from shop.env import *\n",
    }
    assert sites("from .base import env\nX = env('API_KEY')", files) == [("read", "API_KEY", "")]
    assert sites("from shop import env as e\nX = e.env('API_KEY')", files) == [
        ("read", "API_KEY", "")
    ]


def test_follows_a_name_through_star_imports(sites):
    files = {"shop/base.py": "import os\n"}
    assert sites("from .base import *\nX = os.environ['API_KEY']", files) == [
        ("read", "API_KEY", "")
    ]


def test_follows_a_helper_through_imports(sites):
    files = {"shop/tools.py": "import os\ndef must(name):\n    return os.environ[name]\n"}
    assert sites("from shop.tools import must\nX = must('API_KEY')", files) == [
        ("read", "API_KEY", "")
    ]


def test_circular_imports_end(sites):
    files = {"shop/a.py": "from shop.b import x\n", "shop/b.py": "from shop.a import x\n"}
    assert sites("from shop.a import x\nX = x('API_KEY')", files) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "import os\nenv = dict(os.environ)\nX = env['API_KEY']",
            "an earlier copy of the environment",
        ),
        (
            "import os\nenv = os.environ.copy()\nX = env.get('API_KEY')",
            "an earlier copy of the environment",
        ),
        (
            "import os\nfor n in names:\n    API_KEY = os.environ[n]",
            "the name of the variable is computed",
        ),
        (
            "import os\nasync def f():\n    return os.environ.get('API_KEY', await g())",
            "awaits or yields",
        ),
        ("import os\ndef f():\n    return os.environ.get('API_KEY', (yield))", "awaits or yields"),
        ("import os\nX = os.environ.get('API_KEY', (d := 'x'))", "assigns with :="),
        ("import os\nX = os.environ.get('API_KEY', locals().get('d'))", r"calls locals\(\)"),
        ("import os\nos.environ['API_KEY'] = 'k3y-of-a-test'", "written into the environment"),
        ("class S(BaseSettings):\n    api_key: SecretStr", "pydantic reads it"),
        ("class S(AppSettings):\n    api_key: str = Field(..., min_length=3)", "pydantic reads it"),
        ("import os\nx: os.environ['API_KEY'] = 1", "type annotation"),
        ("import os\ndef f(x) -> os.environ['API_KEY']: pass", "type annotation"),
    ],
)
def test_explains_reads_that_cannot_be_migrated(sites, text, reason):
    [(_, _, why)] = sites(text)
    assert re.search(reason, why)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import os\nDEBUG = os.environ.get('DEBUG')", id="harmless"),
        pytest.param("settings = {}\nX = settings['API_KEY']", id="another mapping"),
        pytest.param("import os\nos.environ['API_KEY'] = key", id="written"),
        pytest.param("import os\ndel os.environ['API_KEY']", id="deleted"),
        pytest.param(
            "from decouple import config\nX = config('STORE_TOKEN', cast=bool)", id="a switch"
        ),
        pytest.param("def f(os):\n    return os.environ['API_KEY']", id="a parameter"),
        pytest.param(
            "import os\nX = strtobool(os.environ.get('API_KEY') or 'no')",
            id="turned into a truth value",
        ),
        pytest.param(
            "import os\nX = os.environ.get('API_KEY') == 'True'", id="compared with a truth value"
        ),
        pytest.param(
            "import os\nX = os.getenv('API_KEY', '').lower() in ('1', 'yes')",
            id="compared with truth values",
        ),
        pytest.param("ES = {'basic_auth': ('elastic', None)}", id="a user's name"),
        pytest.param(
            "import os\ndef get(name):\n    return os.environ[name]", id="the helper itself"
        ),
        pytest.param(
            "import environ\nenv = environ.Env()\nenv.read_env('API_KEY')", id="reads a file"
        ),
        pytest.param(
            "import os\nDB_HOST = os.environ['DB_HOST']", id="a database without a password"
        ),
        pytest.param("API_KEY = None\nTOKEN = ''", id="no value"),
        pytest.param("TOKEN_URL = 'https://example.com/token'", id="an address"),
        pytest.param(
            "PASSWORD_HASHERS = ['django.contrib.auth.hashers.Argon2PasswordHasher']", id="a path"
        ),
        pytest.param("KEYS = {'token': 'token'}", id="a label"),
        pytest.param("DATABASE_URL = 'sqlite:///db.sqlite3'", id="a url without a password"),
        pytest.param("X = 'postgres://{user}:{password}@host/db'", id="a template"),
        pytest.param("API_KEY_ENV = {'API_KEY': 'SHOP_API_KEY'}", id="a variable's name"),
    ],
)
def test_ignores_values_that_are_not_secrets(sites, text):
    assert sites(text) == []


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        pytest.param("SECRET_KEY = 'k3y-of-a-test'", "SECRET_KEY", id="assigned"),
        pytest.param("SECRET_KEY: str = 'k3y-of-a-test'", "SECRET_KEY", id="annotated"),
        pytest.param(
            "class C:\n    SECRET_KEY = 'k3y-of-a-test'", "SECRET_KEY", id="class attribute"
        ),
        pytest.param(
            "SECRET_KEY = ('k3y-'\n  'of-a-test')", "SECRET_KEY", id="joined by the parser"
        ),
        pytest.param("SECRET_KEY = 'k3y-' + 'of-a-test'", "SECRET_KEY", id="added"),
        pytest.param("JWT = {'SIGNING_KEY': 'k3y-of-a-test'}", "JWT_SIGNING_KEY", id="in a dict"),
        pytest.param("init(API_KEY='k3y-of-a-test')", "API_KEY", id="keyword"),
        pytest.param("app.config['SECRET_KEY'] = 'k3y-of-a-test'", "SECRET_KEY", id="flask"),
        pytest.param(
            "CACHES = {'default': {'LOCATION': 'redis://:pw1@h:1/0'}}",
            "CACHES_DEFAULT_LOCATION",
            id="url",
        ),
        pytest.param(
            "DATABASES = {'default': {'ENGINE': 'x', 'PASSWORD': 'pw1'}}",
            "DATABASE_PASSWORD",
            id="database",
        ),
        pytest.param(
            "DATABASES = {'old': {'ENGINE': 'x', 'PASSWORD': 'pw1'}}",
            "OLD_DATABASE_PASSWORD",
            id="other database",
        ),
        pytest.param(
            "DATABASE = {'NAME': 'x', 'USER': 'x', 'PASSWORD': 'pw1'}",
            "DATABASE_PASSWORD",
            id="the only database",
        ),
    ],
)
def test_names_the_variable_of_a_literal_after_its_setting(sites, text, variable):
    assert sites(text) == [("literal", variable, "")]


def test_a_url_with_a_computed_host_is_not_a_literal(sites):
    assert sites("U = f'redis://:pw1@{HOST}/0'") == [("fallback", "U", "")]


@pytest.mark.parametrize("value", ["None", "''", "f'redis://{HOST}:6379'"])
def test_the_default_of_a_pydantic_field_can_be_a_secret(sites, value):
    assert sites(f"class S(BaseSettings):\n    REDIS_URL: str | None = {value}") == [
        ("fallback", "REDIS_URL", "")
    ]


def test_a_constant_after_a_read_is_its_default(sites):
    text = "import os\nD = {'USER': 'x', 'NAME': 'x', 'PASSWORD': os.getenv('SHOP_DB_PASS') or 'k3y-of-a-test'}"
    assert sites(text) == [("read", "SHOP_DB_PASS", "")]


def test_two_values_for_one_name_cannot_be_migrated(sites):
    found = sites("KEYS = {'a': [{'secret': 's3cret-1'}, {'secret': 's3cret-2'}]}")
    assert {reason for _, _, reason in found} == {"several values are assigned to this name"}


def test_each_class_can_have_a_value(sites):
    found = sites("class Dev:\n    SECRET_KEY = 'k3y-1'\nclass Prod:\n    SECRET_KEY = 'k3y-2'")
    assert {reason for _, _, reason in found} == {""}


def test_a_value_is_for_development_if_another_file_reads_the_variable(scanned):
    found = scanned(
        {
            "shop/settings/base.py": "SECRET_KEY = 'k3y-of-a-test'\n",
            "shop/settings/prod.py": "import os\nfrom .base import *\nSECRET_KEY = os.environ['SECRET_KEY']\n",
        }
    ).findings
    reasons = {f.path: f.site.reason for f in found if f.site}
    assert reasons["shop/settings/base.py"].startswith("development value")
    assert reasons["shop/settings/prod.py"] == ""


@pytest.mark.parametrize(
    ("value", "movable"),
    [
        ("configuration.SECRET_KEY", True),
        ("getattr(configuration, 'SECRET_KEY', '')", True),
        ("configuration.OTHER_KEY", False),
        ("getattr(configuration, 'OTHER_KEY')", False),
        ("make_key()", False),
    ],
)
def test_a_setting_copied_from_another_module_is_not_a_new_value(scanned, value, movable):
    found = scanned(
        {
            "shop/configuration.py": "SECRET_KEY = 'k3y-of-a-test'",
            "shop/settings.py": f"from shop import configuration\nSECRET_KEY = {value}",
        }
    ).findings
    [site] = [f.site for f in found if f.site]
    assert site.reason == (
        "" if movable else "development value: shop/settings.py sets SECRET_KEY to another value"
    )


@pytest.mark.parametrize("text", ["'API_KEY' in os.environ", "'API_KEY' not in os.environ.keys()"])
def test_finds_a_presence_test_beside_a_read(sites, text):
    found = sites(f"import os\nif {text}:\n    X = os.environ['API_KEY']")
    assert found == [("presence", "API_KEY", ""), ("read", "API_KEY", "")]


def test_a_presence_test_without_a_read_cannot_be_migrated(sites):
    assert sites("import os\nX = 'API_KEY' in os.environ") == [
        ("presence", "API_KEY", "no read of API_KEY can be migrated")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "from shop.secrets import get_secret\nX = get_secret('api-key', lambda: os.environ['API_KEY'])",
        "from shop.secrets import get_secret\nX = get_secret('k', lambda: os.environ['API_KEY'], env='API_KEY')",
        "from shield_runtime import get_secret as g\nX = g('api-key', lambda: os.environ.get('API_KEY') or 'dev')",
        "from shop.aws_secrets import has_secret\nX = has_secret('api-key')",
        "from shield_runtime import get_secret\nAPI_KEY = get_secret('api-key', 'k3y-of-a-test')",
    ],
)
def test_ignores_migrated_reads(sites, text):
    assert sites(f"import os\n{text}") == []


def test_finds_another_read_inside_get_secret(sites):
    text = "from shield_runtime import get_secret\nX = get_secret('api-key', lambda: os.environ.get('API_KEY', os.environ['DB_PASSWORD']))"
    assert sites(f"import os\n{text}") == [("read", "DB_PASSWORD", "")]


def test_another_function_named_get_secret_is_a_helper(sites):
    files = {"shop/vault.py": "import os\ndef get_secret(name):\n    return os.environ[name]\n"}
    assert sites("from shop.vault import get_secret\nX = get_secret('API_KEY')", files) == [
        ("read", "API_KEY", "")
    ]


def test_fields_of_a_database_come_with_its_password(scanned):
    text = """\
import os
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": os.environ["SHOP_DB"], "USER": os.environ["U"], "PASSWORD": os.environ["DB_PASSWORD"], "OPTIONS": {},
}}
PORT = os.environ["DB_PORT"]
"""
    found = scanned(
        {"settings.py": text, "other.py": "import os\nname = os.environ['SHOP_DB']\n"}
    ).findings
    parts = {(f.path, f.env): f.site.field for f in found if f.site}
    assert parts == {
        ("settings.py", "SHOP_DB"): "database",
        ("settings.py", "U"): "username",
        ("settings.py", "DB_PASSWORD"): "password",
        ("settings.py", "DB_PORT"): "port",
        ("other.py", "SHOP_DB"): "database",
    }
    assert {str(f.severity) for f in found if f.env == "SHOP_DB"} == {"low"}


CLIENT = "import os\nSECRET = os.environ['GITHUB_CLIENT_SECRET']\n"
LOGIN = CLIENT + "ID = os.environ['GITHUB_CLIENT_ID']\n"


def test_an_identifier_comes_with_its_secret(sites, scanned):
    read = [("read", "GITHUB_CLIENT_SECRET", ""), ("read", "GITHUB_CLIENT_ID", "")]
    assert sites(LOGIN) == read
    assert sites("import os\nID = os.environ['GITHUB_CLIENT_ID']\n") == []
    test = ("presence", "GITHUB_CLIENT_ID", "")
    assert sites(LOGIN + "if 'GITHUB_CLIENT_ID' in os.environ: pass\n") == [*read, test]
    found = scanned(
        {"settings.py": LOGIN, "views.py": "import os\nx = os.environ['GITHUB_CLIENT_ID']\n"}
    ).findings
    assert [(f.path, str(f.severity)) for f in found if f.env == "GITHUB_CLIENT_ID"] == [
        ("settings.py", "low"),
        ("views.py", "low"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("e = os.environ.copy()\nID = e['GITHUB_CLIENT_ID']\n", id="in an earlier copy of the environment"),
        pytest.param("ID = os.environ['GITHUB_CLIENT_ID']\ne = dict(os.environ)\nX = e['GITHUB_CLIENT_ID']\n", id="there as well"),
        pytest.param("ID = os.environ['GITHUB_CLIENT_ID']\nfor k in ['GITHUB_CLIENT_ID']:\n    print(os.environ[k])\n", id="under a computed name"),
        pytest.param("ID = os.environ['GITHUB_CLIENT_ID']\nfor k in ['GITHUB_CLIENT_ID', 'A_TOKEN']:\n    print(os.environ[k])\n", id="in a loop, beside a secret"),
        pytest.param("ID = os.environ['GITHUB_CLIENT_ID']\ne = os.environ.copy()\nif 'GITHUB_CLIENT_ID' in e: pass\n", id="asked for in a copy"),
    ],
)  # fmt: skip
def test_ignores_an_identifier_that_cannot_be_migrated(sites, text):
    assert sites(CLIENT + text)[0] == ("read", "GITHUB_CLIENT_SECRET", "")
    assert "GITHUB_CLIENT_ID" not in {variable for _, variable, _ in sites(CLIENT + text)}


def test_the_secret_key_has_no_identifier(sites):
    text = "import os\nSECRET_KEY = os.environ['SHOP_APP_SECRET']\nID = os.environ['SHOP_APP_ID']\n"
    assert sites(text) == [("read", "SHOP_APP_SECRET", "")]


def test_ignores_an_identifier_if_its_secret_cannot_be_migrated(sites):
    text = LOGIN + "for k in ['GITHUB_CLIENT_SECRET'] + KEYS:\n    print(os.environ[k])\n"
    [(_, variable, reason)] = sites(text)
    assert (variable, "computed" in reason) == ("GITHUB_CLIENT_SECRET", True)


def test_ignores_an_identifier_read_outside_the_app(scanned):
    files = {
        "manage.py": "",
        "shop/settings.py": LOGIN,
        "tools/x.py": "import os\nx = os.environ['GITHUB_CLIENT_ID']\n",
    }
    found = scanned(files).findings
    assert [f.env for f in found if f.site] == ["GITHUB_CLIENT_SECRET"]


def test_finds_a_presence_test_for_a_database_field(sites):
    text = "import os\nif 'DB_HOST' in os.environ:\n    X = os.environ['DB_HOST'], os.environ['DB_PASSWORD']\n"
    assert sites(text)[0] == ("presence", "DB_HOST", "")
    assert sites("import os\nX = 'DB_HOST' in os.environ\n") == []


def test_the_secret_name_of_a_database_backend_is_not_a_secret(sites):
    text = """\
from shield_runtime import get_secret
DATABASES = {"default": {
    "ENGINE": "shield_runtime.django.postgresql", "SECRET": "database-credentials", "SECRET_FIELDS": {"PASSWORD": "password"},
    "NAME": "shop", "PASSWORD": get_secret("db-password"),
}}
"""
    assert sites(text) == []


@pytest.mark.parametrize(
    ("variable", "said"),
    [("AWS_ACCESS_KEY_ID", True), ("DJANGO_AWS_S3_SECRET_ACCESS_KEY", True), ("MINIO_SECRET_KEY", False), ("LAWS_KEY", False)],
)  # fmt: skip
def test_recommends_a_role_instead_of_aws_keys(scanned, variable, said):
    found = scanned({"settings.py": f"import os\nX = os.environ['{variable}']\n"}).findings
    assert ("use an IAM role instead" in next(f.message for f in found if f.env)) == said


def test_collects_the_class_names_that_a_read_uses(scanned):
    text = "import os\nclass C:\n    default = ''\n    X = os.environ.get('API_KEY', default)\n    def f(self): pass\n"
    assert [f.site.binds for f in scanned({"settings.py": text}).findings if f.site] == [
        ("default",)
    ]


def test_findings_are_sorted_and_numbered(scanned):
    text = "import os\nA = os.environ['API_KEY']\ndef f():\n    return os.environ['API_KEY'], os.environ['API_KEY']\n"
    found = scanned({"b/settings.py": text, "a/settings.py": text}).findings
    assert [f.path for f in found] == sorted(f.path for f in found)
    assert len({f.fingerprint for f in found}) == len(found)
    again = scanned({"b/settings.py": "# moved down\n" + text, "a/settings.py": text}).findings
    assert [f.fingerprint for f in again] == [f.fingerprint for f in found]


@pytest.mark.parametrize(
    ("text", "variable", "reason"),
    [
        ("KEY_X = values.SecretValue()", "DJANGO_KEY_X", ""),
        ("API_KEY = values.Value('', environ_prefix=None)", "API_KEY", ""),
        ("API_KEY = values.Value('', environ_name='THE_API_KEY')", "DJANGO_THE_API_KEY", ""),
        ("DATABASES = values.DatabaseURLValue()", "DATABASE_URL", ""),
    ],
)
def test_django_configurations_has_a_prefix(sites, text, variable, reason):
    found = sites(
        f"from configurations import Configuration, values\nclass Base(Configuration):\n    {text}"
    )
    assert found == [("read", variable, reason)]


COMPUTED = {
    "a choice": "import os\nK = 'A_TOKEN' if LIVE else 'B_TOKEN'\nX = os.environ[K]",
    "branches": "import os\nif LIVE:\n    K = 'A_TOKEN'\nelse:\n    K = 'B_TOKEN'\nX = os.getenv(K)",
    "an f-string": "import os\np = 'A' if LIVE else 'B'\nX = os.getenv(f'{p}_TOKEN', '')",
    "the calls of a function": "import os\ndef add(k):\n    KEYS.append(os.environ[k])\nadd('A_TOKEN')\nadd(k='B_TOKEN')",
    "an index that is added up": "import os\nK = 'A_TOKEN' if LIVE else 'B_TOKEN'\nX = os.environ['' + K]",
    "a loop": "import os\nfor k in ['A_TOKEN', 'B_TOKEN']:\n    X = os.environ[k]",
    "a loop over a constant": "import os\nN = ('A_TOKEN',)\nfor k in [*N, 'B_TOKEN']:\n    X = os.environ[k]",
    "lists that are added": "import os\nN = ['A_TOKEN']\nfor k in N + ['B_TOKEN']:\n    X = os.environ[k]",
    "pairs": "import os\nfor k, d in [('A_TOKEN', 1), ('B_TOKEN', 2)]:\n    X = os.environ.get(k, d)",
    "a count beside": "import os\nfor i, k in enumerate(['A_TOKEN', 'B_TOKEN']):\n    X = os.environ[k]",
    "a mapping": "import os\nN = {'a': 'A_TOKEN', 'b': 'B_TOKEN'}\nfor a, k in N.items():\n    X = os.environ[k]",
    "the keys of a mapping": "import os\nN = {'A_TOKEN': 1, 'B_TOKEN': 2}\nX = [os.environ[k] for k in N]",
    "the values of a mapping": "import os\nX = [os.environ[k] for k in {1: 'A_TOKEN', 2: 'B_TOKEN'}.values()]",
    "words": "import os\nfor k in 'A_TOKEN B_TOKEN'.split():\n    X = os.environ[k]",
    "words by comma": "import os\nfor k in sorted('A_TOKEN,B_TOKEN'.split(',')):\n    X = os.environ[k]",
    "ends of names": "import os\nfor p in ['A', 'B']:\n    X = os.environ[f'{p}_TOKEN']",
    "an added word": "import os\np = 'A' if LIVE else 'B'\nk = p + '_TOKEN'\nX = os.environ.get(k)",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in COMPUTED.items()])
def test_enumerates_the_variables_of_a_computed_name(scanned, text):
    [site] = [f.site for f in scanned({"shop/settings.py": text}).findings if f.site]
    assert (site.variables, site.reason) == (("A_TOKEN", "B_TOKEN"), "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "import os\nfor k in os.environ:\n    X_TOKEN = os.environ[k]",
            id="a loop over everything",
        ),
        pytest.param(
            "import os\nN = ['A_TOKEN']\nN.append(x)\nfor k in N:\n    X_TOKEN = os.environ[k]",
            id="a list that grows",
        ),
        pytest.param(
            "import os\nN = ['A_TOKEN']\nN += x\nfor k in N:\n    X_TOKEN = os.environ[k]",
            id="a list that is added to",
        ),
        pytest.param(
            "import os\nN = {}\nN['A_TOKEN'] = 1\nfor k in N:\n    X_TOKEN = os.environ[k]",
            id="a mapping that is filled",
        ),
        pytest.param(
            "import os\nfor k, *r in [('A_TOKEN', 1)]:\n    X_TOKEN = os.environ[k]",
            id="a starred part",
        ),
        pytest.param(
            "import os\nfor k, v in ['A_TOKEN']:\n    X_TOKEN = os.environ[k]", id="no pairs"
        ),
        pytest.param(
            "import os\nK = 'A_TOKEN' if LIVE else other()\nX_TOKEN = os.environ[K]",
            id="not all are known",
        ),
        pytest.param(
            "import os\ndef f(k):\n    X_TOKEN = os.environ[k]\nf('A_TOKEN')\ncall(f)",
            id="called elsewhere",
        ),
    ],
)
def test_an_unknown_computed_name_cannot_be_migrated(scanned, text):
    sites = [f.site for f in scanned({"shop/settings.py": text}).findings if f.site]
    assert [(site.variables, "computed" in site.reason) for site in sites] == [((), True)]


def test_a_loop_keeps_harmless_variables_in_the_environment(scanned):
    text = (
        "import os\nfor k in ['DB_USER', 'LANG']:\n    globals()[k] = os.environ[k]\n"
        "D = {'USER': os.getenv('DB_USER'), 'PASSWORD': os.getenv('DB_PASSWORD'), 'NAME': 'x'}"
    )
    user, password = (f.site for f in scanned({"shop/settings.py": text}).findings if f.site)
    assert (user.reason, password.reason) == ("DB_USER is also read under a computed name", "")


def test_a_loop_is_reported_with_its_first_names(scanned):
    text = "import os\nfor k in 'A_TOKEN B_TOKEN C_TOKEN D_TOKEN LANG'.split():\n    locals()[k] = os.environ[k]"
    [finding] = [f for f in scanned({"shop/settings.py": text}).findings if f.site]
    assert finding.name == "A_TOKEN or B_TOKEN or C_TOKEN or D_TOKEN"
    assert "variable A_TOKEN, B_TOKEN or one of 2 others" in finding.message


def test_a_presence_test_for_several_variables_migrates_the_read_ones(scanned):
    text = "import os\nlacking = [k for k in ('A_TOKEN', 'B_TOKEN') if k not in os.environ]\n"
    one, two = (
        [f.site for f in scanned({"shop/settings.py": t}).findings if f.site]
        for t in (text + "X = os.environ['B_TOKEN']", text)
    )
    assert [(site.variables, site.others, site.reason) for site in one] == [
        (("B_TOKEN",), ("A_TOKEN",), ""),
        (("B_TOKEN",), (), ""),
    ]
    assert [site.reason for site in two] == ["no read of A_TOKEN can be migrated"]


def test_finds_the_calls_of_a_helper_instead_of_its_read(sites):
    helper = "import os\ndef get(k):\n    return os.environ[k]\n"
    text = helper + "X = [get(k) for k in ['A_TOKEN', 'B_TOKEN']]\nY = get('A_TOKEN')"
    assert sites(text) == [("read", "", ""), ("read", "A_TOKEN", "")]


def test_a_loop_inside_get_secret_keeps_the_other_variables(scanned):
    text = (
        "import os\nfrom shop.utils.secrets import get_secret\nX = os.environ['B_TOKEN']\n"
        "for k in ['A_TOKEN', 'B_TOKEN']:\n    get_secret({'A_TOKEN': 'a'}, lambda: os.environ[k], env=k)"
    )
    [site] = (f.site for f in scanned({"shop/settings.py": text}).findings if f.site)
    assert (site.variable, site.reason) == ("B_TOKEN", "B_TOKEN is also read under a computed name")


def test_a_presence_test_for_a_database_field_is_migrated(scanned):
    text = (
        "import os\nif 'RDS_HOST' in os.environ and 'LANG' in os.environ:\n"
        "    D = {'NAME': 'x', 'USER': 'x', 'HOST': os.environ['RDS_HOST'], 'PASSWORD': os.environ['RDS_PASSWORD']}"
    )
    found = [
        (str(f.site.shape), f.site.variable)
        for f in scanned({"shop/settings.py": text}).findings
        if f.site
    ]
    assert found == [("presence", "RDS_HOST"), ("read", "RDS_HOST"), ("read", "RDS_PASSWORD")]
    alone = "import os\nX = 'RDS_HOST' in os.environ"
    assert not [f for f in scanned({"shop/settings.py": alone}).findings if f.site]


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
        ("PASSWORD_HASHERS = ['a.B', 'c.D']", "PASSWORD_HASHERS", "HASHERS"),
        ("URLS = {'x': 'postgres://u:{password}@h/d'}", "URLS.x", "template"),
        ("GET_SECRET_KEY = 'shop.keys.get'", "GET_SECRET_KEY", "looks like a name"),
    ],
)
def test_lists_harmless_values_with_a_secret_like_name(scanned, text, name, reason):
    seen = scanned({"shop/settings.py": text})
    assert not [f for f in seen.findings if f.site]
    assert [(skip.name, skip.line) for skip in seen.harmless] == [(name, text.count("\n") + 1)]
    assert reason in seen.harmless[0].reason


def test_does_not_list_harmless_values_outside_the_settings(scanned):
    text = "import os\nK = os.environ['API_KEY']\nlabels = {'token': 'token'}\nTOKEN_ERROR = 'wrong token'\ntoken_error = 'wrong token'\n"
    assert [skip.name for skip in scanned({"shop/views.py": text}).harmless] == ["TOKEN_ERROR"]


@pytest.mark.parametrize(
    ("default", "default_ok_in_production"),
    [
        pytest.param("'{}'", True, id="an empty document"),
        pytest.param("'[]'", True, id="an empty list"),
        pytest.param('\'{"shop": "dev"}\'', False, id="a document for development"),
        pytest.param("''", False, id="nothing"),
        pytest.param("None", False, id="None"),
        pytest.param("'dev'", False, id="a value for development"),
    ],
)
def test_an_empty_document_is_a_production_default(scanned, default, default_ok_in_production):
    text = f"import json, os\nKEYS = json.loads(os.environ.get('API_KEYS', {default}))\n"
    [site] = [f.site for f in scanned({"shop/settings.py": text}).findings if f.site]
    assert site.default_ok_in_production is default_ok_in_production


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
    assert not [f for f in scan_files("shop", list(raws), raws.get).findings if f.site]
    found = scan_files("shop", list(raws), raws.get, {"LICENCE"}).findings
    assert [(f.env, f.message) for f in found] == [
        ("LICENCE", "LICENCE belongs to a secret in shield.toml")
    ]


HELPER = "import os\ndef get(name):\n    return os.environ.get(f'{ENV.upper()}_{name}')\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(HELPER + "API_KEY = get('API_KEY')", ["API_KEY"], id="f-string"),
        pytest.param(HELPER + "DATABASE = {'x': get('DB_PASSWORD')}", ["DATABASE.x"], id="by the end of the name"),
        pytest.param(HELPER.replace("f'{ENV.upper()}_{name}'", "ENV + name") + "API_KEY = get('API_KEY')", ["API_KEY"], id="added"),
        pytest.param(HELPER + "COLOUR = get('COLOUR')", [], id="no secret"),
    ],
)  # fmt: skip
def test_a_helper_with_a_computed_prefix_is_reported(scanned, text, expected):
    found = [f for f in scanned({"settings.py": text}).findings if f.site]
    assert [f.name for f in found] == expected
    assert all("computed" in f.site.reason for f in found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("FIELDS = {'secret': ['sslCertificateFile']}", False, id="names of fields"),
        pytest.param("API_KEYS = ['developmentkey']", True, id="a setting with several"),
        pytest.param("FIELDS = {'secret': ['k3y-of-a-test']}", True, id="a value"),
    ],
)
def test_a_list_under_a_secret_like_key_can_name_fields(scanned, text, found):
    assert any(f.rule == "CSEC34.literal" for f in scanned({"settings.py": text}).findings) == found


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "SECRET_KEY = 'dev-only' if DEBUG else os.environ['DJANGO_KEY']", id="on one line"
        ),
        pytest.param(
            "if DEBUG:\n    SECRET_KEY = 'dev-only'\nelse:\n    SECRET_KEY = os.environ['DJANGO_KEY']",
            id="branches",
        ),
    ],
)
def test_a_literal_beside_a_read_of_the_same_setting_is_for_development(sites, text):
    found = sites(f"import os\n{text}")
    assert found[0] == (
        "literal",
        "SECRET_KEY",
        "development value: SECRET_KEY is read from DJANGO_KEY elsewhere in this file",
    )
    assert found[1] == ("read", "DJANGO_KEY", "")


ASKS = """\
import os
def conf(key, default=None):
    found = {}
    if found is not None:
        return found
    return os.environ.get(key, default)
X = conf('API_KEY')
"""


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (
            "stored(key)",
            "conf() tries stored() first, which may have another value",
        ),
        ("os.environ.get(key + '_FILE')", ""),
        ("str(key)", ""),
    ],
)
def test_a_helper_that_tries_another_function_first_is_not_migrated(sites, asked, reason):
    assert sites(f"def stored(key):\n    return None\n{ASKS.format(asked)}")[-1] == (
        "read",
        "API_KEY",
        reason,
    )


@pytest.mark.parametrize(
    ("default", "default_ok_in_production", "made_up"),
    [
        pytest.param("token_hex(16)", False, True, id="random"),
        pytest.param("DEFAULT", False, True, id="a constant by its name"),
        pytest.param("OTHER", True, False, id="what another variable gave"),
        pytest.param("os.environ['OTHER_TOKEN']", True, False, id="another variable"),
        pytest.param("None", False, False, id="nothing"),
        pytest.param("[]", False, False, id="an empty list"),
        pytest.param("12345678", False, True, id="a number"),
        pytest.param("0", False, False, id="nought"),
        pytest.param("False", False, False, id="no"),
    ],
)
def test_classifies_computed_defaults(scanned, default, default_ok_in_production, made_up):
    text = f"import os\nDEFAULT = 'dev'\nOTHER = os.environ['OTHER_TOKEN']\nX = os.environ.get('API_TOKEN', {default})\n"
    site = next(f.site for f in scanned({"settings.py": text}).findings if f.env == "API_TOKEN")
    assert (site.default_ok_in_production, site.default_literal) == (
        default_ok_in_production,
        made_up,
    )


def test_the_runtime_is_importable_from_imported_modules(scanned):
    read = "import os\nclass Config:\n    SECRET_KEY = os.environ['SECRET_KEY']\n"
    files = {
        "app/__init__.py": "from config import Config\n",
        "app/settings.py": f"{read}    A_TOKEN = B_KEY = ''\n",
    }
    assert scanned(files).facts.runtime == "app/utils/secrets.py"
    assert scanned({**files, "config.py": read}).facts.runtime == "aws_secrets.py"


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("", "run as a script, so it cannot import the runtime"),
        ("import shop.models\n", ""),
        ("from . import models\n", ""),
        ("import sys\nsys.path.insert(0, '.')\n", ""),
    ],
)
def test_a_script_in_a_subfolder_must_be_able_to_import_the_app(scanned, head, reason):
    text = f"{head}import os\nKEY = os.environ['MAIL_TOKEN']\nif __name__ == '__main__':\n    print()\n"
    files = {
        "settings.py": "import os\nA = os.environ['A_TOKEN']\n",
        "shop/__init__.py": "",
        "shop/ask.py": text,
    }
    assert [
        f.site.reason for f in scanned(files).findings if f.site and f.path == "shop/ask.py"
    ] == [reason]


def test_a_field_without_a_value_is_a_read(scanned):
    text = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    A_TOKEN: str = ''\n    B_TOKEN: str = 'k3y-of-a-test'\n"
    found = [(f.rule, f.env) for f in scanned({"config.py": text}).findings if f.site]
    assert found == [("CSEC34.environ-read", "A_TOKEN"), ("CSEC34.literal", None)]


def test_a_description_of_a_secret_is_not_a_secret(sites):
    told = "'The key of the other service.\\nLeave blank to use none.'"
    assert sites(
        f"CONFIG = {{'MAIL_API_KEY': ('', {told}), 'A_TOKEN': ('k3y-of-a-test', {told})}}\n"
    ) == [("literal", "CONFIG_A_TOKEN", "")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "API_KEY = read().replace('a1b2c3d4', 'e5f6g7h8')", id="what a method of text is given"
        ),
        pytest.param("API_KEY = bytes(read(), 'latin-1')", id="an encoding"),
        pytest.param(
            "import environ\nenv = environ.Env(API_KEY=(str, 'k3y-of-a-test'))",
            id="a default of django-environ",
        ),
        pytest.param("SCHEMA = {'properties': {'API_KEY': 'k3y-of-a-test'}}", id="a JSON schema"),
        pytest.param("json_fields = {'smtp_password': 'mail_settings'}", id="where a field goes"),
        pytest.param("OLD_TOKEN = '14d'", id="a duration"),
        pytest.param(
            "GATED_KEYS = ['mail_server', 'mail_port', 'mail_login_and_more']", id="a list of names"
        ),
        pytest.param("RATE_LIMITS = {'reset_password_from_key': '1/m/ip'}", id="a limit"),
    ],
)
def test_ignores_values_beside_a_secret(sites, text):
    assert sites(text) == []


def test_settings_outside_the_app_name_its_folder(scanned):
    read = "import os\nA = os.environ['A_TOKEN']\n"
    inner = {
        "back/manage.py": "DJANGO_SETTINGS_MODULE = 'shop.settings'\n",
        "back/shop/settings.py": read,
    }
    reasons = {
        f.path: f.site.reason for f in scanned({**inner, "config.py": read}).findings if f.site
    }
    assert reasons["back/shop/settings.py"] == ""
    assert reasons["config.py"].startswith("outside the app in back, which has the most secrets")


def test_a_variable_written_under_a_computed_name_cannot_be_migrated(sites):
    fake = "for name, value in [('A_TOKEN', 'fake')]:\n    os.environ[name] = value\n"
    assert sites(f"import os\n{fake}X = os.environ['A_TOKEN']\nY = os.environ['B_TOKEN']\n")[
        -2:
    ] == [
        ("read", "A_TOKEN", "the code sets the variable under a computed name"),
        ("read", "B_TOKEN", ""),
    ]


def test_escapes_lone_surrogates_in_names(scanned):
    raw = b'import os\nA = os.environ["A\\ud800_PASSWORD"]\nX = {"\\ud800_password": "k3y-of-a-test-app"}\n'
    found = scanned({"settings.py": raw}).findings
    assert 3 in {finding.line for finding in found}
    assert msgspec.json.encode(found)
    assert all(chr(0xD800) not in finding.message for finding in found)


@pytest.mark.parametrize(
    ("init", "head", "reason"),
    [
        pytest.param(
            "from app.web import site\n",
            "",
            "importing the runtime here would run app/__init__.py",
            id="runs",
        ),
        pytest.param(
            "from app.web import site\n", "import app\n", "", id="which the file runs itself"
        ),
        pytest.param(
            "from app.web import site\n", "from app.web import site\n", "", id="or a module in it"
        ),
        pytest.param('"""The app."""\n__version__ = "1.0"\n', "", "", id="nothing to run"),
    ],
)
def test_a_file_outside_the_package_does_not_run_it_to_import_the_runtime(
    scanned, init, head, reason
):
    files = {
        "app/__init__.py": init,
        "app/settings.py": "import os\nA = os.environ['A_TOKEN']\n",
        "job.py": f"{head}import os\nKEY = os.environ['MAIL_TOKEN']\n",
    }
    reasons = {f.path: f.site.reason for f in scanned(files).findings if f.site}
    assert reasons["app/settings.py"] == ""
    assert reasons["job.py"].startswith(reason)
    assert bool(reasons["job.py"]) == bool(reason)


def test_modules_loaded_by_django_can_import_the_settings_package(scanned):
    read = "import os\nA = os.environ['A_TOKEN']\n"
    files = {
        "manage.py": "DJANGO_SETTINGS_MODULE = 'shop.settings'\n",
        "shop/__init__.py": "from .celery import app\n",
        "shop/settings.py": read,
        "carts/__init__.py": "",
        "carts/models.py": read,
        "carts/run.py": f"from carts import models\n{read}if __name__ == '__main__':\n    print(A)\n",
        "ask.py": read,
    }
    reasons = {f.path: bool(f.site.reason) for f in scanned(files).findings if f.site}
    assert reasons == {
        "shop/settings.py": False,
        "carts/models.py": False,
        "carts/run.py": True,
        "ask.py": True,
    }


def test_the_name_of_the_test_database_is_not_a_database_field(scanned):
    text = """\
import os
DATABASES = {
    'default': {
        'ENGINE': 'x',
        'NAME': os.environ['SHOP_NAME'],
        'PASSWORD': os.environ['SHOP_PASSWORD'],
        'TEST': {'NAME': os.environ['SHOP_TEST_NAME']},
    }
}
"""
    assert [f.env for f in scanned({"shop/settings.py": text}).findings if f.site] == [
        "SHOP_NAME",
        "SHOP_PASSWORD",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "from corp.settings import config\nPASSWORD = config('users.password')",
            id="a key of a file",
        ),
        pytest.param(
            "from corp import config\nPASSWORD = config.get('DB_PASSWORD')", id="a method"
        ),
        pytest.param("from corp import envelope\nX = envelope('API_KEY')", id="another function"),
        pytest.param(
            "def config(name):\n    return name\nX = config('API_KEY')", id="a function of the app"
        ),
    ],
)
def test_ignores_functions_of_unknown_libraries(sites, text):
    assert sites(text) == []


def test_functions_of_the_app_win_over_guesses(sites):
    base = {"shop/base.py": "import os\ndef env(name):\n    return os.environ['SHOP_' + name]\n"}
    assert sites("from shop.base import *\nfrom corp.base import *\nX = env('API_KEY')", base) == [
        ("read", "SHOP_API_KEY", "")
    ]


def test_cfenv_tries_the_services_first(sites):
    text = "from cfenv import AppEnv\nenv = AppEnv()\nX = env.get_credential('API_KEY', '')\nY = env.get_service(name='SECRET')"
    assert sites(text) == [
        ("read", "API_KEY", "cfenv tries VCAP_SERVICES first, which may have another value")
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
    ).findings
    assert [f.env.lower() for f in found if f.site] == ["bot_token"]


@pytest.mark.parametrize(
    "name", ["TG_API_HASH", "SLACK_WEBHOOK", "GITHUB_PAT", "DB_CONN", "MNEMONIC"]
)
def test_finds_secrets_outside_the_settings_by_name(scanned, name):
    found = scanned(
        {"shop/settings.py": "A = 1\n", "shop/bot.py": f"import os\nx = os.environ['{name}']\n"}
    ).findings
    assert [f.env for f in found if f.site] == [name]


@pytest.mark.parametrize(
    ("field", "found"),
    [
        pytest.param("a_token: str = ''", [("field", "A_TOKEN", "")], id="nothing"),
        pytest.param("a_token: str | None = None", [("field", "A_TOKEN", "")], id="None"),
        pytest.param("a_token: str = 'k3y-of-a-test'", [("literal", "A_TOKEN", "")], id="a secret"),
        pytest.param(
            "model_config = {'env_prefix': 'shop_'}\n    a_token: str = 'k3y-of-a-test'",
            [
                ("field", "SHOP_A_TOKEN", ""),
                (
                    "literal",
                    "A_TOKEN",
                    "development value: pydantic reads SHOP_A_TOKEN first",
                ),
            ],
            id="a secret under a prefix",
        ),
        pytest.param(
            "db_url: str = Field(default='postgres://user:k3y@db.example/x')",
            [
                ("field", "DB_URL", ""),
                (
                    "literal",
                    "DB_URL_DEFAULT",
                    "development value: pydantic reads DB_URL first",
                ),
            ],
            id="a secret in Field",
        ),
    ],
)
def test_a_settings_source_serves_fields_with_a_default(sites, field, found):
    head = "from pydantic import Field\nfrom pydantic_settings import BaseSettings\n"
    assert sites(f"{head}\nclass S(BaseSettings):\n    {field}\n") == found


def test_reads_the_prefix_of_a_settings_class_from_a_keyword(sites):
    text = "from pydantic_settings import BaseSettings\n\nclass S(BaseSettings, env_prefix='shop_'):\n    a_token: str\n"
    assert sites(text) == [("field", "SHOP_A_TOKEN", "")]


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ("dotenv_values('.env')", "dotenv_values() reads the file, not the environment"),
        ("{**os.environ}", "read from an earlier copy of the environment"),
        ("{**dotenv_values('.env'), **os.environ}", "read from an earlier copy of the environment"),
    ],
)
def test_reads_from_a_file_or_a_copy_cannot_be_migrated(sites, made, reason):
    text = f"import os\nfrom dotenv import dotenv_values\nVALUES = {made}\nA = VALUES['A_TOKEN']\nB = VALUES.get('B_TOKEN')\n"
    found = sites(text)
    assert [variable for _, variable, _ in found] == ["A_TOKEN", "B_TOKEN"]
    assert all(why.startswith(reason) for _, _, why in found)


def test_the_runtime_goes_into_the_package_that_reads_variables(scanned):
    files = {
        "cli/__init__.py": "",
        "cli/settings.py": "PASSWORD_HELP = TOKEN_HELP = KEY_HELP = DATABASE_HELP = ''\n",
        "shop/__init__.py": "",
        "shop/settings.py": "import os\nA = os.environ['A_TOKEN']\n",
    }
    assert scanned(files).facts.runtime == "shop/utils/secrets.py"


@pytest.mark.parametrize(
    "kind",
    ["Literal['redis', 'amqp']", "Optional[Literal['x']]", "bool", "int | None", "timedelta"],
)
def test_ignores_fields_that_cannot_hold_a_text(sites, kind):
    text = f"from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    celery_broker: {kind}\n    a_token: str\n"
    assert sites(text) == [("field", "A_TOKEN", "")]


def test_advises_to_keep_the_variable_of_a_field_that_is_not_migrated(scanned):
    method = "    @classmethod\n    def settings_customise_sources(cls): ...\n"
    files = {
        "shop/__init__.py": "",
        "shop/config.py": f"from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    a_token: str\n{method}",
        "shop/mail.py": "import os\nA = os.environ['A_TOKEN']\n",
    }
    reasons = {f.path: f.site.reason for f in scanned(files).findings if f.site}
    assert reasons["shop/mail.py"] == ""
    assert reasons["shop/config.py"].endswith(
        "add the secret to it; keep the variable A_TOKEN set for it"
    )
