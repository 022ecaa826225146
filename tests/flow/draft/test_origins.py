from __future__ import annotations

import pytest

from shield_ai.flow.draft.origins import choose_origins, missing_variables
from shield_ai.model.finding import Kind
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest import Secret
from shield_ai.project.values import Values
from shield_ai.scan.python.app_scan import scan_files


def test_ignores_values_in_example_settings():
    token = Secret(name="shop-token", env="SHOP_TOKEN")
    raws = dict.fromkeys(
        ("shop/settings.py", "shop/settings.example.py"), b"SHOP_TOKEN = 'k3y-of-a-test'"
    )

    def origins(*paths):
        found = scan_files("shop", list(paths), raws.get).sites
        return [origin.locator for origin in choose_origins(token, found, raws.get, {}, {})[0]]

    assert origins(*raws) == origins("shop/settings.py") == ["code:shop/settings.py#13-28"]
    assert origins("shop/settings.example.py") == []


def test_takes_the_port_of_pydantic_settings_from_the_code():
    """With AWS on, pydantic's defaults don't serve, so that the secret needs every field."""
    fields = {"password": "DB_PASSWORD", "port": "DB_PORT", "host": "DB_HOST"}
    database = Secret(name="db", kind=Kind.DATABASE, fields=fields)
    text = (
        b"from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n"
        b"    db_host: str = ''\n    db_port: int = 5432\n    db_password: str = 'for-development'\n"
    )
    read = {"shop/settings.py": text}.get
    sites = scan_files("shop", ["shop/settings.py"], read).sites
    origins, _ = choose_origins(database, sites, read, {}, {})
    [origin] = origins
    assert (origin.field, Values({}, {}, read).resolve(origin.source)) == ("port", Hidden("5432"))
    assert missing_variables(database, origins, sites) == ["DB_PASSWORD", "DB_HOST"]


@pytest.mark.parametrize(
    ("path", "text", "is_missing"),
    [
        pytest.param("shop/settings/base.py", "x = os.environ.get('DB_URL')", False, id="default"),
        pytest.param(
            "shop/settings/base.py",
            "x = os.environ.get('DB_URL')\ny = os.environ['DB_URL']",
            True,
            id="also read without a default",
        ),
        pytest.param(
            "shop/settings/test.py", "os.environ.setdefault('DB_URL', '')", True, id="set by tests"
        ),
        pytest.param(
            "shop/settings/test.py", "x = os.environ.get('DB_URL')", True, id="default of tests"
        ),
        pytest.param(
            "shop/settings/local.py", "x = os.environ.get('DB_URL')", True, id="for development"
        ),
        pytest.param(
            "manage.py", "os.environ.setdefault('DB_URL', '')", True, id="set by a script"
        ),
    ],
)
def test_a_default_of_tests_or_development_is_none_in_production(path, text, is_missing):
    url = Secret(name="db-url", env="DB_URL")
    files = {
        "shop/settings/production.py": b"import os\nDB_URL = os.environ['DB_URL']\n",
        path: f"import os\n{text}\n".encode(),
    }
    if not is_missing:
        del files["shop/settings/production.py"]
    sites = scan_files("shop", list(files), files.get, {"DB_URL"}).sites
    assert missing_variables(url, (), sites) == (["DB_URL"] if is_missing else [])
