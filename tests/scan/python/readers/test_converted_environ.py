from __future__ import annotations

import pytest

COPY = "read from an earlier copy of the environment: read os.environ instead"
PARAMETER = "read from a parameter: read os.environ instead"
DEFAULTS = "{'LANG': 'C'}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("X = functools.partial(os.environ.get)('API_KEY')", "", id="a partial"),
        pytest.param("f = functools.partial(os.getenv, default='')\nX = f('API_KEY')", "", id="with a default"),
        pytest.param("X = sys.modules['os'].environ['API_KEY']", "", id="a loaded module"),
        pytest.param("X = __import__('os').environ['API_KEY']", "", id="an import in an expression"),
        pytest.param(f"X = (os.environ | {DEFAULTS})['API_KEY']", COPY, id="a union"),
        pytest.param(f"X = collections.ChainMap(os.environ, {DEFAULTS})['API_KEY']", COPY, id="a chain"),
        pytest.param("X = dict(LANG='C', **os.environ)['API_KEY']", COPY, id="a dict"),
        pytest.param(f"conf = {DEFAULTS}\nconf.update(os.environ)\nX = conf['API_KEY']", COPY, id="an update"),
        pytest.param("def f(env=os.environ):\n    return env['API_KEY']", COPY, id="a default"),
        pytest.param("def f(env):\n    return env['API_KEY']", PARAMETER, id="a parameter"),
    ],
)  # fmt: skip
def test_recognizes_what_is_made_of_the_environment(sites, text, reason):
    imports = "import collections, functools, os, sys\n"
    assert sites(imports + text) == [("read", "API_KEY", reason)]


def test_a_default_beside_the_environment_is_not_a_hardcoded_secret(sites):
    text = "import collections, os\nX = collections.ChainMap(os.environ, {'SECRET_KEY': 'dev-please-change-123'})['SECRET_KEY']"
    assert sites(text) == [("read", "SECRET_KEY", COPY)]


@pytest.mark.parametrize(
    ("call", "variable"),
    [
        pytest.param("Dynaconf(envvar_prefix='SHOP')", "SHOP_API_KEY", id="prefix"),
        pytest.param("Dynaconf(envvar_prefix=False)", "API_KEY", id="no prefix"),
        pytest.param("Dynaconf()", "DYNACONF_API_KEY", id="default"),
    ],
)
def test_dynaconf_reads_variables_with_a_prefix(sites, call, variable):
    text = f"from dynaconf import Dynaconf\nconf = {call}\nX = conf.get('API_KEY')"
    reason = "Dynaconf() reads the variable itself: pass the value as an argument first"
    assert sites(text) == [("read", variable, reason)]


@pytest.mark.parametrize(
    ("imports", "annotation", "read"),
    [
        pytest.param("from environs import Env", "Env", "env.str('A_TOKEN')", id="environs"),
        pytest.param("from environs import Env", "'Env'", "env('A_TOKEN')", id="quoted"),
        pytest.param("import environ", "environ.Env", "env('A_TOKEN')", id="django-environ"),
        pytest.param("import environ", "environ.Env | None", "env('A_TOKEN')", id="or None"),
        pytest.param("from decouple import Config", "Config", "env('A_TOKEN')", id="decouple"),
    ],
)
def test_a_parameter_of_a_known_class_reads_variables(sites, imports, annotation, read):
    text = f"{imports}\ndef f(env: {annotation}):\n    return {read}\n"
    assert sites(text) == [("read", "A_TOKEN", "")]


def test_an_attribute_from_a_parameter_of_a_known_class_reads_variables(sites):
    text = (
        "from environs import Env\nclass A:\n    def __init__(self, env: Env):\n"
        "        self.env = env\n        self.token = self.env.str('A_TOKEN')\n"
    )
    assert sites(text) == [("read", "A_TOKEN", "")]


@pytest.mark.parametrize("parameter", ["env", "env: Mapping[str, str]", "env: Env", "env: '('"])
def test_another_parameter_may_not_be_the_environment(sites, parameter):
    text = f"from lib import Env, Mapping\ndef f({parameter}):\n    return env['A_TOKEN']\n"
    assert sites(text) == [("read", "A_TOKEN", PARAMETER)]


def test_an_annotation_that_is_nested_too_deeply(sites):
    found = sites(f"import os\ndef f(env: '{'-' * 20_000}x'):\n    return env['API_KEY']\n")
    assert [name for _, name, _ in found] == ["API_KEY"]
