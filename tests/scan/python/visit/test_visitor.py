from __future__ import annotations

import re

import pytest
from shield_helpers import reason_of

from shield_ai.model.skip import SkipId


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "import os\nenv = {**os.environ}\nX = env['API_KEY']",
            "an earlier copy of the environment",
        ),
        (
            "import os\ndef nested(e): ...\nenv = nested(os.environ)\nX = env.get('API_KEY')",
            "an earlier copy of the environment",
        ),
        (
            "import os\nfrom utils import nested\nenv = nested(os.environ)\nX = env['API_KEY']",
            "an earlier copy of the environment",
        ),
        (
            "import os\nfor n in names:\n    API_KEY = os.environ[n]",
            "the name of the variable is computed; keep all variables set that it can name",
        ),
        (
            "import os\nasync def f():\n    return os.environ.get('API_KEY', await g())",
            "awaits or yields",
        ),
        ("import os\ndef f():\n    return os.environ.get('API_KEY', (yield))", "awaits or yields"),
        ("import os\nX = os.environ.get('API_KEY', (d := 'x'))", "assigns with :="),
        ("import os\nX = os.environ.get('API_KEY', locals().get('d'))", r"calls locals\(\)"),
        ("import os\nos.environ['API_KEY'] = 'k3y-of-a-test'", "written into the environment"),
        ("import os\nos.environ['A'] = os.environ['API_KEY']", "written into the environment"),
        ("import os\nos.environ.setdefault('API_KEY', f())", "written into the environment"),
        ("import os\nX = os.environ.setdefault('API_KEY', f())", "written into the environment"),
        ("class S(BaseSettings):\n    api_key: SecretStr", "pydantic reads it"),
        ("class S(AppSettings):\n    api_key: str = Field(..., min_length=3)", "pydantic reads it"),
        ("import os\nx: os.environ['API_KEY'] = 1", "type annotation"),
        ("import os\ndef f(x) -> os.environ['API_KEY']: pass", "type annotation"),
    ],
)
def test_explains_reads_that_cannot_be_migrated(sites, text, reason):
    [(_, _, why)] = sites(text)
    assert re.search(reason, why)


@pytest.mark.parametrize("copy", ["os.environ.copy()", "dict(os.environ)"])
@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        pytest.param("X = env['API_KEY']", ["read"], id="subscript"),
        pytest.param("X = env.get('API_KEY', 'd')", ["read"], id="get"),
        pytest.param(
            "if 'API_KEY' in env:\n    X = env['API_KEY']", ["presence", "read"], id="test"
        ),
        pytest.param("X = env['API_KEY']\nload_dotenv()", ["read"], id="changed later"),
        pytest.param("import sentry_sdk\nX = env['API_KEY']", ["read"], id="another library"),
        pytest.param("env['A'] = 'x'\nX = env['API_KEY']", ["read"], id="another variable set"),
    ],
)
def test_an_unchanged_copy_is_the_environment(sites, text, shapes, copy):
    found = sites(f"import os\nenv = {copy}\n{text}\n")
    assert found == [(shape, "API_KEY", "") for shape in shapes]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("del env['API_KEY']\nX = env.get('API_KEY')", id="changed"),
        pytest.param("env[a] = 'x'\nX = env['API_KEY']", id="changed under a computed name"),
        pytest.param("set_defaults(env)\nX = env['API_KEY']", id="passed on"),
        pytest.param("env = read()\nX = env['API_KEY']", id="bound twice"),
        pytest.param("from base import *\nX = env['API_KEY']", id="an import in between"),
        pytest.param("import shop\nX = env['API_KEY']", id="a module of the app in between"),
        pytest.param("import envloader\nX = env['API_KEY']", id="a loader in between"),
        pytest.param("load_dotenv()\nX = env['API_KEY']", id="a file is loaded in between"),
        pytest.param("os.environ['A'] = 'x'\nX = env['API_KEY']", id="a variable is set in between"),
        pytest.param("os.environ.update(a)\nX = env['API_KEY']", id="variables are set in between"),
        pytest.param("X = [os.environ.update(a), env['API_KEY']]", id="variables are set in the same line"),
        pytest.param("def f():\n    return env['API_KEY']", id="read at run time"),
        pytest.param("X = env.pop('API_KEY')", id="removed"),
        pytest.param("X = env.get(\n    'API_KEY', env.get('A_DEFAULT')\n)", id="default of another variable, on several lines"),
        pytest.param("if 'API_KEY' in env:\n    def f():\n        return env['API_KEY']", id="tested, and read at run time"),
    ],
)  # fmt: skip
def test_other_copies_are_not_the_environment(sites, text):
    found = sites(f"import os\nenv = os.environ.copy()\n{text}\n")
    assert found
    assert all("an earlier copy" in reason for _, _, reason in found)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "import os\nshop_credentials = os.environ['GOOGLE_APPLICATION_CREDENTIALS_SHOP']",
            id="a path",
        ),
        pytest.param("import os\nX = os.environ.get('RESULT_BACKEND', 14)", id="a number"),
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
            "import os\nX = parse_boolean(os.environ.get('API_KEY', 'true'))",
            id="turned into a truth value by a function of the app",
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
        pytest.param("import os\nN = os.environ.get('TOKEN_BUDGET', '4000')", id="a number"),
        pytest.param(
            "import os\nK = os.environ.get('STRIPE_KEY', 'pk_test_TyB5jcROwK8mlCNrn3dCwW7l')",
            id="a public key",
        ),
        pytest.param(
            "import os\nK = os.environ.get('EXPORT_KEY', 'snapshots/all.parquet')",
            id="a file in a bucket",
        ),
        pytest.param(
            "import os\nK = os.environ.get('JWT_PRIVATE_KEY', '/run/secrets/jwt')", id="a path"
        ),
        pytest.param("import os\nK = os.environ.get('MQTT_CLIENT_KEY', 'client.pem')", id="a file"),
        pytest.param(
            "import os\nK = os.environ.get('REPLICA_DB_KEY', 'replica')",
            id="the name of a database",
        ),
        pytest.param("import os\nK = open(os.environ['SAML_PRIVATE_KEY']).read()", id="opened"),
        pytest.param(
            "import os\nssl.wrap(keyfile=os.environ['KAFKA_CLIENT_KEY'])", id="a keyword for a path"
        ),
        pytest.param("import os\nX = DATABASES[os.environ['SHARD_KEY']]", id="an entry"),
        pytest.param(
            "import os\nCACHES = {'default': {"
            "'BACKEND': 'django.core.cache.backends.filebased.FileBasedCache',"
            "'LOCATION': os.environ['CACHE_LOCATION']}}",
            id="the folder of a cache",
        ),
        pytest.param(
            "import os\nC = {'BACKEND': 'django.core.cache.backends.memcached.PyMemcacheCache',"
            "'LOCATION': os.environ['CACHE_LOCATION']}",
            id="the server of memcached",
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


def test_the_location_of_a_server_for_a_cache_is_a_url(sites):
    text = "import os\nC = {'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': os.environ['CACHE_LOCATION']}"
    assert sites(text) == [("read", "CACHE_LOCATION", "")]


def test_a_url_with_a_computed_host_is_not_a_literal(sites):
    assert sites("U = f'redis://:pw1@{HOST}/0'") == [("computed", "U", "")]


def test_a_constant_after_a_read_is_its_default(sites):
    text = "import os\nD = {'USER': 'x', 'NAME': 'x', 'PASSWORD': os.getenv('SHOP_DB_PASS') or 'k3y-of-a-test'}"
    assert sites(text) == [("read", "SHOP_DB_PASS", "")]


@pytest.mark.parametrize("text", ["'API_KEY' in os.environ", "'API_KEY' not in os.environ.keys()"])
def test_finds_a_presence_test_beside_a_read(sites, text):
    found = sites(f"import os\nif {text}:\n    X = os.environ['API_KEY']")
    assert found == [("presence", "API_KEY", ""), ("read", "API_KEY", "")]


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


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('DATABASES = {"default": {"NAME": "shop", "PASSWORD": get_secret("pw"), **OPTIONS}}', id="dict"),
        pytest.param('DATABASES["default"] |= OPTIONS', id="merged"),
        pytest.param('DATABASES["default"].update(OPTIONS)', id="updated"),
        pytest.param('DATABASES["default"]["SECRET"] = "database-credentials"', id="key"),
    ],
)  # fmt: skip
def test_the_secret_name_of_a_database_backend_is_not_a_secret(scanned, text):
    options = '{"ENGINE": "shield_runtime.django.postgresql", "SECRET": "database-credentials", "SECRET_FIELDS": {"PASSWORD": "password"}}'
    text = text.replace("**OPTIONS", options[1:-1]).replace("OPTIONS", options)
    head = "from shield_runtime import get_secret\nDATABASES = {'default': url.config()}\n"
    result = scanned({"settings.py": head + text})
    assert [finding.name for finding in result.findings] == []
    assert "database-credentials" in [n for call in result.secret_calls for n in call.names]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("class C:\n    default = ''\n    X = os.environ.get('API_KEY', default)\n    def f(self): pass\n", ("default",), id="class body"),
        pytest.param("for place, default in PLACES:\n    X = os.environ.get('API_KEY', default)\n", ("default",), id="loop"),
        pytest.param("for place in PLACES:\n    value = place + '!'\n    X = os.environ.get('API_KEY', value)\n    other = 1\n", ("value",), id="assigned in a loop"),
        pytest.param("for place in PLACES:\n    X = os.environ.get('API_KEY', value)\n    value = place\n", (), id="assigned after the read"),
        pytest.param("for place in PLACES:\n    if place:\n        value = place\n    elif a:\n        value, b = '', ''\n    else:\n        raise KeyError\n    X = os.environ.get('API_KEY', value)\n", ("value",), id="assigned on each path through a condition in a loop"),
        pytest.param("for place in PLACES:\n    if place:\n        value = place\n    X = os.environ.get('API_KEY', value)\n", (), id="assigned on one path through a condition in a loop"),
        pytest.param("for place in PLACES:\n    with a:\n        value = place\n    X = os.environ.get('API_KEY', value)\n", ("value",), id="assigned in a context in a loop"),
        pytest.param("X = [os.environ.get('API_KEY', default) for default in PLACES]\n", ("default",), id="comprehension"),
        pytest.param("for default in PLACES:\n    def f():\n        return os.environ.get('API_KEY', default)\n", (), id="function in a loop"),
        pytest.param("for default in os.environ.get('API_KEY', default): pass\n", (), id="before the loop"),
    ],
)  # fmt: skip
def test_collects_the_names_that_a_lambda_must_bind(scanned, text, names):
    findings = scanned({"settings.py": f"import os\n{text}"}).sites
    assert [site.binds for _, site in findings] == [names]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("FIELDS = {'secret': ['sslCertificateFile']}", False, id="names of fields"),
        pytest.param("API_KEYS = ['developmentkey']", True, id="a setting with several"),
        pytest.param("FIELDS = {'secret': ['k3y-of-a-test']}", True, id="a value"),
        pytest.param(
            "SECRETS = {'feed_creds': ['me2@shop.example', 'b']}", False, id="an email address"
        ),
    ],
)
def test_a_list_under_a_secret_like_key_can_name_fields(scanned, text, found):
    assert any(f.rule == "CSEC34.literal" for f in scanned({"settings.py": text}).findings) == found


@pytest.mark.parametrize(
    ("name", "is_for_tests"),
    [
        ("TestingConfig", True),
        ("Test", True),
        ("TestSettings", True),
        ("UnitTestConfig", True),
        ("TestAppSettings", True),
        ("AutomatedTests", True),
        ("CI", True),
        ("ProductionConfig", False),
        ("LatestConfig", False),
        ("ABTestSettings", False),
        ("TestimonialConfig", False),
    ],
)
def test_the_values_of_a_settings_class_for_tests_stay(scanned, name, is_for_tests):
    reads = "X = os.environ['{0}_API_KEY']\n    Y = os.environ['TESTING_{0}_API_KEY']"
    text = f"import os\nclass {name}(Base):\n    SECRET_KEY = 'k3y-of-an-app'\n    {reads.format('A')}\n"
    found = scanned({"config.py": text}).sites
    reasons = {finding.name: site.reason for finding, site in found}
    for_tests = SkipId.TEST_CLASS.reason(name=name)
    assert reasons["X"] is None
    assert {reasons["SECRET_KEY"], reasons["Y"]} == {for_tests if is_for_tests else None}


def test_the_fields_of_a_pydantic_class_for_tests_stay(scanned):
    text = (
        "from pydantic_settings import BaseSettings\n"
        "class TestAppSettings(BaseSettings):\n    mail_password: str\n"
        "class AppSettings(BaseSettings):\n    api_password: str\n"
    )
    reasons = {f.name: site.reason for f, site in scanned({"config.py": text}).sites}
    assert reasons == {
        "mail_password": SkipId.TEST_CLASS.reason(name="TestAppSettings"),
        "api_password": None,
    }


@pytest.mark.parametrize(
    ("name", "other", "moves"),
    [
        pytest.param("Development", "class Live(Config): pass", False, id="beside production"),
        pytest.param("LocalDevConfig", "class Prod(Config): pass", False, id="local"),
        pytest.param("DevelopmentConfig", "class Testing(Config): pass", True, id="beside tests"),
        pytest.param("DevelopmentConfig", "class Tool: pass", True, id="beside another class"),
        pytest.param("DeviceConfig", "class Live(Config): pass", True, id="another word"),
        pytest.param("Docker", "    DEBUG = True\nclass Live(Config): pass", False, id="debug"),
        pytest.param("Docker", "    DEBUG = False\nclass Live(Config): pass", True, id="no debug"),
        pytest.param(
            "Base",
            "    DEBUG = True\nclass Live(Base): pass\nclass A(Config): pass",
            True,
            id="base",
        ),
    ],
)
def test_literals_of_a_settings_class_for_development_stay(scanned, name, other, moves):
    text = f"class Config: pass\nclass {name}(Config):\n    SECRET_KEY = 'k3y-of-an-app'\n{other}\n"
    [(_, site)] = scanned({"config.py": text}).sites
    assert site.reason == (None if moves else SkipId.TEST_VALUE.reason())


@pytest.mark.parametrize(
    ("default", "moves"),
    [pytest.param("", True, id="none"), pytest.param(", 'development'", False, id="constant")],
)
def test_reads_with_a_default_in_a_class_for_development_stay(scanned, default, moves):
    """The class also exists in production, which has no use for the secret."""
    text = (
        "import os\nclass Config: A_TOKEN = os.getenv('A_TOKEN')\n"
        f"class Development(Config): A_TOKEN = os.getenv('A_TOKEN'{default})\n"
        "class Production(Config): pass\n"
    )
    reasons = [site.reason for _, site in scanned({"config.py": text}).sites]
    kept = SkipId.DEVELOPMENT_CLASS.reason(name="Development")
    assert reasons == [None, None if moves else kept]


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


@pytest.mark.parametrize(
    ("call", "is_secret"),
    [
        ("envsecret('TWILIO_SID')", True),
        ("read_secret('SIGNED_URLS')", True),
        ("envsecret('DB_HOST')", False),
        ("envsecret('TOKEN_URL')", False),
        ("envsecret('DEBUG_MODE', False)", False),
        ("other('TWILIO_SID')", False),
        ("get_secret_or_env('TWILIO_SID')", False),
        ("get_secret_or_env('TWILIO_TOKEN')", True),
    ],
)
def test_a_helper_named_for_secrets_reads_secrets(sites, call, is_secret):
    name = call.partition("(")[0]
    helper = f"import os\ndef {name}(n, d=''):\n    return os.environ.get(n, d)\nX = {call}\n"
    assert ([site[0] for site in sites(helper)] == ["read"]) is is_secret


@pytest.mark.parametrize(
    "write",
    [
        "if X:\n    os.environ['A_TOKEN'] = f()\n",
        "os.environ.setdefault('A_TOKEN', f())\n",
        "del os.environ['A_TOKEN']\n",
        "def f():\n    os.environ.pop('A_TOKEN')\n",
    ],
)
def test_a_file_that_sets_a_variable_is_not_migrated_for_it(sites, write):
    reads = "Y = os.environ['A_TOKEN']\nZ = 'A_TOKEN' in os.environ\nB = os.environ['B_TOKEN']\n"
    reason = "the file also sets or deletes the variable"
    assert sites(f"import os\n{write}{reads}")[-3:] == [
        ("read", "A_TOKEN", reason),
        ("presence", "A_TOKEN", reason),
        ("read", "B_TOKEN", ""),
    ]


@pytest.mark.parametrize(
    "fake",
    [
        "for name, value in [('A_TOKEN', 'fake')]:\n    os.environ[name] = value\n",
        "for name, value in {'A_TOKEN': 'fake'}.items():\n    os.environ[name] = value\n",
        "for name in f(['A_TOKEN']):\n    del os.environ[name]\n",
    ],
)
def test_a_variable_written_under_a_computed_name_cannot_be_migrated(sites, fake):
    assert sites(f"import os\n{fake}X = os.environ['A_TOKEN']\nY = os.environ['B_TOKEN']\n")[
        -2:
    ] == [
        ("read", "A_TOKEN", "set or deleted under a computed name"),
        ("read", "B_TOKEN", ""),
    ]


@pytest.mark.parametrize(
    "write",
    [
        "for key, value in {'LANG': 'C'}.items():\n    os.environ[key] = value\n",
        "for key in sorted(('LANG', 'TZ')):\n    os.environ.pop(key, None)\n",
        "for line in open('.env'):\n    key, _, value = line.partition('=')\n    os.environ[key] = value\n",
        "values = load('.env')\nfor key in values:\n    if key not in os.environ:\n        os.environ[key] = values[key]\n",
        "with open('.env') as file:\n    for key in file.read().split():\n        os.environ[key] = ''\n",
    ],
)
def test_a_computed_name_from_elsewhere_does_not_block_other_variables(sites, write):
    text = f"import os\nREQUIRED = ['A_TOKEN', 'B_TOKEN']\n{write}X = os.environ['A_TOKEN']\n"
    assert sites(text)[-1] == ("read", "A_TOKEN", "")


@pytest.mark.parametrize(
    "write",
    [
        "FAKES = {'A_TOKEN': 'x'}\nfor key, value in f(FAKES):\n    os.environ[key] = value\n",
        "def fakes():\n    return {'A_TOKEN': 'x'}\nfor key, value in fakes().items():\n    os.environ[key] = value\n",
        "FAKES = {}\nFAKES['A_TOKEN'] = 'x'\nNAMES = ['A_TOKEN']\nfor key in f(FAKES):\n    os.environ[key] = FAKES[key]\n",
        "def fake(key, value):\n    os.environ[key] = value\nfor name in ['A_TOKEN']:\n    fake(name, 'x')\n",
        "with fake(['A_TOKEN']) as names:\n    for key in names:\n        del os.environ[key]\n",
        (
            "def handle(**options):\n    for key, value in options.items():\n"
            "        if key in ['A_TOKEN']:\n            os.environ.setdefault(key, value)\n"
        ),
    ],
)
def test_a_computed_name_blocks_the_variables_in_its_texts(sites, write):
    [*_, (_, variable, reason)] = sites(f"import os\n{write}X = os.environ['A_TOKEN']\n")
    assert (variable, reason) == ("A_TOKEN", "set or deleted under a computed name")


def test_a_test_before_a_deletion_under_a_computed_name_stays(sites):
    text = "import os\nfor name in ('A_TOKEN', 'B_TOKEN'):\n    if name in os.environ:\n        del os.environ[name]\n"
    reason = "set or deleted under a computed name"
    assert [site[2] for site in sites(text)] == [reason]


@pytest.mark.parametrize("position", ["before", "after"])
def test_reads_stay_in_a_file_that_replaces_os_environ(sites, position):
    lines = ["A = os.environ['A_TOKEN']", "os.environ = {key: value for key, value in X.items()}"]
    text = "\n".join(["import os", *(lines if position == "after" else lines[::-1]), ""])
    [(_, variable, reason)] = [site for site in sites(text) if site[1]]
    assert (variable, reason) == ("A_TOKEN", SkipId.REPLACES_ENVIRON.text)


CONSTANTS = {
    "shop/names.py": 'KEY_PASSWORD = "MAIL_PASSWORD"\n',
    "shop/constants.py": "from .names import KEY_PASSWORD\n",
}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("from shop.constants import KEY_PASSWORD as K\nA = os.environ.get(K)\n", id="name"),
        pytest.param("from shop import names\nA = os.environ.get(names.KEY_PASSWORD)\n", id="attribute"),
        pytest.param("from shop.names import KEY_PASSWORD as K\nsetattr(S, K, os.environ.get(K))\n", id="setattr"),
    ],
)  # fmt: skip
def test_follows_an_imported_constant_to_the_name_of_a_variable(sites, text):
    assert sites(f"import os\n{text}", CONSTANTS) == [("read", "MAIL_PASSWORD", "")]


def test_setattr_is_an_assignment(sites):
    text = "import os\nsetattr(S, 'API_TOKEN', 'k3y-of-a-test')\nsetattr(S, 'API_TOKEN', os.environ['OTHER'])\n"
    assert [site[:2] for site in sites(text)] == [("literal", "API_TOKEN"), ("read", "OTHER")]


COMPUTED = "the name of the variable is computed; keep all variables set that it can name"


@pytest.mark.parametrize(
    "statement",
    [
        "api_token = os.getenv(name.upper())",
        "return token == os.environ[name]",
        "return os.environ.get(name) != self.api_key",
    ],
)
def test_lists_a_read_with_a_computed_name_that_is_used_as_a_secret(scanned, statement):
    files = {
        "shop/__init__.py": "",
        "shop/auth.py": f"import os\ndef check(self, token, name):\n    {statement}\n",
    }
    scan = scanned(files)
    [(found, site)] = scan.sites
    assert scan.findings == (found,)
    assert (found.env, reason_of(site)) == (None, COMPUTED)


@pytest.mark.parametrize(
    ("statement", "is_listed"),
    [
        pytest.param("return os.environ[f'{name}_TOKEN']", True, id="f-string"),
        pytest.param("return os.getenv(name + '_API_KEY')", True, id="sum"),
        pytest.param("return os.environ.get('%s_PASSWORD' % name)", True, id="percent"),
        pytest.param("return os.environ.get('{}_SECRET'.format(name))", True, id="format"),
        pytest.param("return os.getenv(name['auth-token'])", True, id="key"),
        pytest.param("return os.environ.get(self.password_var)", True, id="attribute"),
        pytest.param("x = f'{name}_TOKEN'\n    return os.environ[x]", True, id="local name"),
        pytest.param("return env(f'{name}_TOKEN')", True, id="django-environ"),
        pytest.param("return os.environ[token_name]", False, id="parameter of a helper"),
        pytest.param("return os.environ['TOKEN_' + name]", False, id="prefix of a helper"),
        pytest.param("return os.environ[f'{name}_TOKEN_URL']", False, id="URL"),
        pytest.param("return os.environ[f'{name}_HOST']", False, id="another name"),
        pytest.param("return os.environ[name.key]", False, id="key alone"),
    ],
)
def test_lists_a_read_with_a_secret_like_word_in_its_computed_name(scanned, statement, is_listed):
    text = "import os, environ\nenv = environ.Env()\n# tokens\n"
    text += f"def check(self, name, token_name):\n    {statement}\n"
    scan = scanned({"shop/__init__.py": "", "shop/auth.py": text})
    assert [skip.reason for skip in scan.unresolved] == [COMPUTED] * is_listed
    assert scan.skipped == scan.unresolved


LOOP = "for name in {}:\n        print(os.environ[name])"


@pytest.mark.parametrize(
    ("statements", "is_moved"),
    [
        pytest.param(LOOP.format("NAMES"), False, id="loop"),
        pytest.param(LOOP.format("sorted(NAMES)"), False, id="call"),
        pytest.param("for name, x in zip(NAMES, y):\n        print(os.environ[name])", False, id="unpacked element"),
        pytest.param("name, x = NAMES\n    print(os.environ[name])", False, id="unpacked"),
        pytest.param("return [os.environ[name] for name in NAMES]", False, id="comprehension"),
        pytest.param(LOOP.format("names"), True, id="loop over a parameter"),
        pytest.param("for part in names:\n        for name in part:\n            print(os.environ[name])", True, id="two loops over a parameter"),
        pytest.param("print(os.environ[names])", True, id="parameter"),
    ],
)  # fmt: skip
def test_a_read_under_a_computed_name_in_a_function_keeps_the_variable(
    scanned, statements, is_moved
):
    """A loop over a list of the module decides about the name, and not the calls."""
    text = "import os\nNAMES = ['STRIPE_API_KEY'] + extra()\nKEY = os.environ['STRIPE_API_KEY']\n"
    text += f"def check(names):\n    {statements}\n"
    scan = scanned({"shop/__init__.py": "", "shop/settings.py": text})
    reasons = [site.reason for _, site in scan.sites if site.variable == "STRIPE_API_KEY"]
    assert (reasons[0] is None) == is_moved


def test_lists_each_unresolved_read_of_the_settings(scanned):
    text = "import os\nfrom lib import NAME\nA = os.environ.get(NAME)\ndef get(name):\n    return os.environ[name]\n"
    text += "API_KEY = os.environ['API_KEY']\n"
    scan = scanned({"shop/__init__.py": "", "shop/settings.py": text})
    [skip] = scan.unresolved
    assert (skip.line, skip.reason.startswith(COMPUTED)) == (3, True)
    assert skip in scan.skipped


@pytest.mark.parametrize(
    ("default", "is_reported"),
    [
        pytest.param("'redis://localhost:6379/1'", True, id="Redis"),
        pytest.param("'postgresql+asyncpg://shop@db/shop'", True, id="a driver"),
        pytest.param("'postgis://shop@db/shop'", True, id="PostGIS"),
        pytest.param("'https://shop.example/'", False, id="a web site"),
        pytest.param("'localhost'", False, id="a host"),
        pytest.param("'postgresql+asyncpg://'", False, id="the scheme alone"),
    ],
)
def test_a_default_url_shows_that_a_variable_has_credentials(scanned, default, is_reported):
    text = f"import os\nSHOP_SERVER = os.getenv('SHOP_SERVER', {default})\n"
    found = scanned({"shop/__init__.py": "", "shop/settings.py": text}).findings
    severities = [f.severity for f in found if f.env == "SHOP_SERVER"]
    assert severities == (["medium"] if is_reported else [])


@pytest.mark.parametrize(("key", "is_reported"), [("env", True), ("name", False)])
def test_a_default_url_beside_a_read_in_a_dict(scanned, key, is_reported):
    entry = f"{{'default': 'redis://localhost/1', '{key}': os.getenv('SHOP_SERVER')}}"
    text = (
        f"import os\nCONFIG = {{'store': {entry}, 'debug': {{'env': os.getenv('SHOP_DEBUG')}}}}\n"
    )
    found = scanned({"shop/__init__.py": "", "shop/settings.py": text}).findings
    assert [f.env for f in found if f.env] == (["SHOP_SERVER"] if is_reported else [])


@pytest.mark.parametrize(
    ("code", "is_reported"),
    [
        pytest.param("import psycopg2\npsycopg2.connect({})", True, id="psycopg2"),
        pytest.param(
            "from sqlalchemy import create_engine as e\nE = e({}, echo=True)", True, id="alias"
        ),
        pytest.param("import redis\nR = redis.Redis.from_url({})", True, id="redis"),
        pytest.param("import psycopg2\npsycopg2.connect(host={})", False, id="keyword"),
        pytest.param("import shop\nshop.connect({})", False, id="another function"),
    ],
)
def test_the_url_of_a_connection_is_a_secret(scanned, code, is_reported):
    text = "import os\n" + code.format("os.getenv('UNPAYWALL_DB')") + "\n"
    found = scanned({"shop/__init__.py": "", "shop/data.py": text}).findings
    severities = [f.severity for f in found if f.env == "UNPAYWALL_DB"]
    assert severities == (["medium"] if is_reported else [])


OTHER = "    P = os.environ['DB_PASSWORD']\n"


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        pytest.param(f"if url:\n    pass\nelse:\n{OTHER}", True, id="another secret"),
        pytest.param("if url:\n    pass\nelse:\n    P = ''\n", False, id="a value"),
        pytest.param(f"if url:\n{OTHER}", False, id="no alternative"),
        pytest.param(f"if DEBUG:\n    pass\nelse:\n{OTHER}", False, id="another condition"),
        pytest.param(
            "if url:\n    pass\nelse:\n    P = os.environ['DATABASE_URL']\n",
            False,
            id="the same variable",
        ),
    ],
)
def test_a_url_is_optional_if_other_secrets_replace_it(scanned, text, optional):
    head = "import os, dj_database_url\nurl = dj_database_url.config()\n"
    findings = scanned({"settings.py": head + text}).sites
    assert next(site for _, site in findings).optional == optional


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("os.environ['API_KEY'] = f()", id="assigned"),
        pytest.param("os.environ['API_KEY'] += 'x'", id="extended"),
        pytest.param("KEY = os.environ['API_KEY'] = f()", id="second target"),
        pytest.param("os.environ['API_KEY'], other = f(), 2", id="target in a tuple"),
        pytest.param("del os.environ['API_KEY']", id="deleted"),
    ],
)
def test_a_variable_that_the_file_sets_is_skipped(scanned, statement):
    text = f"import os\n{statement}\nX = os.environ['API_KEY']\n"
    [(_, site)] = scanned({"settings.py": text}).sites
    assert site.reason.id is SkipId.SET_IN_FILE
