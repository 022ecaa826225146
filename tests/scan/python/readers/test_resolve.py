from __future__ import annotations

import pytest
from scaling import assert_linear
from shield_helpers import reason_of

from shield_ai.model.skip import SkipId

READS = {
    "environ subscript": "import os\nX = os.environ['API_KEY']",
    "environ get": "import os\nX = os.environ.get('API_KEY')",
    "environ pop": "import os\nX = os.environ.pop('API_KEY', '')",
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
    "django-environ subclass": "import environ\nclass Env(environ.Env):\n    pass\nenv = Env()\nX = env('API_KEY')",
    "django-smart-env": "from smart_env import SmartEnv\nenv = SmartEnv(API_KEY=(str, ''))\nX = env('API_KEY')",
    "environs": "from environs import Env\nenv = Env()\nX = env.str('API_KEY')",
    "environs prefixed": "from environs import Env\nenv = Env()\nwith env.prefixed('API_'):\n    X = env('KEY')",
    "environs ready made": "from environs import env\nX = env('API_KEY')",
    "decouple": "from decouple import config\nX = config('API_KEY', cast=str)",
    "decouple other name": "from decouple import AutoConfig\nread = AutoConfig(search_path='/etc')\nX = read('API_KEY')",
    "starlette": "from starlette.config import Config\nconfig = Config('.env')\nX = config('API_KEY', cast=str)",
    "starlette prefix": "from starlette.config import Config\nc = Config(env_prefix='API_')\nX = c('KEY')",
    "everett": "from everett.manager import ConfigManager\nc = ConfigManager.basic_config()\nX = c('api_key', default='')",
    "everett by sources": "from everett.manager import *\nc = ConfigManager([ConfigOSEnv()])\nX = c('API_KEY')",
    "servicelayer": "from servicelayer import env\nX = env.get('API_KEY')",
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


@pytest.mark.parametrize(
    ("assigned", "found"),
    [
        pytest.param("env.prefix = 'SHOP_'", ("read", "SHOP_API_KEY", ""), id="a constant"),
        pytest.param(
            "P = 'SHOP'\nenv.prefix = P + '_'", ("read", "SHOP_API_KEY", ""), id="a joined text"
        ),
        pytest.param(
            "env.prefix = f()",
            (
                "read",
                "",
                "the name of the variable is computed; keep all variables set that it can name",
            ),
            id="computed",
        ),
        pytest.param(
            "env.prefix = 'A_'\nenv.prefix = 'B_'",
            (
                "read",
                "",
                "the name of the variable is computed; keep all variables set that it can name",
            ),
            id="changed",
        ),
    ],
)
def test_adds_the_prefix_that_is_assigned_to_django_environ(sites, assigned, found):
    base = f"import environ\nenv = environ.Env()\n{assigned}\n"
    assert sites(f"{base}API_KEY = env.str('API_KEY')") == [found]
    files = {"shop/base.py": base}
    assert sites("from shop.base import env\nAPI_KEY = env('API_KEY')", files) == [found]
    helper = "def get(name):\n    return env(name)\n"
    assert sites(f"{base}{helper}API_KEY = get('API_KEY')") == [found]


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


IN_AWS = "already reads AWS Secrets Manager"
ASKS_AWS = "    return client.get_secret_value(SecretId=name)['SecretString']\n"


@pytest.mark.parametrize(
    ("helpers", "reason"),
    [
        pytest.param(f"def read(name):\n    x = os.getenv(name)\n{ASKS_AWS}", IN_AWS, id="itself"),
        pytest.param(
            f"def aws(name):\n{ASKS_AWS}def read(name):\n    return os.getenv(name) or aws(name)\n",
            IN_AWS,
            id="through another function",
        ),
        pytest.param(
            "from shop.cloud import aws\ndef read(name):\n    return os.getenv(name) or aws(name)\n",
            IN_AWS,
            id="through another module",
        ),
        pytest.param(
            "def read(name):\n    return SecretStr(os.getenv(name)).get_secret_value()\n",
            "",
            id="pydantic",
        ),
    ],
)
def test_a_helper_that_reads_aws_is_not_migrated(sites, helpers, reason):
    files = {
        "shop/tools.py": f"import os\n{helpers}",
        "shop/cloud.py": f"def aws(name):\n{ASKS_AWS}",
    }
    found = sites("from shop.tools import read\nX = read('API_KEY')", files)
    assert found == [("read", "API_KEY", f"read() {reason}" if reason else "")]


FILE = "f(n):\n    p = Path('/run/secrets', n)\n    if p.exists():\n        return p.read_text()\n"
FILE_NAME = "f(n, d=None):\n    if x := getenv(n + '_FILE'):\n        if not Path(x).is_file():\n            raise E\n        return Path(x).read_text()\n"


@pytest.mark.parametrize(
    ("helper", "call", "optional"),
    [
        pytest.param("f(n, d=''):\n    return getenv(n, d)", "f('API_KEY')", True, id="empty"),
        pytest.param("f(n, d=None):\n    return getenv(n, d)", "f('API_KEY')", True, id="None"),
        pytest.param("f(n, *, d=''):\n    return getenv(n, d)", "f('API_KEY')", True, id="keyword"),
        pytest.param("f(n, d):\n    return getenv(n, d)", "f('API_KEY')", False, id="none"),
        pytest.param("f(n, d='x'):\n    return getenv(n, d)", "f('API_KEY')", False, id="a text"),
        pytest.param(
            "f(n, d=''):\n    return getenv(n, d)", "f('API_KEY', d=x)", False, id="passed"
        ),
        pytest.param(
            "f(n, d=''):\n    return getenv(n, d)", "f('API_KEY', *x)", False, id="unpacked"
        ),
        pytest.param(
            "f(n, d=''):\n    return need(getenv(n, d))", "f('API_KEY')", False, id="used"
        ),
        pytest.param(
            "f(n, d=''):\n    if not getenv(n, d):\n        raise E\n    return getenv(n, d)",
            "f('API_KEY')",
            False,
            id="checked",
        ),
        pytest.param("f(n):\n    return getenv(n)", "f('API_KEY')", True, id="no default"),
        pytest.param("f(n):\n    return getenv(n, '')", "f('API_KEY')", True, id="a constant"),
        pytest.param("f(n):\n    return environ.get(n)", "f('API_KEY')", True, id="environ.get"),
        pytest.param("f(n):\n    return environ[n]", "f('API_KEY')", False, id="environ[]"),
        pytest.param("f(n):\n    return int(getenv(n))", "f('API_KEY')", False, id="converted"),
        pytest.param(
            "f(n):\n    v = getenv(n)\n    assert v\n    return getenv(n)",
            "f('API_KEY')",
            False,
            id="asserted",
        ),
        pytest.param("f(n, d=None):\n    v = environ.get(n) or d\n    return v.strip() if v else v", "f('API_KEY')", True, id="changed if set"),
        pytest.param("f(n, d=None):\n    v = environ.get(n) or d\n    return v.strip() if v else 'x'", "f('API_KEY')", False, id="changed if set, else a text"),
        pytest.param("f(n, d=None):\n    v = environ.get(n)\n    return v if DEBUG else None", "f('API_KEY')", False, id="another condition"),
        pytest.param("f(n):\n    v = getenv(n)\n    return v and v.strip()", "f('API_KEY')", True, id="changed and set"),
        pytest.param("f(n):\n    v = getenv(n)\n    v = v.strip() if v else v\n    return v", "f('API_KEY')", True, id="assigned again"),
        pytest.param("f(n):\n    return getenv(n) or need(n)", "f('API_KEY')", False, id="or a call"),
        pytest.param("f(n):\n    v = v\n    v = getenv(n)\n    return v", "f('API_KEY')", True, id="assigned to itself"),
        pytest.param("f(n, d='x'):\n    d = d or ''\n    return getenv(n) or d", "f('API_KEY')", False, id="a text assigned again"),
        pytest.param(f"{FILE}    return getenv(n)", "f('API_KEY')", True, id="a file first"),
        pytest.param(
            f"{FILE_NAME}    return getenv(n, d)", "f('API_KEY')", True, id="NAME_FILE first"
        ),
        pytest.param(
            f"{FILE_NAME}    return getenv(n, d)", "f('API_KEY', 'x')", True, id="a passed text"
        ),
        pytest.param(
            "f(n):\n    if not getenv(n + '_FILE'):\n        raise E\n    return getenv(n)",
            "f('API_KEY')",
            False,
            id="a required file",
        ),
        pytest.param(
            "f(n):\n    if x := getenv(n + '_FILE'):\n        return x\n    else:\n        raise E\n    return getenv(n)",
            "f('API_KEY')",
            False,
            id="else an error",
        ),
        pytest.param(
            "getenv(n, *, must=False, d=None):\n    v = environ.get(n) or d\n    if must and not v:\n        raise E\n    return v",
            "getenv('API_KEY')",
            True,
            id="no flag",
        ),
        pytest.param(
            "getenv(n, *, must=False, d=None):\n    v = environ.get(n) or d\n    if must and not v:\n        raise E\n    return v",
            "getenv('API_KEY', must=True)",
            False,
            id="flag",
        ),
    ],
)  # fmt: skip
def test_an_empty_default_in_the_signature_of_a_helper(scanned, helper, call, optional):
    text = f"from os import environ, getenv\nfrom pathlib import Path\ndef {helper}\nX = {call}\n"
    [site] = [site for _, site in scanned({"settings.py": text}).sites]
    assert (site.variable, site.optional) == ("API_KEY", optional)


def test_circular_imports_end(sites):
    files = {"shop/a.py": "from shop.b import x\n", "shop/b.py": "from shop.a import x\n"}
    assert sites("from shop.a import x\nX = x('API_KEY')", files) == []


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
    found = scanned({"settings.py": text}).sites
    assert [f.name for f, _ in found] == expected
    assert all("computed" in reason_of(site) for _, site in found)


FALLBACK = """\
import os
def conf(key, other=None):
    return os.environ.get(key) or other and os.environ.get(other)
X = conf({})
"""


@pytest.mark.parametrize(
    ("arguments", "is_moved"),
    [
        pytest.param("'API_KEY'", True, id="one variable"),
        pytest.param("'API_KEY', None", True, id="no other variable"),
        pytest.param("'API_KEY', 'OTHER_KEY'", False, id="another variable"),
        pytest.param("'API_KEY', other='OTHER_KEY'", False, id="by keyword"),
    ],
)
def test_a_helper_that_reads_another_variable_instead_is_not_migrated(scanned, arguments, is_moved):
    [(_, site)] = scanned({"settings.py": FALLBACK.format(arguments)}).sites
    assert site.variable == "API_KEY"
    expected = (
        "conf() can read another variable instead; keep the variables API_KEY and OTHER_KEY set"
        " for it"
    )
    assert reason_of(site) == ("" if is_moved else expected)


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
            "conf() tries stored() first, which can have another value",
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
    ("text", "reader"),
    [
        pytest.param(
            "from corp.settings import config\nX = config('API_KEY', default='')",
            "corp.settings.config",
            id="a function",
        ),
        pytest.param(
            "from corp.envs import get_string\nX = get_string(name='API_KEY', default='')",
            "corp.envs.get_string",
            id="by keyword",
        ),
        pytest.param(
            "from corp.common import envs\nX = envs.get_string('API_KEY')",
            "corp.common.envs.get_string",
            id="in a module",
        ),
        pytest.param(
            "from corp.settings import *\nX = getenv('API_KEY')",
            "corp.settings.getenv",
            id="by a star import",
        ),
    ],
)
def test_reads_of_unknown_libraries_stay(sites, text, reader):
    # mitol.common.envs keeps dict(os.environ): get_secret() can't show it a secret
    reason = f"{reader} is not in the app, and may read a copy of the environment"
    assert ("read", "API_KEY", f"{reason}: use os.environ") in sites(text)


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


@pytest.mark.parametrize(
    ("argument", "found"),
    [
        pytest.param("environ={'API_KEY': settings.API_KEY}", [], id="mapping of the app"),
        pytest.param("environ=os.environ", [("read", "API_KEY", "")], id="environment"),
    ],
)
def test_starlette_can_read_a_mapping_of_the_app(sites, argument, found):
    text = f"import os\nfrom starlette.config import Config\nconfig = Config({argument})\nX = config.get('API_KEY')"
    assert sites(text) == found


def test_functions_of_the_app_win_over_guesses(sites):
    base = {"shop/base.py": "import os\ndef env(name):\n    return os.environ['SHOP_' + name]\n"}
    assert sites("from shop.base import *\nfrom corp.base import *\nX = env('API_KEY')", base) == [
        ("read", "SHOP_API_KEY", "")
    ]


def test_cfenv_tries_the_services_first(sites):
    text = "from cfenv import AppEnv\nenv = AppEnv()\nX = env.get_credential('API_KEY', '')\nY = env.get_service(name='SECRET')"
    assert sites(text) == [
        ("read", "API_KEY", "cfenv tries VCAP_SERVICES first, which can have another value")
    ]


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


def test_finds_the_calls_of_a_helper_instead_of_its_read(sites):
    helper = "import os\ndef get(k):\n    return os.environ[k]\n"
    text = helper + "X = [get(k) for k in ['A_TOKEN', 'B_TOKEN']]\nY = get('A_TOKEN')"
    assert sites(text) == [("read", "", ""), ("read", "A_TOKEN", "")]


def test_another_function_named_get_secret_is_a_helper(sites):
    files = {"shop/vault.py": "import os\ndef get_secret(name):\n    return os.environ[name]\n"}
    assert sites("from shop.vault import get_secret\nX = get_secret('API_KEY')", files) == [
        ("read", "API_KEY", "")
    ]


@pytest.mark.parametrize("name", [".local.py", "base.local.py", "local.py"])
def test_a_star_import_into_a_file_with_dots_in_its_name(scanned, name):
    files = {
        "shop/settings/__init__.py": "",
        "shop/settings/base.py": "import os\n",
        f"shop/settings/{name}": "from .base import *\nX = os.environ['API_KEY']\n",
    }
    found = scanned(files).findings
    assert [f.path for f in found if f.env == "API_KEY"] == [f"shop/settings/{name}"]


HELPER = """from corp.env import env_opt, env_str
def env_legacy(name, old_name, default):
    old = env_opt(old_name)
    return old if old is not None else env_str(name, default)
"""


def test_names_the_variables_of_a_helper_around_a_function_of_an_unknown_library(sites):
    text = HELPER + "X = env_legacy('INDEX_PASSWORD', 'ELASTIC_PASSWORD', '')\n"
    reason = SkipId.UNKNOWN_READER.reason(reader="corp.env.env_opt").text
    assert sites(text) == [
        ("read", "ELASTIC_PASSWORD", reason),
        ("read", "INDEX_PASSWORD", reason),
    ]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("cls.URL", [("read", "SHOP_DATABASE_URL", "")], id="attribute"),
        pytest.param("cls.OTHER", [], id="unknown attribute"),
    ],
)
def test_the_name_of_a_variable_can_be_an_attribute_of_the_class(sites, name, found):
    text = f"""import os
class Configuration:
    URL = "SHOP_DATABASE_URL"

    @classmethod
    def database_url(cls):
        return os.environ[{name}]
"""
    assert sites(text) == found
    subclass = {"shop/test.py": 'class Test(Configuration):\n    URL: str = "TEST_DATABASE_URL"\n'}
    assert sites(text, subclass) == []


def test_many_names_of_the_value_of_a_helper_take_linear_time(sites):
    def find(count):
        lines = "".join(f"    v{n + 1} = v{n} or v{n}\n" for n in range(count))
        text = f"import os\ndef f(n):\n    v0 = os.getenv(n)\n{lines}    return v{count}\n"
        assert len(sites(f"{text}X = f('API_KEY')\n")) == 1

    assert_linear(find, 100)
