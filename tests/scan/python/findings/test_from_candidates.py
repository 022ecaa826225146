from __future__ import annotations

import json

import msgspec
import pytest
from shield_helpers import shield


def test_two_values_for_one_name_cannot_be_migrated(sites):
    found = sites("KEYS = {'a': [{'secret': 's3cret-1'}, {'secret': 's3cret-2'}]}")
    assert {reason for _, _, reason in found} == {"several values are assigned to this name"}


def test_each_class_can_have_a_value(sites):
    found = sites("class Dev:\n    SECRET_KEY = 'k3y-1'\nclass Prod:\n    SECRET_KEY = 'k3y-2'")
    assert {reason for _, _, reason in found} == {""}


@pytest.mark.parametrize(
    ("variable", "said"),
    [("AWS_ACCESS_KEY_ID", True), ("DJANGO_AWS_S3_SECRET_ACCESS_KEY", True), ("MINIO_SECRET_KEY", False), ("LAWS_KEY", False), ("AWS_KEY", True), ("SHOP_AWS_SECRET", True), ("S3_KEY", True),
     ("S3_SECRET_KEY", True), ("AWS_COGNITO_CLIENT_SECRET", False)],
)  # fmt: skip
def test_recommends_a_role_instead_of_aws_keys(scanned, variable, said):
    found = scanned({"settings.py": f"import os\nX = os.environ['{variable}']\n"}).findings
    assert ("use an IAM role instead" in next(f.message for f in found if f.env)) == said


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("def f():\n    return 1, os.environ['API_KEY']", "API_KEY"),
        ("PAIR = 1, os.environ['API_KEY']", "PAIR.1"),
    ],
)
def test_an_index_is_not_a_name(scanned, statement, name):
    [finding] = scanned({"shop/keys.py": f"import os\n{statement}\n"}).findings
    assert finding.name == name


def test_findings_are_sorted_and_numbered(scanned):
    text = "import os\nA = os.environ['API_KEY']\ndef f():\n    return os.environ['API_KEY'], os.environ['API_KEY']\n"
    found = scanned({"b/settings.py": text, "a/settings.py": text}).findings
    assert [f.path for f in found] == sorted(f.path for f in found)
    assert len({f.fingerprint for f in found}) == len(found)
    again = scanned({"b/settings.py": "# moved down\n" + text, "a/settings.py": text}).findings
    assert [f.fingerprint for f in again] == [f.fingerprint for f in found]


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
    [site] = [site for _, site in scanned({"shop/settings.py": text}).sites]
    assert site.default_ok_in_production is default_ok_in_production


@pytest.mark.parametrize(
    ("statement", "default_ok_in_production"),
    [
        pytest.param("BROKER = os.environ.get('CELERY_BROKER_URL', 'redis://redis:6379/0')", False, id="broker"),
        pytest.param("CELERY_BROKER_URL = os.environ.get('REDIS_URL', 'redis://localhost')", False, id="setting of a broker"),
        pytest.param("CELERY = {'broker_url': os.environ.get('REDIS_URL', 'redis://localhost')}", False, id="key of a broker"),
        pytest.param("X = os.environ.get('CELERY_RESULT_BACKEND', 'redis://localhost')", False, id="result backend"),
        pytest.param("X = os.environ.get('CELERY_BROKER_URL', 'memory://')", False, id="broker in memory"),
        pytest.param("X = os.environ.get('CELERY_RESULT_BACKEND', 'rpc://')", True, id="result backend without a server"),
        pytest.param("B = os.environ['CELERY_BROKER_URL']\nX = os.environ.get('CELERY_RESULT_BACKEND', B)", True, id="the broker as result backend"),
        pytest.param("CACHES = {'default': {'LOCATION': os.environ.get('REDIS_URL', 'redis://localhost')}}", True, id="cache"),
    ],
)  # fmt: skip
def test_the_url_of_a_local_broker_is_for_development(scanned, statement, default_ok_in_production):
    sites = [site for _, site in scanned({"settings.py": f"import os\n{statement}\n"}).sites]
    assert sites[-1].default_ok_in_production is default_ok_in_production


@pytest.mark.parametrize(
    ("variable", "default", "default_ok_in_production"),
    [
        pytest.param("SECRET_KEY", "'' if not DEBUG else 'xxx'", False, id="key, constants"),
        pytest.param("SECRET_KEY", "os.environ.get('OLD_KEY')", True, id="key, variable"),
        pytest.param("SMTP_PASSWORD", "'' if not DEBUG else 'xxx'", True, id="password"),
    ],
)
def test_a_key_that_depends_on_debug_is_for_development(
    scanned, variable, default, default_ok_in_production
):
    text = f"import os\nDEBUG = bool(os.environ.get('DEBUG'))\nX = os.getenv('{variable}', {default})\n"
    sites = [site for _, site in scanned({"settings.py": text}).sites]
    [site] = [site for site in sites if site.variable == variable]
    assert site.default_ok_in_production is default_ok_in_production


@pytest.mark.parametrize(
    ("default", "default_ok_in_production"),
    [
        ("redis://redis:6379/0", True),
        ("sqlite:///db.sqlite3", True),
        ("locmem://", True),
        ("redis://localhost:6379/0", True),
        ("redis://:pw@cache:6379/0", False),
        ("redis://:changeme@localhost:6379/0", False),
        ("redis://app:@localhost:6379/0", True),
        ("mysql://root@localhost/shop", False),
        ("postgres:///shop", False),
        ("postgres://shop:pw@localhost/shop", False),
        ("postgresql+psycopg://localhost/shop", False),
        ("amqp://localhost", False),
        ("clickhouse://localhost:9000/shop", False),
        ("neo4j+s://localhost", False),
        ("bolt://localhost:7687", False),
        ("postgres://shop:pw@db/shop", False),
    ],
)
def test_a_url_of_a_database_or_with_credentials_is_for_development(
    scanned, default, default_ok_in_production
):
    text = f"import os\nX = os.environ.get('CACHE_URL', '{default}')\n"
    site = next(site for _, site in scanned({"settings.py": text}).sites)
    assert site.default_ok_in_production is default_ok_in_production
    text = (
        "import dj_database_url\nfrom decouple import config\n"
        f"X = dj_database_url.config(default=config('DATABASE_URL', default='{default}'))\n"
    )
    site = next(site for _, site in scanned({"settings.py": text}).sites)
    assert site.default_ok_in_production is default_ok_in_production


@pytest.mark.parametrize("default", ["'dbcache://table'", "f(NoValue, 'locmemcache://')"])
def test_a_cache_without_a_server_works_in_production(scanned, default):
    text = f"import environ\nenv = environ.Env()\nX = env.cache_url('SHOP_CACHE', {default})\n"
    [site] = [site for _, site in scanned({"settings.py": text}).sites]
    assert site.default_ok_in_production


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
    site = next(site for f, site in scanned({"settings.py": text}).sites if f.env == "API_TOKEN")
    assert (site.default_ok_in_production, site.has_nonempty_default) == (
        default_ok_in_production,
        made_up,
    )


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
    line = 2 + text.count("\n")
    reason = f"the literal for development stays; line {line} reads DJANGO_KEY"
    assert found[0] == ("literal", "SECRET_KEY", reason)
    assert found[1] == ("read", "DJANGO_KEY", "")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "SECRET_KEY = 'dev-only' if DEBUG else get_secret('django-key')", id="on one line"
        ),
        pytest.param(
            "if DEBUG:\n    SECRET_KEY = 'dev-only'\nelse:\n    SECRET_KEY = get_secret('django-key')",
            id="branches",
        ),
        pytest.param(
            "SECRET_KEY = 'dev-only'\nif LIVE:\n"
            "    SECRET_KEY = get_secret('django-key', lambda: os.environ['DJANGO_KEY'])",
            id="callable",
        ),
    ],
)
def test_apply_does_not_change_that_a_literal_is_for_development(sites, text):
    found = sites(f"import os\nfrom shield_runtime import get_secret\n{text}")
    line = 3 + text.count("\n")
    reason = f"the literal for development stays; line {line} reads DJANGO_KEY"
    assert found == [("literal", "SECRET_KEY", reason)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("get_secret('shop-key', DEFAULT_KEY)", id="argument"),
        pytest.param("get_secret('shop-key', default=DEFAULT_KEY)", id="keyword"),
        pytest.param("get_secret('shop-key', None) or DEFAULT_KEY", id="or"),
        pytest.param(
            "get_secret('shop-key', lambda: os.environ.get('SHOP_KEY') or DEFAULT_KEY)",
            id="callable",
        ),
    ],
)
def test_apply_does_not_change_that_a_literal_is_a_default(sites, text):
    imports = "import os\nfrom shield_runtime import get_secret\n"
    found = sites(f"{imports}DEFAULT_KEY = 'k3y-of-a-test'\nSECRET_KEY = {text}\n")
    assert found == [("literal", "DEFAULT_KEY", "development value: the default of SHOP_KEY")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("HAS_KEY = has_secret('shop-key')", id="presence"),
        pytest.param("SECRET_KEY = ''.join(get_secret('shop-key'))", id="a part of the value"),
    ],
)
def test_another_use_of_a_secret_does_not_explain_a_literal(sites, text):
    imports = "from shield_runtime import get_secret, has_secret\n"
    found = sites(f"{imports}SECRET_KEY = 'k3y-of-a-test'\n{text}\n")
    assert found == [("literal", "SECRET_KEY", "")]


@pytest.mark.parametrize(
    "read",
    [
        pytest.param("os.environ.get('SHOP_KEY', DEFAULT_KEY)", id="argument"),
        pytest.param("os.environ.get('SHOP_KEY') or DEFAULT_KEY", id="or"),
    ],
)
def test_a_literal_that_is_the_default_of_a_read_is_for_development(sites, read):
    text = f"import os\nDEFAULT_KEY = 'k3y-of-a-test'\nOTHER_KEY = 'k3y-of-a-test'\nSECRET_KEY = {read}\n"
    assert sites(text) == [
        ("literal", "DEFAULT_KEY", "development value: the default of SHOP_KEY"),
        ("literal", "OTHER_KEY", ""),
        ("read", "SHOP_KEY", ""),
    ]


def test_escapes_lone_surrogates_in_names(scanned):
    raw = b'import os\nA = os.environ["A\\ud800_PASSWORD"]\nX = {"\\ud800_password": "k3y-of-a-test-app"}\n'
    found = scanned({"settings.py": raw}).findings
    assert 3 in {finding.line for finding in found}
    assert msgspec.json.encode(found)
    assert all(chr(0xD800) not in finding.message for finding in found)


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


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        pytest.param("Check <a href='https://a.test/b'>this</a> page", False, id="prose"),
        pytest.param("https://a1B2c3D4:q8F7a6S5d8@b.test/hook", True, id="URL"),
    ],
)
def test_prose_with_a_link_is_no_secret(scanned, text, is_found):
    found = scanned({"shop/models.py": f'D = {{"SLACK_SIGNING_SECRET": "{text}"}}\n'}).findings
    assert [finding.rule for finding in found] == ["CSEC34.literal"] * is_found


@pytest.mark.parametrize(
    ("statement", "severities"),
    [
        pytest.param("app.config['SECRET_KEY'] = 'dev'", ["low"], id="item"),
        pytest.param("app.config.from_mapping(SECRET_KEY='dev')", ["low"], id="argument"),
        pytest.param("app.secret_key = 'dev'", ["low"], id="attribute"),
        pytest.param("app.config['SECRET_KEY'] = ''", [], id="empty"),
        pytest.param("app.config['API_KEY'] = 'dev'", [], id="another key"),
        pytest.param("if app.config['SECRET_KEY'] == 'dev': stop()", [], id="comparison"),
    ],
)
def test_a_short_signing_key_outside_the_settings_is_low(scanned, statement, severities):
    files = {"shop/__init__.py": f"{statement}\n", "shop/app.py": "import shop\n"}
    found = scanned(files).findings
    assert [str(f.severity) for f in found if f.rule == "CSEC34.literal"] == severities


@pytest.mark.parametrize(
    ("default", "default_ok_in_production"),
    [
        ("redis://cache", True),
        ("redis://:pw@cache", False),
        ("amqp://queue", False),
    ],
)
def test_a_url_as_the_default_of_a_host_is_graded_like_a_url(
    scanned, default, default_ok_in_production
):
    text = f"import os\nX = os.environ.get('REDIS_HOST', '{default}')\n"
    [(_, site)] = scanned({"settings.py": text}).sites
    assert site.default_ok_in_production is default_ok_in_production


@pytest.mark.parametrize(
    ("code", "name"),
    [
        pytest.param("client = Client(None, os.environ['API_TOKEN'])", "API_TOKEN", id="object"),
        pytest.param("token = os.environ['API_TOKEN'].lower()", "token", id="name of a secret"),
        pytest.param("client = os.environ['API_TOKEN']", "client", id="unchanged value"),
        pytest.param("CLIENT = Client(os.environ['API_TOKEN'])", "CLIENT", id="setting"),
    ],
)
def test_an_object_does_not_give_its_name_to_the_secret(scanned, code, name):
    found = scanned({"shop/__init__.py": "", "shop/mail.py": f"import os\n{code}\n"}).findings
    assert [finding.name for finding in found] == [name]


def test_the_secret_of_a_nested_model_has_no_variable(scanned):
    text = (
        "from pydantic import BaseModel\nfrom pydantic_settings import BaseSettings\n"
        "class Client(BaseModel):\n    secret: str\n"
        "class Settings(BaseSettings):\n    clients: dict[str, Client]\n"
    )
    found = scanned({"shop/__init__.py": "", "shop/settings.py": text}).findings
    messages = [finding.message for finding in found if finding.name == "secret"]
    assert messages == ["secret is a secret in a model that the settings contain"]


@pytest.mark.parametrize(
    ("value", "severities"),
    [
        pytest.param("config('SECRET_KEY', default='shop.settings.local')", ["high"], id="dotted"),
        pytest.param("os.environ.get('SECRET_KEY', 'dev')", ["high"], id="short"),
        pytest.param("os.environ.get('SECRET_KEY') or 'dev'", ["high"], id="after or"),
        pytest.param("config('SECRET_KEY', default='')", [], id="empty"),
        pytest.param("config('SECRET_KEY', default='your-secret-key')", ["low"], id="placeholder"),
    ],
)
def test_a_weak_default_of_the_signing_key_is_reported(tmp_path, value, severities):
    code = f"import os\nfrom decouple import config\nSECRET_KEY = {value}\n"
    (tmp_path / "settings.py").write_text(code)
    found = json.loads(shield("scan", "--format", "json", cwd=tmp_path).out)["findings"]
    literals = [finding for finding in found if finding["rule"] == "CSEC34.literal"]
    assert [finding["severity"] for finding in literals] == severities
    assert not any(finding["fixable"] for finding in literals)
