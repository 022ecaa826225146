from __future__ import annotations

import re

import msgspec
import pytest

from shield_ai.flow.draft.manifest_draft import draft_manifest_from_sites
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation, Secret
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.model.manifest_writer import render_manifest
from shield_ai.model.rotation_policy import rotation_settings
from shield_ai.scan.python.app_scan import scan_files


def drafted(text, manifest=None, **files):
    raws = {"manage.py": b"", "shop/settings.py": text.encode(), **files}
    scan = scan_files("shop", list(raws), raws.get)
    return draft_manifest_from_sites(scan.sites, manifest, scan.facts)


DJANGO = "import os\nINSTALLED_APPS = []\n"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param(
            DJANGO + "SECRET_KEY = os.environ['KEY_OF_SHOP_TOKEN']",
            Secret(
                name="django-secret-key",
                kind=Kind.DJANGO_SECRET_KEY,
                env="KEY_OF_SHOP_TOKEN",
                rotate="manual",
            ),
            id="Django key by its setting",
        ),
        pytest.param(
            DJANGO + "SECRET_KEY = os.environ.get('SECRET_KEY', '')",
            Secret(
                name="django-secret-key",
                kind=Kind.DJANGO_SECRET_KEY,
                env="SECRET_KEY",
                rotate="manual",
            ),
            id="Django key with an empty default",
        ),
        pytest.param(
            "import os\nSECRET_KEY = os.environ['SECRET_KEY']",
            Secret(name="app-secret-key", kind=Kind.API_KEY, env="SECRET_KEY", rotate=None),
            id="not Django",
        ),
        pytest.param(
            "import os\nX = os.environ.get('SENTRY_DSN')",
            Secret(name="sentry-dsn", kind=Kind.URL, env="SENTRY_DSN", optional=True),
            id="optional",
        ),
        pytest.param(
            "import os\nX = os.environ.get('API_PASSWORD', 'dev')",
            Secret(name="api-password", kind=Kind.PASSWORD, env="API_PASSWORD"),
            id="development default",
        ),
    ],
)
def test_drafts_one_secret(text, secret):
    [found] = drafted(text).secret
    assert msgspec.structs.replace(found, rotate=secret.rotate) == secret


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        pytest.param("if os.environ.get('MAIL_TOKEN'):\n    f(os.environ['MAIL_TOKEN'])", True, id="truth"),
        pytest.param("if 'MAIL_TOKEN' in os.environ:\n    f(os.environ['MAIL_TOKEN'])", True, id="presence"),
        pytest.param("if f() and os.getenv('MAIL_TOKEN'):\n    f(os.environ['MAIL_TOKEN'])", True, id="and"),
        pytest.param("X = os.environ['MAIL_TOKEN'] if 'MAIL_TOKEN' in os.environ else ''", True, id="expression"),
        pytest.param("X = {os.environ['MAIL_TOKEN']: 1} if os.getenv('MAIL_TOKEN') else {}", True, id="expression, empty dict"),
        pytest.param("X = {os.environ['MAIL_TOKEN']: 1} if os.getenv('MAIL_TOKEN') else {'x': 1}", False, id="expression, other dict"),
        pytest.param("import environ\nenv = environ.Env(MAIL_TOKEN=(str, ''))\nX = env('MAIL_TOKEN')", True, id="scheme"),
        pytest.param("import environ\nenv = environ.Env(MAIL_TOKEN=(str, None))\nX = env.str('MAIL_TOKEN')", True, id="scheme of a method"),
        pytest.param("import environ\nenv = environ.Env(MAIL_TOKEN=(str, 'x'))\nX = env('MAIL_TOKEN')", False, id="scheme with a value"),
        pytest.param("import environ\nenv = environ.Env(CACHE_URL=(str, 'locmemcache://'))\nX = env.cache_url('CACHE_URL')", True, id="scheme with a local cache"),
        pytest.param("import environ\nS = {'MAIL_TOKEN': (str, '')}\nenv = environ.Env(**S)\nX = env('MAIL_TOKEN')", True, id="scheme in a dict"),
        pytest.param("import environ\nenv = environ.Env(**{'MAIL_TOKEN': (str, None)})\nX = env('MAIL_TOKEN')", True, id="scheme in place"),
        pytest.param("import environ\nA = {'MAIL_TOKEN': (str, '')}\nB = {**A}\nenv = environ.Env(**B)\nX = env('MAIL_TOKEN')", True, id="scheme of two dicts"),
        pytest.param("import environ\nS = {'MAIL_TOKEN': str}\nenv = environ.Env(**S)\nX = env('MAIL_TOKEN')", False, id="dict without a default"),
        pytest.param("import environ\nS = {'MAIL_TOKEN': (str, '')}\nS = load()\nenv = environ.Env(**S)\nX = env('MAIL_TOKEN')", False, id="two values of a dict"),
        pytest.param("import environ\nenv = environ.Env(MAIL_TOKEN=str)\nX = env('MAIL_TOKEN')", False, id="scheme without a default"),
        pytest.param("if f() or os.getenv('MAIL_TOKEN'):\n    f(os.environ['MAIL_TOKEN'])", False, id="or"),
        pytest.param("if 'MAIL_TOKEN' not in os.environ:\n    f(os.environ['MAIL_TOKEN'])", False, id="absence"),
        pytest.param("if os.getenv('MAIL_TOKEN'):\n    f()\nX = os.environ['MAIL_TOKEN']", False, id="after it"),
        pytest.param("if os.getenv('A_TOKEN'):\n    f(os.environ['MAIL_TOKEN'])", False, id="another variable"),
        pytest.param("X = os.environ['MAIL_TOKEN'] if 'MAIL_TOKEN' in os.environ else 'x'", False, id="alternative"),
        pytest.param("X = os.environ.get('NEW_TOKEN') or os.environ['OLD_TOKEN']", True, id="after another variable"),
        pytest.param("X = os.environ.get('NEW_TOKEN') or os.environ['NEW_TOKEN']", False, id="after the same variable"),
        pytest.param("X = os.environ.get('NEW_TOKEN', os.environ.get('OLD_TOKEN', 'x'))", True, id="default of another variable"),
        pytest.param("X = os.environ.get('A_TOKEN', os.environ.get('B_TOKEN', os.environ.get('C_TOKEN', 'x')))", True, id="second default"),
        pytest.param("X = os.environ.get('NEW_TOKEN', os.environ['OLD_TOKEN'])", False, id="default that is evaluated in each case"),
        pytest.param("X = os.environ.get('NEW_TOKEN', os.environ.get('NEW_TOKEN', 'x'))", False, id="default of the same variable"),
        pytest.param("X = os.environ.get('NEW_URL', os.environ.get('DATABASE_URL', 'postgres://x'))", False, id="default database"),
        pytest.param("if 'DATABASE_URL' in os.environ:\n    X = f(os.environ['DATABASE_URL'])", False, id="database"),
        pytest.param("if 'UK_DATABASE_URL' in os.environ:\n    DATABASES['uk'] = f(os.environ['UK_DATABASE_URL'])", True, id="another database"),
        pytest.param("if 'UK_DATABASE_URL' in os.environ:\n    DATABASES['default'] = f(os.environ['UK_DATABASE_URL'])", False, id="main database"),
        pytest.param("SECRET_KEY = 'x'\nif 'SECRET_KEY' in os.environ:\n    SECRET_KEY = os.environ['SECRET_KEY']", False, id="own key"),
    ],
)  # fmt: skip
def test_a_secret_that_may_be_unset_is_optional(text, optional):
    secret = drafted(f"import os\n{text}\n").secret[-1]
    assert bool(secret.optional) is optional


HELPERS = """import os, sys
from decouple import config
def assigned(name, fallback=None):
    value = os.environ.get(name)
    if value is None:
        return fallback
    elif value == "__EMPTY__":
        return ""
    return value
def handled(name, cast=str, default=""):
    try:
        return cast(os.environ[name])
    except Exception:
        return config(name, default=default)
def filled(name, fallback="x"):
    value = os.environ.get(name)
    return fallback if value is None else value
def exits(name):
    value = os.environ.get(name)
    if value is None:
        sys.exit(1)
    return value
def unhandled(name, default=""):
    value = os.environ[name]
    return config(name, default=default) if value else value
def replaced(name):
    if name in os.environ:
        return os.environ.get(name)
    return "production-default"
def looked_up(name):
    if name in os.environ:
        return os.environ.get(name)
    return DEFAULTS.get(name)
def early(name):
    if name not in os.environ:
        return "production-default"
    return os.environ.get(name)
def empty(name):
    if name in os.environ:
        return os.environ.get(name)
    return ""
def nested(name):
    try:
        try:
            return os.environ[name]
        except KeyError:
            return config(name, default="")
    except Exception:
        return ""
def from_file(name):
    path = os.environ.get(name + "_FILE")
    if path:
        return open(path).read()
    return os.environ.get(name)
"""


@pytest.mark.parametrize(
    ("call", "optional"),
    [
        pytest.param("assigned('MAIL_TOKEN')", True, id="name with the result"),
        pytest.param("assigned('MAIL_TOKEN', 'x')", False, id="another default"),
        pytest.param("handled('MAIL_TOKEN')", True, id="exception handler"),
        pytest.param("handled('MAIL_TOKEN', default='x')", False, id="another default by keyword"),
        pytest.param("filled('MAIL_TOKEN')", False, id="default with a value"),
        pytest.param("exits('MAIL_TOKEN')", False, id="exit"),
        pytest.param("unhandled('MAIL_TOKEN')", False, id="exception"),
        pytest.param("replaced('MAIL_TOKEN')", False, id="constant after the read"),
        pytest.param("looked_up('MAIL_TOKEN')", False, id="map of defaults after the read"),
        pytest.param("early('MAIL_TOKEN')", False, id="constant before the read"),
        pytest.param("empty('MAIL_TOKEN')", True, id="empty constant after the read"),
        pytest.param("nested('MAIL_TOKEN')", True, id="inner exception handler"),
        pytest.param("from_file('MAIL_TOKEN')", True, id="file before the read"),
    ],
)
def test_the_default_of_a_helper_counts(call, optional):
    [secret] = drafted(f"{HELPERS}X = {call}\n").secret
    assert bool(secret.optional) is optional


@pytest.mark.parametrize(
    ("variable", "kind", "rotate"),
    [
        ("STRIPE_SECRET_KEY", Kind.API_KEY, "manual"),
        ("JWT_SECRET_KEY", Kind.API_KEY, "manual"),
        ("FIELD_ENCRYPTION_KEY", Kind.GENERIC, None),
        ("DFEC_SALT_KEY", Kind.GENERIC, None),
        ("FIELD_ENCRYPTION_KEYS", Kind.GENERIC, "manual"),
        ("FERNET_KEYS", Kind.GENERIC, "manual"),
        ("SALT_KEYS", Kind.GENERIC, "manual"),
    ],
)
def test_no_rotation_period_for_keys(variable, kind, rotate):
    [found] = drafted(f"import os\nX = os.environ['{variable}']").secret
    assert (found.kind, found.rotate) == (kind, rotate)


def test_groups_the_variables_of_a_database_dict():
    text = """\
import os
DATABASES = {"default": {
    "ENGINE": "x", "NAME": os.environ["A"], "USER": os.environ["B"], "PASSWORD": os.environ["DB_PASSWORD"],
    "HOST": "localhost", "PORT": os.environ.get("DB_PORT", "5432"),
}}
"""
    [secret] = drafted(text).secret
    assert (secret.name, secret.kind) == ("database-credentials", Kind.DATABASE)
    assert secret.fields == {
        "database": "A",
        "username": "B",
        "password": "DB_PASSWORD",
        "port": "DB_PORT",
    }


@pytest.mark.parametrize(
    "port",
    [
        pytest.param('env.int("POSTGRES_PORT", default=5432)', id="method"),
        pytest.param('env("POSTGRES_PORT", cast=int, default=5432)', id="cast"),
        pytest.param('int(os.environ.get("POSTGRES_PORT", 5432))', id="call"),
    ],
)
def test_the_port_of_a_database_is_a_field_as_a_number_too(port):
    text = f"""\
import environ, os
env = environ.Env()
DATABASES = {{"default": {{"ENGINE": "x", "PASSWORD": env("POSTGRES_PASSWORD"), "PORT": {port}}}}}
"""
    [secret] = drafted(text).secret
    assert secret.fields == {"password": "POSTGRES_PASSWORD", "port": "POSTGRES_PORT"}


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("STATS_DB", "stats-database-credentials"),
        ("DATABASE_DOCKER", "database-docker-credentials"),
    ],
)
def test_the_name_of_a_database_says_once_that_it_is_one(prefix, name):
    text = f"import os\nURL = f\"{{os.environ['{prefix}_USER']}}:{{os.environ['{prefix}_PASSWORD']}}@{{os.environ['{prefix}_HOST']}}\"\n"
    [secret] = drafted(text).secret
    assert secret.name == name


def test_groups_database_variables_by_prefix():
    text = "import os\nURL = f\"{os.environ['PG_USER']}:{os.environ['PG_PASSWORD']}@{os.environ['PG_HOST']}\"\n"
    [secret] = drafted(text).secret
    assert secret.fields == {"username": "PG_USER", "password": "PG_PASSWORD", "host": "PG_HOST"}


def test_a_host_without_a_password_of_its_own_stays():
    text = """\
import os
DATABASES = {
    "default": {"ENGINE": "x", "HOST": os.environ["DB_HOST"], "PASSWORD": os.environ["DB_PASSWORD"]},
    "a": {"ENGINE": "x", "HOST": os.environ["A_DB_HOST"], "PASSWORD": os.environ["DB_PASSWORD"]},
}
"""
    [secret] = drafted(text).secret
    assert secret.fields == {"password": "DB_PASSWORD", "host": "DB_HOST"}


def test_a_single_password_has_no_fields():
    [secret] = drafted("import os\nX = os.environ['DB_PASSWORD']\n").secret
    assert (secret.name, secret.env, secret.fields) == ("db-password", "DB_PASSWORD", None)


def test_names_each_database_by_its_prefix():
    text = "import os\n" + "".join(
        f"{p}_{part} = os.environ['{p}_{part}']\n"
        for p in ("DB", "PG", "STATS_DB")
        for part in ("USER", "PASSWORD")
    )
    names = [secret.name for secret in drafted(text).secret]
    assert names == [
        "database-credentials",
        "pg-database-credentials",
        "stats-database-credentials",
    ]


def test_a_test_before_the_django_key_does_not_hide_it():
    text = f"""{DJANGO}
if os.environ.get('SHOP_KEY', '') != '':
    SECRET_KEY = os.environ.get('SHOP_KEY')
"""
    [secret] = drafted(text).secret
    assert (secret.name, secret.kind) == ("django-secret-key", Kind.DJANGO_SECRET_KEY)


def test_a_plain_read_beside_a_computed_one_is_required():
    text = """import os
missing = [name for name in ('BOT_TOKEN', 'API_KEY') if os.environ.get(name) is None]
config = {'token': os.environ['BOT_TOKEN']}
"""
    secrets = {secret.env: bool(secret.optional) for secret in drafted(text).secret}
    assert secrets["BOT_TOKEN"] is False


GENERATE = "SECRET_KEY = get_random_secret_key()"


@pytest.mark.parametrize(
    ("replacement", "optional"),
    [
        pytest.param(f"if not SECRET_KEY:\n    log()\n    {GENERATE}", True, id="generated"),
        pytest.param(f"if SECRET_KEY is None:\n    {GENERATE}", True, id="None"),
        pytest.param("", False, id="nothing"),
        pytest.param("if not SECRET_KEY:\n    SECRET_KEY = 'in-development'", False, id="constant"),
        pytest.param(f"if DEBUG and not SECRET_KEY:\n    {GENERATE}", False, id="in development"),
        pytest.param(
            f"if not SECRET_KEY:\n    if not DEBUG:\n        raise ValueError\n    {GENERATE}",
            False,
            id="raises in production",
        ),
    ],
)
def test_djangos_key_is_optional_if_the_app_generates_one(replacement, optional):
    text = f"{DJANGO}SECRET_KEY = os.environ.get('SECRET_KEY')\n{replacement}\n"
    [secret] = drafted(text).secret
    assert (secret.kind, bool(secret.optional)) == (Kind.DJANGO_SECRET_KEY, optional)


def test_names_a_second_django_key_after_its_variable():
    text = DJANGO + "SECRET_KEY = os.environ['{}']"
    files = {"shop/dev_settings.py": text.format("OTHER_KEY").encode()}
    names = [secret.name for secret in drafted(text.format("SHOP_KEY"), **files).secret]
    assert names == ["django-secret-key", "shop-key"]
    files = {"shop/settings_prod.py": text.format("DJANGO_SECRET_KEY").encode()}
    secrets = drafted(text.format("SECRET_KEY"), **files).secret
    assert {secret.name: secret.env for secret in secrets} == {
        "app-secret-key": "SECRET_KEY",
        "django-secret-key": "DJANGO_SECRET_KEY",
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(
            "STRIPE_KEYS = {'secret_key': os.environ['SECRET_KEY']}",
            "stripe-secret-key",
            id="dictionary",
        ),
        pytest.param(
            "STRIPE_KEYS = {'secret_key': os.environ['PAY_KEY']}", "pay-key", id="own words"
        ),
        pytest.param("STRIPE_TOKEN = os.environ['TOKEN']", "stripe-token", id="setting"),
        pytest.param("key = os.environ['TOKEN']", "app-token", id="variable"),
        pytest.param(
            "SECRET_KEY = os.environ['SHOP_SECRET']", "shop-secret-key", id="key of the app"
        ),
        pytest.param(
            "API_SECRET = os.environ['SHOP_SECRET']", "shop-secret-value", id="another setting"
        ),
        pytest.param(
            "SECRETS = {'token': os.environ['TOKEN']}", "app-token", id="no word in the setting"
        ),
    ],
)
def test_names_a_secret_after_its_setting(text, name):
    assert [secret.name for secret in drafted(f"import os\n{text}\n").secret] == [name]


@pytest.mark.parametrize(
    ("variables", "names"),
    [
        pytest.param(
            ["GITHUB_USERNAME", "GITHUB_PASSWORD", "GITHUB_CLIENT_ID", "GITHUB_CLIENT_SECRET"],
            ["github-credentials", "github-client-credentials"],
            id="client",
        ),
        pytest.param(
            ["EMAIL_USER", "EMAIL_PASSWORD", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD"],
            ["email-credentials", "email-host-credentials"],
            id="host",
        ),
        pytest.param(
            ["X_USER", "X_PASSWORD", "X_LOGIN", "X_PASSWD"],
            ["x-credentials", "x-login"],
            id="login",
        ),
        pytest.param(
            ["X_USER", "X_PASSWORD", "X_ID", "X_SECRET"],
            ["x-credentials", "x-client-credentials"],
            id="short names of a client",
        ),
    ],
)
def test_names_a_second_pair_after_its_variables(variables, names):
    text = DJANGO + "".join(f"{name}_ = os.environ['{name}']\n" for name in variables)
    assert [secret.name for secret in drafted(text).secret] == names


MAIL = "import os\nEMAIL_HOST_USER = os.getenv('EMAIL_HOST_USER', '')\nEMAIL_HOST_PASSWORD = os.environ['EMAIL_HOST_PASSWORD']\n"
KEYS = "import os\nMINIO_ACCESS_KEY_ID = os.getenv('MINIO_ACCESS_KEY_ID')\nMINIO_SECRET_ACCESS_KEY = os.getenv('MINIO_SECRET_ACCESS_KEY')\n"
CLIENT = (
    "import os\nID = os.environ['GITHUB_CLIENT_ID']\nSECRET = os.environ['GITHUB_CLIENT_SECRET']\n"
)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        pytest.param(MAIL, Secret(name="email-credentials", kind=Kind.PASSWORD, fields={"username": "EMAIL_HOST_USER", "password": "EMAIL_HOST_PASSWORD"}), id="a mail account"),
        pytest.param(KEYS, Secret(name="minio-credentials", kind=Kind.API_KEY, fields={"access_key_id": "MINIO_ACCESS_KEY_ID", "secret_access_key": "MINIO_SECRET_ACCESS_KEY"}, optional=True, rotate="manual"), id="a key pair"),
        pytest.param(CLIENT, Secret(name="github-credentials", fields={"client_id": "GITHUB_CLIENT_ID", "client_secret": "GITHUB_CLIENT_SECRET"}), id="a client of OAuth"),
    ],
)  # fmt: skip
def test_groups_pairs(text, secret):
    assert drafted(text).secret == (secret,)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(MAIL, ["email-host-password"], id="only the secret"),
        pytest.param(KEYS, ["minio-secret-access-key", "minio-access-key-id"], id="two secrets"),
    ],
)  # fmt: skip
def test_keeps_pairs_that_shield_toml_separates(text, names):
    secret = re.search(r"\w+(PASSWORD|SECRET_ACCESS_KEY)", text)[0]
    old = msgspec.structs.replace(
        drafted(text), secret=(Secret(name=secret.lower().replace("_", "-"), env=secret),)
    )
    raws = {"shop/settings.py": text.encode()}
    scan = scan_files("shop", list(raws), raws.get, manifest_variables={secret})
    found = draft_manifest_from_sites(scan.sites, old, scan.facts)
    assert [entry.name for entry in found.secret] == names
    assert all(entry.fields is None for entry in found.secret)


def test_the_apps_own_key_is_not_part_of_a_pair():
    text = (
        "import os\nSECRET_KEY = os.environ['SHOP_SECRET_KEY']\nX = os.environ['SHOP_ACCESS_KEY']\n"
    )
    assert [secret.env for secret in drafted(DJANGO + text).secret] == [
        "SHOP_SECRET_KEY",
        "SHOP_ACCESS_KEY",
    ]


def test_drafts_the_movable_variable_of_a_pair():
    [secret] = drafted(
        "import os\ne = {**os.environ}\n"
        + KEYS.replace("os.getenv('MINIO_ACCESS", "e.get('MINIO_ACCESS")
    ).secret
    assert (secret.name, secret.env) == ("minio-secret-access-key", "MINIO_SECRET_ACCESS_KEY")


@pytest.mark.parametrize(
    ("variable", "test", "optional"),
    [
        pytest.param("A_TOKEN", "if 'A_TOKEN' in os.environ:", True, id="tested"),
        pytest.param("A_TOKEN", "if 'A_TOKEN' not in os.environ:", False, id="tested for absence"),
        pytest.param("A_TOKEN", "if DEBUG:", False, id="not tested"),
        pytest.param("DATABASE_URL", "if 'DATABASE_URL' in os.environ:", False, id="database"),
        pytest.param(
            "SECONDARY_DATABASE_URL",
            "if 'SECONDARY_DATABASE_URL' in os.environ:",
            True,
            id="further database",
        ),
    ],
)
def test_a_secret_that_the_code_tests_for_is_optional(variable, test, optional):
    text = f"import os\n{test}\n    X = os.environ['{variable}']\n"
    [secret] = drafted(text).secret
    assert bool(secret.optional) is optional


@pytest.mark.parametrize(
    ("variable", "default", "optional"),
    [
        pytest.param("TWITTER_API_KEY", "MISSING_TWITTER_API_KEY", True, id="missing"),
        pytest.param("TWITTER_API_KEY", "not-set", True, id="not set"),
        pytest.param("TWITTER_API_KEY", "not-active", True, id="not active"),
        pytest.param("TWITTER_API_KEY", "no-key", True, id="no key"),
        pytest.param("MQTT_PASSWORD", "@", True, id="separator"),
        pytest.param("SIGNING_KEY", "-", False, id="separator for a signing key"),
        pytest.param("SANDBOX_API_TOKEN", "TOKEN", True, id="end of the name"),
        pytest.param("SIGNING_KEY", "KEY", False, id="end of the name of an own key"),
        pytest.param("TWITTER_API_KEY", "none", True, id="none"),
        pytest.param("TWITTER_API_KEY", "disabled", True, id="disabled"),
        pytest.param("TWITTER_API_KEY", "placeholder", True, id="placeholder"),
        pytest.param("TWITTER_API_KEY", "nonesuch-4711", False, id="another word"),
        pytest.param("ADMIN_PASSWORD", "changeme", False, id="an own password"),
        pytest.param("SECRET_KEY", "not-set", False, id="Django's key"),
        pytest.param("JWT_SECRET", "unset", False, id="signing key"),
        pytest.param("DB_PASSWORD", "none", False, id="database"),
        pytest.param("HASH_SALT", "shop-cache-v1", True, id="namespace of a salt"),
        pytest.param("HASH_SALT", "shop-dev-v1", False, id="salt for development"),
        pytest.param("SMTP_PASSWORD", "postgres", False, id="development password"),
    ],
)
def test_a_default_that_works_in_production(variable, default, optional):
    [secret] = drafted(f"import os\nX = os.environ.get('{variable}', '{default}')\n").secret
    assert bool(secret.optional) is optional
    settings = "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n"
    [field] = drafted(f"{settings}    {variable}: str = '{default}'\n").secret
    assert bool(field.optional) is optional


@pytest.mark.parametrize(
    ("name", "optional"),
    [
        pytest.param("SECRET_KEY", False, id="Django's key"),
        pytest.param("JWT_SECRET_KEY", False, id="signing key"),
        pytest.param("EMAIL_HOST_PASSWORD", True, id="password"),
        pytest.param("STRIPE_API_KEY", True, id="key of a provider"),
    ],
)
def test_a_signing_key_in_the_code_is_required(name, optional):
    [secret] = drafted(f"{DJANGO}{name} = 'k3y-4-Signing-of-Data-71'\n").secret
    assert (secret.env, bool(secret.optional)) == (name, optional)


READ = "X = os.environ.get('A_TOKEN')\n"


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        pytest.param(READ + "if not X:\n    raise ValueError", False, id="not"),
        pytest.param(READ + "if X is None:\n    sys.exit('no token')", False, id="is None"),
        pytest.param(READ + "if X == '':\n    print()\n    exit(1)", False, id="empty text"),
        pytest.param(READ + "assert X, 'no token'", False, id="assert"),
        pytest.param(READ + "if not all([X, Y]):\n    raise ValueError", False, id="all"),
        pytest.param(READ + "if not (X and Y):\n    raise ValueError", False, id="not and"),
        pytest.param(READ + "if not Y or not X:\n    raise ValueError", False, id="or"),
        pytest.param(READ + "if not DEBUG and not X:\n    raise ValueError", False, id="in production"),
        pytest.param(READ + "if ENV == 'production':\n    assert X", False, id="below a test of the stage"),
        pytest.param(READ + "if DEBUG:\n    print()\nelse:\n    assert X", False, id="in the branch for production"),
        pytest.param(READ + "if 'test' not in sys.argv and not X:\n    raise ValueError", False, id="outside of tests"),
        pytest.param(READ + "if not X:\n    if ENV == 'production':\n        raise ValueError\n    X = 'a'", False, id="nested"),
        pytest.param(READ + "if not X:\n    if DEBUG:\n        X = 'a'\n    else:\n        raise ValueError", False, id="nested else"),
        pytest.param(READ + "if not X:\n    if DEBUG:\n        raise ValueError\n    X = 'a'", True, id="nested for development"),
        pytest.param(READ + "if not X:\n    if USE_MAIL:\n        raise ValueError\n    X = 'a'", True, id="nested switch"),
        pytest.param(READ + "if os.environ['ENV'] == 'test' and not X:\n    raise ValueError", True, id="in tests"),
        pytest.param(READ + "if DEBUG:\n    assert X", True, id="below a test of development"),
        pytest.param(READ + "if not DEBUG:\n    print()\nelse:\n    assert X", True, id="in the branch for development"),
        pytest.param("if not os.environ.get('A_TOKEN'):\n    raise ValueError\n" + READ, False, id="direct"),
        pytest.param("if 'A_TOKEN' not in os.environ:\n    raise ValueError\n" + READ, False, id="presence"),
        pytest.param(READ + "if USE_MAIL and not X:\n    raise ValueError", True, id="one feature"),
        pytest.param(READ + "if USE_MAIL:\n    assert X", True, id="below a switch"),
        pytest.param(READ + "if not X:\n    print('no token')", True, id="a warning"),
        pytest.param(READ + "if X:\n    raise ValueError", True, id="set"),
        pytest.param(READ + "if not Y:\n    raise ValueError", True, id="another name"),
        pytest.param(READ + "def f(X):\n    assert X", True, id="in a function"),
        pytest.param("def f():\n    X = os.environ.get('A_TOKEN')\nassert X", True, id="another scope"),
    ],
)  # fmt: skip
def test_a_secret_that_the_module_demands_is_not_optional(text, optional):
    [secret] = drafted(f"import os, sys\n{text}\n").secret
    assert bool(secret.optional) is optional


GET_A, GET_B = "os.environ.get('A_TOKEN')", "os.environ.get('B_TOKEN')"


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        pytest.param(f"X = {GET_A} or {GET_B}", True, id="or"),
        pytest.param(f"X = os.environ.get('A_TOKEN', {GET_B})", True, id="default"),
        pytest.param(f"B = {GET_B}\nX = os.environ.get('A_TOKEN', B)", True, id="default by name"),
        pytest.param(f"X = {GET_A} if Y else {GET_B}", True, id="choice"),
        pytest.param(f"X = {GET_A}\nif Y:\n    X = {GET_B}", True, id="replaced"),
        pytest.param(f"X = {GET_A} or {GET_A}\nassert {GET_B}", False, id="the same variable"),
    ],
)
def test_a_demanded_value_needs_none_of_several_secrets(text, optional):
    secrets = drafted(f"import os\n{text}\nif not X:\n    raise ValueError\n").secret
    assert {bool(secret.optional) for secret in secrets} == {optional}


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        pytest.param("app.config['SECRET_KEY'] = os.environ.get('SECRET_KEY')", False, id="Flask's key"),
        pytest.param("app.secret_key = os.getenv('FLASK_SECRET_KEY', '')", False, id="attribute"),
        pytest.param("class Config:\n    SECRET_KEY = os.getenv('SECRET_KEY')", False, id="class"),
        pytest.param("SQLALCHEMY_DATABASE_URI = os.environ.get('DATABASE_URL')", False, id="database"),
        pytest.param("def f():\n    app.config['SQLALCHEMY_DATABASE_URI'] = os.getenv('DB_URI')", False, id="factory"),
        pytest.param("URL = os.getenv('DATABASE_URL')\nengine = sa.create_engine(URL)", False, id="name"),
        pytest.param("engine = create_async_engine(url=os.getenv('DATABASE_URL'))", False, id="keyword"),
        pytest.param("SECRET_KEY = os.getenv('MINIO_SECRET_KEY')", True, id="another key"),
        pytest.param("app.config['REDIS_URL'] = os.environ.get('REDIS_URL')", True, id="another URL"),
        pytest.param("URL = os.getenv('DATABASE_URL')\nengine = create_engine(OTHER)", True, id="another engine"),
        pytest.param("if USE_REPORTS:\n    engine = create_engine(os.getenv('DATABASE_URL'))", True, id="feature"),
        pytest.param("SQLALCHEMY_DATABASE_URI = os.getenv('DATABASE_URL', 'sqlite://')", True, id="default"),
        pytest.param("SECRET_KEY = os.getenv('SECRET_KEY') or os.urandom(32)", True, id="generated"),
        pytest.param("SECRET_KEY = os.getenv('SECRET_KEY')\nif not SECRET_KEY:\n    SECRET_KEY = make()", True, id="set later"),
    ],
)  # fmt: skip
def test_the_key_and_the_main_database_are_not_optional(text, optional):
    [secret] = drafted(f"import os\n{text}\n").secret
    assert bool(secret.optional) is optional


URL_READ = "DATABASES = {'default': env.db('DATABASE_URL', default='postgres://a:b@db/shop')}\n"
PARTS = "{'default': {'USER': 'shop', 'PASSWORD': env('RDS_PASSWORD')}}"


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        pytest.param(f"if env('RDS_HOST', default=None):\n    DATABASES = {PARTS}", True, id="read"),
        pytest.param(f"if 'RDS_HOST' in os.environ:\n    DATABASES = {PARTS}", True, id="presence"),
        pytest.param(
            "if 'RDS_HOST' in os.environ:\n"
            "    DATABASES['default'] = {'PASSWORD': env('RDS_PASSWORD')}",
            True,
            id="one database",
        ),
        pytest.param(
            "if 'RDS_HOST' in os.environ:\n    DATABASES['other'] = {'PASSWORD': env('RDS_PASSWORD')}",
            False,
            id="another database",
        ),
        pytest.param(
            "if 'RDS_HOST' in os.environ:\n    OTHER = {'PASSWORD': env('RDS_PASSWORD')}",
            False,
            id="another setting",
        ),
        pytest.param(f"if DEBUG:\n    DATABASES = {PARTS}", False, id="another condition"),
        pytest.param(f"if 'RDS_HOST' not in os.environ:\n    DATABASES = {PARTS}", False, id="absence"),
        pytest.param("if 'SQLITE' in os.environ:\n    DATABASES = {}", False, id="no secret"),
    ],
)  # fmt: skip
def test_a_read_that_other_secrets_overwrite_is_optional(text, optional):
    head = "import environ, os\nenv = environ.Env()\n"
    secrets = {secret.env: secret for secret in drafted(head + URL_READ + text + "\n").secret}
    assert bool(secrets["DATABASE_URL"].optional) is optional


def test_a_read_above_the_other_branch_is_not_overwritten():
    text = f"import environ, os\nenv = environ.Env()\nif 'RDS_HOST' in os.environ:\n    DATABASES = {PARTS}\n"
    secrets = {secret.env: secret for secret in drafted(text + URL_READ).secret}
    assert not secrets["DATABASE_URL"].optional


def test_keeps_the_entries_of_shield_toml():
    text = "import os\nX = os.environ['API_KEY']\nY = os.environ['A_TOKEN']\n"
    first = drafted(text)
    renamed = msgspec.structs.replace(first.secret[0], name="ours/api", description="kept")
    old = msgspec.structs.replace(
        first, secret=(renamed,), app=msgspec.structs.replace(first.app, name="mine")
    )
    second = drafted(text, old)
    assert second.secret == (renamed, first.secret[1])
    assert second.app == old.app
    assert drafted(text, second) == second


def test_numbers_a_duplicate_name():
    text = "import os\nX = os.environ['API_KEY']\n"
    old = msgspec.structs.replace(drafted(text), secret=(Secret(name="api-key", env="OTHER"),))
    assert [s.name for s in drafted(text, old).secret] == ["api-key", "api-key-2"]


def test_a_draft_survives_a_round_trip():
    manifest = drafted(
        DJANGO
        + "SECRET_KEY = os.environ['SECRET_KEY']\nCLIENT_SECRET = os.environ['CLIENT_SECRET']\n"
    )
    assert parse_manifest(render_manifest(manifest)) == manifest
    assert manifest.app.settings == ("shop/settings.py",)


def test_does_not_draft_what_cannot_be_moved():
    assert drafted("import os\ne = {**os.environ}\nX = e['API_KEY']\n").secret == ()


def test_splits_two_databases_with_one_alias():
    parts = ", ".join(
        f'"{key}": os.environ.get("STATS_DB_{key}", os.environ["DB_{key}"])'
        for key in ("USER", "PASSWORD")
    )
    text = f"""\
import os
NAME = os.environ.get("STATS_DB_NAME", os.environ["DB_NAME"])
if SMALL:
    DATABASES = {{"default": {{"ENGINE": "x", "NAME": NAME, {parts}, "HOST": os.environ["SHOP"]}}}}
else:
    DATABASES = {{"default": {{"ENGINE": "x", "NAME": os.environ["DB_NAME"], {parts.replace("STATS_", "")}}}}}
"""
    assert [(secret.name, secret.fields) for secret in drafted(text).secret] == [
        (
            "stats-database-credentials",
            {
                "database": "STATS_DB_NAME",
                "username": "STATS_DB_USER",
                "password": "STATS_DB_PASSWORD",
                "host": "SHOP",
            },
        ),
        (
            "database-credentials",
            {"database": "DB_NAME", "username": "DB_USER", "password": "DB_PASSWORD"},
        ),
    ]


@pytest.mark.parametrize(
    ("alias", "passwords", "names"),
    [
        pytest.param(
            "read replica", ["OTHERPW"], ["read-replica-database-credentials"], id="space"
        ),
        pytest.param(
            "default",
            ["DB_PASSWORD", "SQLPASSWORD"],
            ["database-credentials", "database-credentials-2"],
            id="variable of one word",
        ),
    ],
)
def test_names_of_database_secrets_are_valid(alias, passwords, names):
    lines = ["import os"]
    for password in passwords:
        user = password.replace("PASSWORD", "USER").replace("PW", "USER")
        parts = f'"USER": os.environ["{user}"], "PASSWORD": os.environ["{password}"]'
        lines += ["if SMALL:", f'    DATABASES = {{"{alias}": {{"ENGINE": "x", {parts}}}}}']
    assert [secret.name for secret in drafted("\n".join(lines)).secret] == names


def test_adds_a_field_that_is_read_outside_the_dict():
    text = """\
import os
HOST = os.environ["DB_HOST"]
DATABASES = {"default": {"ENGINE": "x", "NAME": "x", "PASSWORD": os.environ["DB_PASSWORD"], "HOST": HOST}}
"""
    assert [secret.fields for secret in drafted(text).secret] == [
        {"password": "DB_PASSWORD", "host": "DB_HOST"}
    ]


@pytest.mark.parametrize("alias", ["default", "reports"])
def test_adds_a_password_that_is_read_outside_the_dict(alias):
    text = f"""\
import os
PASSWORD = os.environ["DB_PASSWORD"]
DATABASES = {{"{alias}": {{
    "ENGINE": "django.db.backends.mysql", "PASSWORD": PASSWORD, "HOST": os.environ["DB_HOST"],
}}}}
"""
    [secret] = drafted(text).secret
    assert secret.fields == {"password": "DB_PASSWORD", "host": "DB_HOST"}
    assert (secret.name, secret.rotate) == (
        "database-credentials",
        Rotation(every="30 days", engine="mysql"),
    )


def test_a_variable_is_only_one_field_of_a_database():
    text = """\
import os
DATABASES = {"default": {"ENGINE": "x", "HOST": os.environ["DB_PASSWORD"]}}
"""
    assert all(secret.kind is not Kind.DATABASE for secret in drafted(text).secret)


def test_names_a_second_database_after_its_password():
    dicts = "".join(
        f'{name} = {{"default": {{"ENGINE": "x", "HOST": os.environ["{host}"], "PASSWORD": os.environ["{password}"]}}}}\n'
        for name, host, password in [
            ("DATABASES", "DB_HOST", "DB_PASSWORD"),
            ("OTHERS", "SHOP_SERVER", "SHOP_PROD_PW"),
        ]
    )
    assert [secret.name for secret in drafted(f"import os\n{dicts}").secret] == [
        "database-credentials",
        "shop-prod-database-credentials",
    ]


def test_names_the_settings_that_include_others():
    read = b"import os\nX = os.environ['API_KEY']\n"
    files = {
        "manage.py": b"DJANGO_SETTINGS_MODULE = 'shop.settings.main'",
        "shop/a/settings.py": b"",
        "shop/settings/main.py": b"from split_settings.tools import include\n"
        b"include('settings.dist.py', 'parts/*.py', '../base.py')\n",
        "shop/settings/settings.dist.py": read,
        "shop/settings/parts/mail.py": read,
    }
    scan = scan_files("shop", list(files), files.get)
    assert draft_manifest_from_sites(scan.sites, None, scan.facts).app.settings == (
        "shop/settings/main.py",
    )


DATABASE = """\
import os
ENV = os.environ
DATABASES = {{"default": {{
    "ENGINE": {engine}, "NAME": "shop", "USER": ENV["SHOP_LOGIN"], "PASSWORD": ENV["{variable}"],
    "HOST": ENV["SHOP_HOST"],
}}}}
"""


@pytest.mark.parametrize(
    ("engine", "variable", "rotate"),
    [
        pytest.param('"django.db.backends.postgresql"', "DB_PASSWORD", "postgres", id="PostgreSQL"),
        pytest.param(
            '"django.contrib.gis.db.backends.postgis"', "DB_PASSWORD", "postgres", id="PostGIS"
        ),
        pytest.param('"django.db.backends.mysql"', "DB_PASSWORD", "mysql", id="MySQL"),
        pytest.param('"django.db.backends.mysql"', "POSTGRES_PASSWORD", "mysql", id="other name"),
        pytest.param('"django.db.backends.mysql"', "MYSQL_PASSWORD", "", id="same name"),
        pytest.param('"django.db.backends.oracle"', "DB_PASSWORD", "manual", id="unsupported"),
        pytest.param('ENV["DB_ENGINE"]', "DB_PASSWORD", "", id="computed"),
    ],
)
def test_the_engine_of_the_settings_selects_the_rotation(engine, variable, rotate):
    raw = DATABASE.format(engine=engine, variable=variable).encode()
    found = scan_files("shop", ["shop/settings.py"], {"shop/settings.py": raw}.get)
    [secret] = draft_manifest_from_sites(found.sites, None, found.facts).secret
    if rotate == "manual":
        assert secret.rotate == "manual"
    else:
        assert secret.rotate == Rotation(every="30 days", engine=rotate)
        expected = rotate or {"MYSQL_PASSWORD": "mysql"}.get(variable)
        assert rotation_settings(secret).get("ROTATION_ENGINE") == expected


def test_a_login_without_a_host_has_no_schedule():
    """Both databases have the same host: only the first secret has it."""
    text = DATABASE.format(engine='"django.db.backends.mysql"', variable="DB_PASSWORD")
    second = text.partition('"default": ')[2].replace("SHOP_LOGIN", "READER_LOGIN")
    second = second.replace("DB_PASSWORD", "READER_PASSWORD")
    raw = f'{text.rstrip()[:-1]}, "reader": {second}'.encode()
    found = scan_files("shop", ["shop/settings.py"], {"shop/settings.py": raw}.get)
    secrets = draft_manifest_from_sites(found.sites, None, found.facts).secret
    hosts = {secret.name: "host" in (secret.fields or {}) for secret in secrets}
    assert hosts == {"database-credentials": True, "reader-database-credentials": False}
    assert [secret.rotate == "manual" for secret in secrets] == [False, True]


@pytest.mark.parametrize(
    ("user", "password", "optional"),
    [
        ("str | None = None", "SecretStr | None = None", True),
        ("str = 'postgres'", "SecretStr | None = None", False),
        ("str | None = None", "str = 'postgres'", False),
        ("str | None = None", "SecretStr", False),
    ],
)
def test_a_main_database_without_login_is_optional(user, password, optional):
    head = "from pydantic_settings import BaseSettings\n\nclass Settings(BaseSettings):\n"
    fields = f"    db_host: str = 'localhost'\n    db_user: {user}\n    db_password: {password}\n"
    [secret] = drafted(head + fields).secret
    assert (secret.kind, bool(secret.optional)) == (Kind.DATABASE, optional)


@pytest.mark.parametrize(
    ("user", "password", "optional"),
    [
        pytest.param("(str, 'shop')", "(str, None)", True, id="default"),
        pytest.param("str", "(str, None)", False, id="required user"),
        pytest.param("(str, None)", "str", False, id="required password"),
        pytest.param("(str, 'shop')", "(str, 'shop')", False, id="both have defaults"),
    ],
)
def test_a_user_may_have_a_default_if_the_password_is_optional(user, password, optional):
    text = f"""\
import environ
env = environ.Env(API_USER={user}, API_PASSWORD={password})
API_USER = env("API_USER")
API_PASSWORD = env("API_PASSWORD")
"""
    [secret] = drafted(text).secret
    assert (secret.fields, bool(secret.optional)) == (
        {"username": "API_USER", "password": "API_PASSWORD"},
        optional,
    )


@pytest.mark.parametrize(
    ("client", "key", "optional"),
    [
        ("environ['AZURE_CLIENT_ID']", "environ.get('AZURE_CLIENT_SECRET')", True),
        ("environ['AZURE_CLIENT_ID']", "environ['AZURE_CLIENT_SECRET']", False),
        ("environ.get('AZURE_CLIENT_ID', 'x')", "environ['AZURE_CLIENT_SECRET']", False),
    ],
)
def test_a_client_without_secret_has_another_login(client, key, optional):
    text = f"from os import environ\nCLIENT = {client}\nKEY = {key}\n"
    [secret] = drafted(text + "CERTIFICATE = environ.get('AZURE_CLIENT_CERTIFICATE_PATH')\n").secret
    assert (secret.name, bool(secret.optional)) == ("azure-credentials", optional)


@pytest.mark.parametrize(
    ("alias", "optional"),
    [pytest.param("default", False, id="main"), pytest.param("legacy", True, id="another")],
)
def test_the_login_of_the_main_database_is_required(alias, optional):
    """With an empty default, an outage would log the app in to another server."""
    prefix = {"default": "DB", "legacy": "LEGACY_DB"}[alias]
    read = "os.environ.get('{}_{}', '')".format
    keys = {"USER": "USER", "PASSWORD": "PASSWORD", "HOST": "HOST"}
    entries = ", ".join(f"'{key}': {read(prefix, name)}" for key, name in keys.items())
    engine = "'ENGINE': 'django.db.backends.postgresql'"
    [secret] = drafted(
        f"{DJANGO}DATABASES = {{'{alias}': {{{engine}, 'NAME': 'shop', {entries}}}}}\n"
    ).secret
    assert (secret.kind, bool(secret.optional)) == (Kind.DATABASE, optional)


@pytest.mark.parametrize(
    ("condition", "optional"),
    [
        pytest.param("if USE_S3:", True, id="switch"),
        pytest.param("if env.bool('ENABLE_EMAIL', False):", True, id="variable"),
        pytest.param("if settings.EMAIL_ENABLED and A:", True, id="attribute"),
        pytest.param("if not USE_S3:", False, id="negated"),
        pytest.param("if USE_DATABASE:", False, id="database"),
        pytest.param("if PRODUCTION:", False, id="production"),
        pytest.param("if env.str('A_SERVER', ''):", True, id="server of the same service"),
        pytest.param("if os.environ.get('A_SERVER') and DEBUG:", True, id="get"),
        pytest.param("if config('A_SERVER', default=None):", True, id="keyword"),
        pytest.param("if env.str('A_SERVER'):", False, id="required variable"),
        pytest.param("if env.str('A_SERVER', 'a.org'):", False, id="default"),
        pytest.param("if not env.str('A_SERVER', ''):", False, id="not set"),
        pytest.param("if os.getenv('DYNO'):", False, id="platform"),
        pytest.param("if os.getenv('A_ENV'):", False, id="stage"),
    ],
)
def test_the_secret_of_an_optional_feature_is_optional(condition, optional):
    [secret] = drafted(f"{DJANGO}{condition}\n    A_TOKEN = os.environ['A_TOKEN']\n").secret
    assert bool(secret.optional) is optional


@pytest.mark.parametrize(
    ("other", "optional"),
    [
        pytest.param(
            "elif USE_AZURE:\n    KEY = os.environ['AZURE_TOKEN']", True, id="another feature"
        ),
        pytest.param("else:\n    STORAGE = 'local'", True, id="another setting"),
        pytest.param("else:\n    A_TOKEN = 'development'", False, id="value for development"),
    ],
)
def test_a_feature_can_have_an_alternative(other, optional):
    read = "if USE_S3:\n    A_TOKEN = os.environ['A_TOKEN']"
    secrets = drafted(f"{DJANGO}{read}\n{other}\n").secret
    assert {bool(secret.optional) for secret in secrets} == {optional}


def test_groups_the_database_fields_of_pydantic_settings():
    """The app reads them once, so nothing rotates the password on a schedule."""
    fields = (
        "    db_host: str\n    db_port: int = 5432\n    db_user: str\n    db_password: str = ''\n"
    )
    head = "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n"
    [secret] = drafted(head + fields).secret
    assert (secret.name, secret.kind) == ("database-credentials", Kind.DATABASE)
    assert secret.fields == {
        "username": "DB_USER",
        "password": "DB_PASSWORD",
        "host": "DB_HOST",
        "port": "DB_PORT",
    }
    assert (secret.rotate, bool(secret.optional)) == ("manual", False)


FIELDS = "{'PASSWORD': os.environ['DB_PASSWORD'], 'NAME': os.environ['DB_NAME']}"
TESTED_URL = "URL = os.environ.get('DATABASE_URL')\nif URL:\n    X = f(URL)\n"


@pytest.mark.parametrize(
    ("text", "optional"),
    [
        pytest.param(f"{TESTED_URL}else:\n    X = {FIELDS}", True, id="else"),
        pytest.param(f"{TESTED_URL}X = {FIELDS}", False, id="after the condition"),
        pytest.param(
            f"X = f(os.environ['DATABASE_URL']) if 'DATABASE_URL' in os.environ else {FIELDS}",
            True,
            id="expression",
        ),
        pytest.param(
            "def f():\n"
            "    url = os.environ.get('DATABASE_URL')\n"
            "    if url:\n"
            "        return parse(url)\n"
            f"    return {FIELDS}",
            True,
            id="return",
        ),
        pytest.param(
            f"try:\n    X = f(os.environ['DATABASE_URL'])\nexcept KeyError:\n    X = {FIELDS}",
            True,
            id="exception",
        ),
        pytest.param(
            f"try:\n    X = f(os.environ['DATABASE_URL'])\nexcept TypeError:\n    X = {FIELDS}",
            False,
            id="another exception",
        ),
        pytest.param(
            f"if not os.environ.get('DATABASE_URL'):\n    X = 1\nelse:\n    X = {FIELDS}",
            False,
            id="negated condition",
        ),
    ],
)
def test_a_url_or_the_parts_of_a_database_are_enough(text, optional):
    secrets = drafted(f"{DJANGO}\n{text}\n").secret
    optionals = {secret.name: bool(secret.optional) for secret in secrets}
    assert optionals["database-credentials"] is optional
    assert not optional or optionals["database-url"]


@pytest.mark.parametrize(
    ("first", "second", "optional"),
    [
        pytest.param("'DATABASE_URL' in os.environ", "'DB_NAME' in os.environ", True, id="in"),
        pytest.param("env('DATABASE_URL')", "env('DB_NAME') and f()", True, id="values"),
        pytest.param("'DATABASE_URL' in os.environ", "DEBUG", False, id="stage"),
        pytest.param("'DATABASE_URL' in os.environ", "f()", False, id="another condition"),
        pytest.param("'DATABASE_URL' not in os.environ", "'DB_NAME' in os.environ", False,
            id="absence"),
    ],
)  # fmt: skip
def test_one_of_two_databases_is_enough(first, second, optional):
    read = "X = os.environ['DATABASE_URL']"
    other = "Y = {'PASSWORD': os.environ['DB_PASSWORD'], 'NAME': os.environ['DB_NAME']}"
    text = f"{DJANGO}env = os.environ.get\nif {first}:\n    {read}\nelif {second}:\n    {other}\n"
    secrets = drafted(text).secret
    assert [bool(secret.optional) for secret in secrets] == [optional] * 2


@pytest.mark.parametrize(
    "other", ["X = 'postgres://dev@localhost'", "X = os.environ['DATABASE_URL']"]
)
def test_a_branch_without_another_secret_is_no_alternative(other):
    chain = f"if 'A' in os.environ:\n    X = os.environ['DATABASE_URL']\nelif 'B' in os.environ:\n    {other}\n"
    [secret] = drafted(f"{DJANGO}{chain}").secret
    assert not secret.optional


@pytest.mark.parametrize(
    "path", ["local_sample", "sample_settings", "settings_example", "local_settings_template"]
)
def test_a_template_of_settings_is_no_settings_file(path):
    """Users copy it: its reads don't tell what production needs."""
    template = {f"shop/{path}.py": b"import os\nA_TOKEN = os.environ['A_TOKEN']\n"}
    found = drafted(f"{DJANGO}A_TOKEN = os.getenv('A_TOKEN')\n", **template)
    assert found.app.settings == ("shop/settings.py",)
    assert found.secret[0].optional


def test_the_only_settings_file_can_have_the_name_of_a_template():
    raws = {"shop/settings_sample.py": b"import os\nA_TOKEN = os.environ['A_TOKEN']\n"}
    scan = scan_files("shop", list(raws), raws.get)
    found = draft_manifest_from_sites(scan.sites, None, scan.facts)
    assert (found.app.settings, bool(found.secret[0].optional)) == (tuple(raws), False)


@pytest.mark.parametrize(
    ("library", "field", "optional"),
    [
        pytest.param("pydantic", "Optional[str]", True, id="optional"),
        pytest.param("pydantic.v1", "t.Optional[SecretStr]", True, id="pydantic.v1"),
        pytest.param("pydantic", "None | str", True, id="operator"),
        pytest.param("pydantic", "Union[str, None]", True, id="union"),
        pytest.param("pydantic", "Optional[str] = Field(description='x')", True, id="Field"),
        pytest.param("pydantic", "Optional[str] = Field(...)", False, id="required Field"),
        pytest.param("pydantic", "Optional[str] = ...", False, id="required"),
        pytest.param("pydantic", "t.Any", True, id="any"),
        pytest.param("pydantic", "Any = ...", False, id="required any"),
        pytest.param("pydantic", "object", True, id="object"),
        pytest.param("pydantic", "'Optional[str]'", True, id="quoted"),
        pytest.param("pydantic", "'str'", False, id="quoted text"),
        pytest.param("pydantic", "'str |'", False, id="invalid"),
        pytest.param("pydantic", "Union['Optional[str]', SecretStr]", True, id="quoted in a union"),
        pytest.param("pydantic", "Annotated[Optional[str], Field(description='x')]", True, id="annotated"),
        pytest.param("pydantic", "Annotated[Optional[str], Field(...)]", False, id="required annotated"),
        pytest.param("pydantic", "Annotated[str, Optional]", False, id="annotated text"),
        pytest.param("pydantic", "str", False, id="text"),
        pytest.param("pydantic_settings", "Any", False, id="any in pydantic 2"),
        pytest.param("pydantic_settings", "Optional[str]", False, id="pydantic 2"),
    ],
)  # fmt: skip
def test_a_field_of_pydantic_1_that_accepts_none_is_optional(library, field, optional):
    head = f"from {library} import BaseSettings\nclass Settings(BaseSettings):\n"
    [secret] = drafted(f"{head}    a_token: {field}\n").secret
    assert bool(secret.optional) is optional


def test_the_default_of_a_class_for_development_makes_no_secret_required():
    config = "class Config:\n    A_TOKEN = os.getenv('A_TOKEN')\n"
    stage = "class Development(Config):\n    A_TOKEN = os.getenv('A_TOKEN', 'development')\n"
    [secret] = drafted(f"import os\n{config}{stage}class Production(Config): pass\n").secret
    assert secret.optional


@pytest.mark.parametrize(
    ("start", "optional"),
    [
        pytest.param("X = os.getenv('A_TOKEN')", True, id="default"),
        pytest.param("if os.getenv('A_TOKEN'):\n    X = os.environ['A_TOKEN']", True, id="guard"),
        pytest.param("X = os.environ['A_TOKEN']", False, id="required"),
        pytest.param("X = os.getenv('A_TOKEN')\nassert X", False, id="demanded"),
        pytest.param("Y = 1", False, id="no other read"),
        pytest.param("Y = 'A_TOKEN' in os.environ", False, id="test of the variable"),
        pytest.param("X = os.getenv('A_TOKEN')\ndef f():\n    return os.environ['A_TOKEN']", False,
            id="function of the settings"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "command", ["def run():\n    {}", "class A:\n    async def run(self):\n        if 1: {}"]
)
def test_a_read_in_a_function_makes_no_optional_secret_required(start, command, optional):
    call = command.format("os.environ['A_TOKEN']")
    text = f"import os\n{call}\n"
    [secret] = drafted(f"{DJANGO}{start}\n", **{"shop/commands.py": text.encode()}).secret
    assert bool(secret.optional) is optional


def test_a_read_at_import_outside_the_settings_needs_its_value():
    files = {"shop/client.py": b"import os\nX = os.environ['A_TOKEN']\n"}
    [secret] = drafted(f"{DJANGO}X = os.getenv('A_TOKEN')\n", **files).secret
    assert not secret.optional


@pytest.mark.parametrize(
    ("handler", "optional"),
    [
        pytest.param("KeyError:\n    A_TOKEN = None", True, id="empty value"),
        pytest.param("KeyError:\n    print('no token')", True, id="message"),
        pytest.param("(KeyError, ValueError):\n    pass", True, id="several exceptions"),
        pytest.param("decouple.UndefinedValueError:\n    pass", True, id="decouple"),
        pytest.param("KeyError:\n    A_TOKEN = 'development'", False, id="value for development"),
        pytest.param("KeyError:\n    raise RuntimeError", False, id="another exception"),
        pytest.param("KeyError:\n    sys.exit('no token')", False, id="exit"),
        pytest.param("ValueError:\n    A_TOKEN = None", False, id="exception of something else"),
    ],
)
def test_a_handled_exception_makes_a_secret_optional(handler, optional):
    read = "try:\n    A_TOKEN = os.environ['A_TOKEN']"
    [secret] = drafted(f"{DJANGO}{read}\nexcept {handler}\n").secret
    assert bool(secret.optional) is optional


@pytest.mark.parametrize(
    ("files", "settings"),
    [
        pytest.param(["shop/task_config.py", "shop/constants.py"], ["shop/constants.py"], id="constants"),
        pytest.param(["shop/config.py", "shop/views.py"], ["shop/config.py"], id="another module"),
        pytest.param(["shop/config.py", "shop/env.py"], ["shop/env.py"], id="env"),
        pytest.param(["shop/config.py", "shop/migrations/env.py"], ["shop/config.py"], id="Alembic"),
    ],
)  # fmt: skip
def test_modules_of_constants_are_the_settings_of_an_app_without_others(files, settings):
    empty, reader = files
    raws = {"shop/__init__.py": b"", empty: b"X = 1\n"}
    raws[reader] = b"import os\nAPI_KEY = os.environ['API_KEY']\n"
    found = scan_files("shop", list(raws), raws.get)
    manifest = draft_manifest_from_sites(found.sites, None, found.facts)
    assert list(manifest.app.settings) == settings
