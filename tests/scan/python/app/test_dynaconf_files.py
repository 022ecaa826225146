from __future__ import annotations

import pytest

REASON = "Dynaconf reads it from a file: let the app read a variable first"
TOML = "[default]\nPORT = 1\napi_token = 'abc'\n\"DB.PASSWORD\" = 'x'\nEMPTY_TOKEN = {}\n"


@pytest.mark.parametrize(
    ("call", "path"),
    [
        pytest.param("Dynaconf(settings_files=['conf/my.toml'])", "shop/conf/my.toml", id="named"),
        pytest.param("Dynaconf(settings_file='./my.toml')", "my.toml", id="in the app's folder"),
        pytest.param("Dynaconf(secrets='my.toml, other.toml')", "shop/my.toml", id="secrets"),
        pytest.param("dynaconf.DjangoDynaconf(__name__)", "shop/.secrets.toml", id="default"),
        pytest.param("FlaskDynaconf(app)", "settings.toml", id="Flask"),
        pytest.param("LazySettings()", "config/settings.toml", id="folder config"),
    ],
)
def test_secrets_in_files_of_dynaconf_have_a_reason(scanned, call, path):
    code = f"import dynaconf\nfrom dynaconf import *\nSETTINGS = {call}\n"
    found = scanned({"shop/__init__.py": "", "shop/settings.py": code, path: TOML}).file_reads
    assert [(skip.path, skip.line, skip.name, skip.reason) for skip in found] == [
        (path, 3, "api_token", REASON),
        (path, 4, "DB.PASSWORD", REASON),
    ]


def test_yaml_and_json_files(scanned):
    files = {
        "shop/settings.py": "from dynaconf import Dynaconf\nSETTINGS = Dynaconf()\n",
        "shop/settings.yaml": "default:\n  api_token: abc\n  password:  # later\n",
        "shop/.secrets.json": '{"default": {\n  "DB_PASSWORD": "x"}}\n',
    }
    found = scanned({"shop/__init__.py": "", **files}).file_reads
    assert {(skip.path, skip.name) for skip in found} == {
        ("shop/settings.yaml", "api_token"),
        ("shop/.secrets.json", "DB_PASSWORD"),
    }


@pytest.mark.parametrize(
    "code", ["SETTINGS = Other(settings_files=['settings.toml'])", "SETTINGS = 1  # Dynaconf"]
)
def test_other_settings_load_no_files_of_dynaconf(scanned, code):
    files = {"shop/__init__.py": "", "shop/settings.py": code, "shop/settings.toml": TOML}
    assert scanned(files).file_reads == ()


@pytest.mark.parametrize(
    ("value", "variable"),
    [
        ("conf.API_KEY", "SHOP_API_KEY"),
        ("conf['api_key']", "SHOP_API_KEY"),
        ("conf.get('mail.api_key')", "SHOP_MAIL__API_KEY"),
    ],
)
def test_a_variable_of_dynaconf_has_its_reason(sites, value, variable):
    text = f"from dynaconf import Dynaconf\nconf = Dynaconf(envvar_prefix='SHOP')\nX = {value}\n"
    reason = "Dynaconf() reads the variable itself: pass the value as an argument first"
    assert sites(text) == [("read", variable, reason)]
