from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import Source
from shield_ai.scan.python.app.bulk_reads import find_bulk_reads

FLASK = "every variable that begins with FLASK_"


@pytest.mark.parametrize(
    ("text", "in_settings", "reader", "variables"),
    [
        pytest.param("app.config.from_prefixed_env()", False, "from_prefixed_env()", FLASK, id="Flask"),
        pytest.param("c.from_prefixed_env('SHOP')", False, "from_prefixed_env()", FLASK.replace("FLASK", "SHOP"), id="prefix"),
        pytest.param("c.from_prefixed_env(prefix='SHOP')", False, "from_prefixed_env()", FLASK.replace("FLASK", "SHOP"), id="keyword"),
        pytest.param("c.from_prefixed_env(name)", False, "from_prefixed_env()", "every variable that begins with a computed prefix", id="computed"),
        pytest.param("X = {k: v for k, v in os.environ.items()}", True, "os.environ.items()", "every variable", id="comprehension"),
        pytest.param("app.config.update(os.environ)", False, "app.config.update()", "every variable", id="Flask's configuration"),
        pytest.param("Settings(**os.environ)", False, "Settings()", "every variable", id="keywords"),
        pytest.param("dynaconf.Dynaconf(envvar_prefix='SHOP')", False, "Dynaconf()", FLASK.replace("FLASK", "SHOP"), id="dynaconf"),
        pytest.param("dynaconf.Dynaconf(envvar_prefix='')", False, "Dynaconf()", FLASK.replace("FLASK", ""), id="only an underscore"),
        pytest.param("dynaconf.Dynaconf(envvar_prefix=False)", False, "Dynaconf()", "every variable", id="dynaconf without a prefix"),
        pytest.param("import sanic; config.load_environment_vars('')", False, "load_environment_vars()", "every variable", id="sanic without a prefix"),
        pytest.param("import confuse; config.set_env()", False, "set_env()", "every variable", id="confuse"),
        pytest.param("main(auto_envvar_prefix='SHOP')", False, "auto_envvar_prefix", FLASK.replace("FLASK", "SHOP"), id="click"),
        pytest.param("for v in os.environ.values(): f(v)", True, "os.environ.values()", "every variable", id="loop"),
    ],
)  # fmt: skip
def test_finds_reads_of_many_variables(text, in_settings, reader, variables):
    source = Source.from_bytes("config.py", f"import os\n\n{text}\n".encode())
    reason = SkipId.READS_ALL.reason(reader=reader, variables=variables)
    assert find_bulk_reads(source, in_settings=in_settings) == [reason.entry("config.py", 3)]


def test_the_advice_is_limited_to_the_secrets_that_the_code_needs():
    [skip] = find_bulk_reads(
        Source.from_bytes("config.py", b"import os\nx = f(**os.environ)\n"), in_settings=True
    )
    assert skip.reason == "f() reads every variable: keep set those of secrets that it needs"


@pytest.mark.parametrize(
    ("text", "in_settings"),
    [
        pytest.param("for k, v in os.environ.items(): print(k)", False, id="outside settings"),
        pytest.param("for k in os.environ: print(k)", True, id="names only"),
        pytest.param("for k, v in x.items(): print(os.environ[k])", True, id="another dict"),
    ],
)
def test_finds_no_other_loops(text, in_settings):
    source = Source.from_bytes("config.py", f"import os\n{text}\n".encode())
    assert find_bulk_reads(source, in_settings=in_settings) == []
