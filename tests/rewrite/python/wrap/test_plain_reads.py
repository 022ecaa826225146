from __future__ import annotations

import ast

import pytest
from rewrite_helpers import check, rewritten

from shield_ai.model.manifest import App, Manifest, Secret
from shield_ai.rewrite.python.wrap.plain_reads import environ_names, plain_arguments
from shield_runtime import SecretNotFoundError, SecretsManagerClient

HEAD = "from shop.aws_secrets import get_secret\n"


@pytest.mark.parametrize(
    ("imports", "read", "call"),
    [
        ("import os", 'os.environ["API_KEY"]', 'get_secret("api-key")'),
        ("import os", 'os.environ.get("API_KEY")', 'get_secret("api-key", None)'),
        ("import os", 'os.getenv("API_KEY")', 'get_secret("api-key", None)'),
        ("import os", 'os.environ.get("API_KEY", "d")', 'get_secret("api-key", "d")'),
        ("import os", 'os.getenv("API_KEY", default="d")', 'get_secret("api-key", "d")'),
        ("import os", 'os.getenv("API_KEY", None)', 'get_secret("api-key", None)'),
        ("import os", 'os.getenv("API_KEY", 5000)', 'get_secret("api-key", 5000)'),
        ("import os", 'os.getenv("API_KEY", False)', 'get_secret("api-key", False)'),
        ("import os", 'os.getenv("API_KEY", [])', 'get_secret("api-key", [])'),
        ("import os", "os.getenv('API_KEY', '')", "get_secret('api-key', '')"),
        ("import os", 'os.getenv("API_KEY", -1)', 'get_secret("api-key", -1)'),
        (
            "import os",
            'os.getenv(\n    "API_KEY", "no # comment"\n)',
            'get_secret("api-key", "no # comment")',
        ),
        ("import os", 'os.getenv("API_KEY", X_DEFAULT)', 'get_secret("api-key", X_DEFAULT)'),
        ("import os", 'os.getenv("API_KEY") or ""', 'get_secret("api-key", None) or ""'),
        ("import os", 'os.environ["API_KEY"] or None', 'get_secret("api-key") or None'),
        ("import os", 'os.getenv("API_KEY", "a" + b)', 'get_secret("api-key", "a" + b)'),
        ("import os", 'os.getenv("API_KEY", f"a{b}")', 'get_secret("api-key", f"a{b}")'),
        (
            "import os",
            'os.getenv("API_KEY", "{}".format(b))',
            'get_secret("api-key", "{}".format(b))',
        ),
        ("import os", 'os.getenv("API_KEY", DB["KEY"])', 'get_secret("api-key", DB["KEY"])'),
        ("import os", 'os.getenv("API_KEY", b.c.d)', 'get_secret("api-key", b.c.d)'),
        ("import os as o", 'o.environ["API_KEY"]', 'get_secret("api-key")'),
        ("from os import environ", 'environ["API_KEY"]', 'get_secret("api-key")'),
        ("from os import environ as e", 'e.get("API_KEY")', 'get_secret("api-key", None)'),
        ("from os import getenv", 'getenv("API_KEY", "d")', 'get_secret("api-key", "d")'),
    ],
)
def test_call_replaces_plain_read_and_its_import(imports, read, call):
    check(f"{imports}\n\nX = {read}\n", f"{HEAD}\nX = {call}\n")


@pytest.mark.parametrize(
    "text",
    [
        'os.environ["OTHER"]',
        'os.environ.pop("API_KEY", "")',
        'os.environ.setdefault("API_KEY", "")',
        'os.environ.get("API_KEY", default())',
        'os.environ.get("API_KEY", function)',
        'os.environ.get("API_KEY", function().x)',
        'os.environ.get("API_KEY", self.request.user.name)',
        'os.environ.get("API_KEY", os.environ)',
        'os.environ.get("API_KEY", functions["x"])',
        'os.environ.get("API_KEY", name.format(x))',
        'os.environ.get("API_KEY", os.environ["OTHER"] + "x")',
        'os.environ.get("API_KEY", "x" + (y := "z"))',
        'os.environ.get("API_KEY") or "d"',
        'os.environ.get("API_KEY", """a\nb""")',
        'os.environ.get(\n    "API_KEY",  # why\n)',
        "os.environ[NAME]",
        'os.environ.get("API_KEY", *rest)',
        'os.environ.get("API_KEY", **rest)',
        'config("API_KEY")',
        "os.environ.get(",
    ],
)
def test_other_reads_keep_their_expression(text):
    assert plain_arguments(text, "API_KEY", {"os": "os"}) is None


def test_finds_the_names_of_os():
    text = "import os as o, sys\nfrom os import environ, getenv as g\nfrom .os import path\n"
    assert environ_names(ast.parse(text)) == {
        "os": "os",
        "o": "os",
        "environ": "os.environ",
        "g": "os.getenv",
    }


def test_reads_of_an_unchanged_copy_read_the_environment():
    before = """\
import json
import os

env = os.environ.copy()
if 'API_KEY' in env:
    A = env['API_KEY']
B = env.get('B_TOKEN', 'b')
C = json.loads(env['C_CREDENTIALS'])
D = env.get('D_TOKEN', env.get('E_TOKEN'))
F = env.get('F_TOKEN', env.get('G'))
"""
    after = """\
import json
import os

from shop.aws_secrets import get_secret, has_secret

env = os.environ.copy()
if has_secret('api-key'):
    A = get_secret('api-key')
B = get_secret('b-token', 'b')
C = json.loads(get_secret('c-credentials', lambda: os.environ['C_CREDENTIALS']))
D = get_secret('d-token', get_secret('e-token', None))
F = get_secret('f-token', env.get('G'))
"""
    check(before, after)


@pytest.mark.parametrize(
    ("read", "call"),
    [
        pytest.param(
            'os.getenv("API_KEY", os.environ["A_KEY"])',
            'get_secret("api-key", get_secret("a-key"))',
            id="required default",
        ),
        pytest.param(
            'os.getenv("API_KEY", os.getenv("A_KEY", os.getenv("B_KEY", "b")))',
            'get_secret("api-key", get_secret("a-key", get_secret("b-key", "b")))',
            id="three reads",
        ),
        pytest.param(
            """os.getenv("API_KEY", ('{"x": "%s"}' % os.getenv("A_KEY")))""",
            """get_secret("api-key", ('{"x": "%s"}' % get_secret("a-key", None)))""",
            id="computed text in parentheses",
        ),
        pytest.param(
            """os.getenv("API_KEY", f"x-{os.getenv('A_KEY')}")""",
            """get_secret("api-key", f"x-{get_secret('a-key', None)}")""",
            id="f-string",
        ),
        pytest.param(
            """os.getenv("API_KEY", "x-" + os.getenv("A_KEY", ""))""",
            """get_secret("api-key", "x-" + get_secret("a-key", ""))""",
            id="sum",
        ),
        pytest.param(
            'os.getenv("API_KEY", default=os.getenv("A_KEY"))',
            'get_secret(\n    "api-key", lambda: os.getenv("API_KEY", default=get_secret("a-key", None))\n)',
            id="keyword",
        ),
    ],
)
def test_a_read_as_default_stays_in_place(read, call):
    head = "import os\n\n" if "os." in call else ""
    check(f"import os\n\nX = {read}\n", f"{head}{HEAD}\nX = {call}\n")


ENVIRONS = "from environs import env"
OWN = "from environs import Env\n\nenv = Env()"


@pytest.mark.parametrize(
    ("env", "read", "call"),
    [
        pytest.param(ENVIRONS, 'env.str("API_KEY", None)', 'get_secret("api-key", None)', id="str"),
        pytest.param(ENVIRONS, 'env("API_KEY", "")', 'get_secret("api-key", "")', id="call"),
        pytest.param(
            OWN, 'env.str("API_KEY", default="")', 'get_secret("api-key", "")', id="own object"
        ),
    ],
)
def test_reads_with_environs_need_no_lambda(env, read, call):
    after, _ = rewritten(f"{env}\n\nDEBUG = env.bool('DEBUG')\nX = {read}\n")
    assert f"X = {call}\n" in after.decode()


@pytest.mark.parametrize(
    ("env", "read"),
    [
        pytest.param(ENVIRONS, 'env.str("API_KEY")', id="no default"),
        pytest.param(ENVIRONS, 'env.str("API_KEY", "", validate=f)', id="validated"),
        pytest.param(ENVIRONS, 'env.json("API_KEY", None)', id="converted"),
        pytest.param(
            "from environs import Env\n\nenv = Env(expand_vars=True)",
            'env.str("API_KEY", None)',
            id="expands variables",
        ),
        pytest.param(
            "from environs import FileAwareEnv\n\nenv = FileAwareEnv()",
            'env.str("API_KEY", None)',
            id="reads files",
        ),
        pytest.param(
            "import environ\n\nenv = environ.Env()", 'env.str("API_KEY", None)', id="django-environ"
        ),
        pytest.param(
            f"{OWN}\n\n\ndef env(name, default=None):\n    return name",
            'env("API_KEY", None)',
            id="function with the same name",
        ),
    ],
)
def test_other_reads_with_objects_keep_their_lambda(env, read):
    after, _ = rewritten(f"{env}\n\nDEBUG = env.bool('DEBUG')\nX = {read}\n")
    assert f'get_secret("api-key", lambda: {read})' in " ".join(after.decode().split())


def test_a_read_without_a_default_keeps_the_import_in_use():
    after, _ = rewritten(f'{ENVIRONS}\n\nX = env.str("API_KEY", None)\nY = env.str("B_KEY")\n')
    assert 'X = get_secret("api-key", None)' in after.decode()


def test_an_import_that_would_be_unused_keeps_the_lambda():
    after, _ = rewritten(f'{ENVIRONS}\n\nX = env.str("API_KEY", None)\n')
    assert "lambda: env.str(" in after.decode()


def test_a_call_without_arguments_needs_no_lambda():
    check(
        "import environ\n\nenv = environ.Env()\nDATABASES = {'default': env.db()}\n",
        "import environ\n\nfrom shop.aws_secrets import get_secret\n\nenv = environ.Env()\n"
        "DATABASES = {'default': get_secret('database-url', env.db)}\n",
    )
    check(
        "from configurations import Configuration, values\n\n\nclass Base(Configuration):\n"
        "    API_KEY = values.Value()\n",
        "from configurations import Configuration, values\n\n"
        "from shop.aws_secrets import get_secret\n\n\nclass Base(Configuration):\n"
        '    API_KEY = get_secret("django-api-key", values.Value)\n',
    )


@pytest.mark.parametrize(
    "assignment", ["x = {}", "x: str = {}", "if x := {}:\n    pass", "o.x = {}"]
)
def test_keeps_the_expression_of_a_name_that_is_parsed_later(assignment):
    name = "o.x" if assignment.startswith("o") else "x"
    text = f"import json\nimport os\n\n{assignment}\ny = json.loads({name})\n"
    after, _ = rewritten(text.format("os.environ.get('A_CREDENTIALS')"))
    assert b"get_secret('a-credentials', lambda: os.environ.get('A_CREDENTIALS'))" in after


def test_joins_a_plain_read_of_several_lines():
    check(
        'import os\n\nX = os.environ.get(\n    "API_KEY",\n    "d",\n)\n',
        f'{HEAD}\nX = get_secret("api-key", "d")\n',
    )
    default = "d" * 70
    check(
        f'import os\n\nX = os.environ.get(\n    "API_KEY",\n    "{default}",\n)\n',
        f'{HEAD}\nX = get_secret(\n    "api-key", "{default}"\n)\n',
    )


def test_a_computed_default_needs_no_lambda():
    check(
        "import os\n\nX = os.environ.get('DATABASE_URL',\n"
        "    'sqlite:///' + os.path.join(basedir, 'data-of-the-shop.sqlite'))\n",
        "import os\n\nfrom shop.aws_secrets import get_secret\n\nX = get_secret(\n"
        "    'database-url', 'sqlite:///' + os.path.join(basedir, 'data-of-the-shop.sqlite')\n)\n",
    )


def test_a_computed_default_that_serves_production_needs_no_lambda():
    check(
        "import os\n\nDATABASES = {'default': {\n    'ENGINE': 'x',\n"
        "    'NAME': os.environ.get('DB_NAME', BASE_DIR / 'db.sqlite3'),\n"
        "    'HOST': os.environ.get('DB_HOST', 'db'),\n"
        "    'PASSWORD': os.environ.get('DB_PASSWORD', 'dev'),\n}}\n",
        HEAD + "\nDATABASES = {'default': {\n    'ENGINE': 'x',\n"
        "    'NAME': get_secret(\n        'database-credentials:database', BASE_DIR / 'db.sqlite3', optional=True\n    ),\n"
        "    'HOST': get_secret('database-credentials:host', 'db'),\n"
        "    'PASSWORD': get_secret('database-credentials:password', 'dev'),\n}}\n",
    )


def test_a_default_from_another_secret_keeps_its_lambda():
    after, _ = rewritten(
        "from decouple import config\nimport os\n\nX = os.getenv('API_KEY', 'a' + config('B_TOKEN'))\n"
    )
    assert "lambda: os.getenv(" in after.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            'json.loads(os.environ["A_TOKENS"])',
            'json.loads(get_secret("a-tokens-value", lambda: os.environ["A_TOKENS"]))',
            id="parsed",
        ),
        pytest.param(
            'f(json.loads(s=os.getenv("A_TOKENS", "{}")))',
            'f(json.loads(s=get_secret("a-tokens-value", lambda: os.getenv("A_TOKENS", "{}"))))',
            id="parsed, with a default",
        ),
        pytest.param(
            'json.loads(base64.b64decode(os.environ["A_TOKENS"]) + os.environ["X"])',
            'json.loads(base64.b64decode(get_secret("a-tokens-value")) + os.environ["X"])',
            id="decoded before",
        ),
        pytest.param(
            'os.environ["A_TOKEN_JSON"]',
            'get_secret("a-token-json", lambda: os.environ["A_TOKEN_JSON"])',
            id="by its name",
        ),
    ],
)
def test_a_json_document_keeps_its_expression(before, after):
    check(
        f"import json\nimport os\n\nX = {before}\n",
        f"import json\nimport os\n\nfrom shop.aws_secrets import get_secret\n\nX = {after}\n",
    )


def test_fields_are_named_after_a_colon():
    check(
        """\
import os

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": os.environ.get("DATABASE_NAME", "storefront"),
        "USER": os.environ["DATABASE_USER"],
        "PASSWORD": os.environ["DATABASE_PASSWORD"],
    }
}
BROKER = f"amqp://shop:{os.environ['RABBITMQ_PASSWORD']}@host"
""",
        """\
from shop.aws_secrets import get_secret

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": get_secret("database-credentials:database", "storefront"),
        "USER": get_secret("database-credentials:username"),
        "PASSWORD": get_secret("database-credentials:password"),
    }
}
BROKER = f"amqp://shop:{get_secret('rabbitmq-password')}@host"
""",
    )


def test_expressions_need_no_variable():
    manifest = Manifest(
        app=App(name="shop", runtime="shop/aws_secrets.py"),
        secret=(
            Secret(name="our/key", env="API_KEY", optional=True),
            Secret(name="mail", fields={"password": "MAIL_PASSWORD"}),
        ),
    )
    text = (
        'from decouple import config\n\nX = config("API_KEY", default="d")\n'
        'Y = config("MAIL_PASSWORD")\n'
    )
    after, _ = rewritten(text, manifest=manifest)
    assert 'X = get_secret("our/key", lambda: config("API_KEY", default="d"))\n' in after.decode()
    assert 'Y = get_secret("mail:password", lambda: config("MAIL_PASSWORD"))\n' in after.decode()


def test_package_runtime_keeps_the_expression_and_its_arguments():
    manifest = Manifest(
        app=App(name="shop", runtime="package"), secret=(Secret(name="our/key", env="API_KEY"),)
    )
    after, _ = rewritten("import os\n\nX = os.environ['API_KEY']\n", manifest=manifest)
    assert after.decode() == (
        "import os\n\nfrom shield_runtime import get_secret\n\n"
        "X = get_secret('our/key', lambda: os.environ['API_KEY'], env='API_KEY')\n"
    )


@pytest.mark.parametrize("value", ["", "text", '{"a": 1}', "[1]", " x "])
def test_aws_off_returns_the_variable_as_it_is(value, monkeypatch):
    client = SecretsManagerClient({"a": "A_VAR", "b": {"field": "B_VAR"}})
    for reference, variable in (("a", "A_VAR"), ("b:field", "B_VAR")):
        monkeypatch.setenv(variable, value)
        assert client.get_secret(reference) == value
        assert client.get_secret(reference, "default") == value


@pytest.mark.parametrize("default", [None, "", "d", 5, False, [], {}, b"x"])
def test_aws_off_returns_the_default_itself(default, monkeypatch):
    monkeypatch.delenv("A_VAR", raising=False)
    assert SecretsManagerClient({"a": "A_VAR"}).get_secret("a", default) is default


def test_aws_off_a_missing_variable_is_a_key_error_that_names_it(monkeypatch):
    monkeypatch.delenv("B_VAR", raising=False)
    client = SecretsManagerClient({"b": {"field": "B_VAR"}})
    with pytest.raises(KeyError, match="B_VAR") as caught:
        client.get_secret("b:field")
    assert caught.type is SecretNotFoundError
