from __future__ import annotations

import pytest

COPY = "read from an earlier copy of the environment: read os.environ instead"
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
        pytest.param("def f(env):\n    return env['API_KEY']", COPY, id="a parameter"),
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
    reason = "Dynaconf() reads the variable: pass it the value first"
    assert sites(text) == [("read", variable, reason)]
