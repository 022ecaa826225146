from __future__ import annotations

import pytest

FORMS = {
    "a mapped getter": "import os\nX, Y = map(os.environ.get, ('API_KEY', 'LANG'))",
    "names in a variable": "import os\nNAMES = ['API_KEY']\nX = list(map(os.getenv, NAMES))",
    "a bound name": "import os\nfrom functools import partial\nf = partial(os.getenv, 'API_KEY')",
    "percent": "import os\nX = 'Bearer %(API_KEY)s' % os.environ",
    "format": "import os\nX = 'Bearer {API_KEY}'.format(**os.environ)",
    "format with an item": "import os\nX = 'Bearer {0[API_KEY]}'.format(os.environ)",
    "format_map": "import os\nT = 'Bearer {API_KEY}'\nX = T.format_map(os.environ)",
    "a template": "import os, string\nX = string.Template('$API_KEY').substitute(os.environ)",
    "expandvars": "import os\nX = os.path.expandvars('Bearer ${API_KEY}')",
    "a shell": "import subprocess\nsubprocess.run('curl -H $API_KEY', shell=True)",
    "itemgetter": "import os, operator\nX, Y = operator.itemgetter('API_KEY', 'LANG')(os.environ)",
    "a set": "import os\nX = {'API_KEY'} - set(os.environ)",
    "a function with a similar name": "import os\nX = settings(os.environ, 'API_KEY')",
    "a pattern": "import os\nmatch os.environ:\n    case {'API_KEY': x}:\n        print(x)",
    "a comparison in a loop": "import os\nX = next(v for k, v in os.environ.items() if k == 'API_KEY')",
    "bytes": "import os\nX = os.environb[b'API_KEY']",
    "a namespace": "import os, types\nenv = types.SimpleNamespace(**os.environ)\nX = env.API_KEY",
    "an attribute": "import os\nclass E:\n    def __getattr__(self, n):\n        return os.environ[n]\nX = E().API_KEY",
    "a descriptor": "import os\nclass V:\n    def __init__(self, n):\n        self.n = n\n    def __get__(self, o, t):\n        return os.environ[self.n]\nclass S:\n    x = V('API_KEY')",
    "several names": "import os\ndef first(*names):\n    for n in names:\n        if os.environ.get(n):\n            return os.environ[n]\nX = first('API_KEY')",
}  # fmt: skip


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in FORMS.items()])
def test_reports_a_secret_that_is_named_beside_the_environment(sites, text):
    reason = "read in an unsupported form: use os.environ.get()"
    assert sites(text) == [("read", "API_KEY", reason)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import os\nos.environ.update({'API_KEY': x})", id="an update"),
        pytest.param("import os\npatch.setenv(os.environ, 'API_KEY', x)", id="setenv"),
        pytest.param("import os\nset_all(os.environ, 'API_KEY', x)", id="a function that writes"),
        pytest.param("import os\nupdateEnv(os.environ, 'API_KEY', x)", id="camel case"),
        pytest.param("import os\nrun(['x'], env={**os.environ, 'API_KEY': x})", id="of a child"),
        pytest.param("import os\nf(os.environ.copy(), config['API_KEY'])", id="another argument"),
        pytest.param("import os\nos.environ['LANG'] = config['API_KEY']", id="another mapping"),
        pytest.param("def app(environ, start):\n    environ.get('HTTP_API_KEY')", id="WSGI"),
        pytest.param("import os\nX = '%(LANG)s' % os.environ", id="not a secret"),
        pytest.param(
            "import os\ndef export(n):\n    os.environ[n] = 'x'\nexport('API_KEY')", id="a writer"
        ),
    ],
)
def test_reports_no_other_names(sites, text):
    assert sites(text) == []


@pytest.mark.parametrize(
    ("call", "function"),
    [
        pytest.param("@click.option('--k', envvar='API_KEY')\ndef f(k): ...", "click.option", id="click"),
        pytest.param("def f(k: Annotated[str, typer.Option(envvar=['API_KEY'])]): ...", "typer.Option", id="typer"),
        pytest.param("p.add_argument('--k', env_var='API_KEY')", "p.add_argument", id="ConfigArgParse"),
    ],
)  # fmt: skip
def test_reports_the_variable_of_an_option(sites, call, function):
    reason = f"{function}() reads the variable itself: pass the value as an argument first"
    assert sites(f"import click, typer\n{call}") == [("read", "API_KEY", reason)]


def test_follows_a_function_with_a_name_that_reads_variables_into_other_files(scanned):
    conf = "import os\nclass Conf:\n    def require(self, name):\n        return os.environ[name]\n"
    client = "def connect(conf):\n    return conf.require('API_KEY')\n"
    found = scanned({"conf.py": conf, "shop/client.py": client}).findings
    assert [(f.path, f.env) for f in found] == [("shop/client.py", "API_KEY")]


@pytest.mark.parametrize(
    ("argument", "variables"),
    [
        pytest.param("(env_fallback, ['API_KEY', 'OLD_KEY'])", ["API_KEY", "OLD_KEY"], id="names"),
        pytest.param("(env_fallback, ['API_HOST'])", [], id="not a secret"),
        pytest.param("(other, ['API_KEY'])", [], id="another function"),
    ],
)
def test_reports_the_variables_of_an_ansible_module(sites, argument, variables):
    code = "from ansible.module_utils.basic import env_fallback\n"
    found = sites(f"{code}SPEC = dict(key=dict(no_log=True, fallback={argument}))")
    reason = "env_fallback() reads the variable itself: pass the value as an argument first"
    assert found == [("read", variable, reason) for variable in variables]


def test_reports_the_variables_of_an_ansible_module_outside_the_settings(scanned):
    text = (
        "from ansible.module_utils.basic import AnsibleModule, env_fallback\n"
        "class M(AnsibleModule):\n"
        "    SPEC = dict(key=dict(fallback=(env_fallback, ['SHOP_PASSWORD'])))\n"
    )
    found = scanned({"plugins/module.py": text}).findings
    assert [f.env for f in found] == ["SHOP_PASSWORD"]


BY_LIST = (
    "import os\n"
    "def set_one(module, name, default=None):\n"
    "    module[name] = os.getenv(name, default)\n"
    "def set_all(module, settings):\n"
    "    for s in settings:\n"
    "        set_one(module, s)\n"
)


@pytest.mark.parametrize(
    ("call", "variables"),
    [
        pytest.param("set_all(vars(), ['API_KEY', 'LANG'])", ["API_KEY"], id="names"),
        pytest.param("set_all(vars(), [Setting('API_KEY', default=None)])", ["API_KEY"], id="object"),
        pytest.param("set_all(vars(), ['LANG'])", [], id="not a secret"),
    ],
)  # fmt: skip
def test_follows_a_list_of_names_into_another_file(scanned, call, variables):
    found = scanned({"env.py": BY_LIST, "settings.py": f"from env import set_all\n{call}\n"})
    assert [(f.path, f.env) for f in found.findings if f.env] == [
        ("settings.py", v) for v in variables
    ]


@pytest.mark.parametrize(
    ("call", "found"),
    [
        pytest.param("database_url_from_env('DATABASE_CREDENTIALS')", True, id="secret"),
        pytest.param("database_url_from_env('DATABASE_HOSTS')", False, id="no secret"),
        pytest.param("database_url('DATABASE_CREDENTIALS')", False, id="another function"),
    ],
)
def test_reports_a_variable_that_a_function_of_a_library_reads(sites, call, found):
    text = f"from copilot.database import database_url, database_url_from_env\nimport os\nURL = {call}\n"
    reason = (
        "database_url_from_env() reads the variable itself: pass the value as an argument first"
    )
    assert sites(text) == [("read", "DATABASE_CREDENTIALS", reason)] * found


@pytest.mark.parametrize(
    ("default", "is_moved"),
    [
        pytest.param("url_from_env('DATABASE_CREDENTIALS')", False, id="variable of the platform"),
        pytest.param("'sqlite://'", True, id="text"),
    ],
)
def test_a_database_url_before_the_variable_of_a_platform_stays(sites, default, is_moved):
    head = "import dj_database_url\nfrom copilot.database import url_from_env\n"
    read = f"DATABASES = {{'default': dj_database_url.config(default={default})}}\n"
    found = sites(f"{head}import os\n{read}URL = os.getenv('DATABASE_URL')\n")
    reasons = [reason for _, variable, reason in found if variable == "DATABASE_URL"]
    assert [reason == "" for reason in reasons] == [is_moved] * 2
