from __future__ import annotations

import pytest

from shield_ai.flow.draft.origins import choose_origins, missing_variables
from shield_ai.model.finding import Kind
from shield_ai.model.hidden import Hidden
from shield_ai.model.locator import EnvVar
from shield_ai.model.manifest import Secret
from shield_ai.model.plan import Origin
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


@pytest.mark.parametrize(
    ("variable", "kind", "is_used"),
    [
        pytest.param("SHOP_TOKEN", Kind.API_KEY, True, id="token of a provider"),
        pytest.param("STRIPE_SECRET_KEY", Kind.API_KEY, True, id="key of a provider"),
        pytest.param("SLACK_SIGNING_SECRET", Kind.GENERIC, True, id="signing key of a provider"),
        pytest.param("FERNET_KEY", Kind.GENERIC, True, id="key of stored data"),
        pytest.param("SECURITY_PASSWORD_SALT", Kind.GENERIC, True, id="salt"),
        pytest.param("SECRET_KEY", Kind.DJANGO_SECRET_KEY, False, id="Django"),
        pytest.param("SECRET_KEY", Kind.API_KEY, False, id="Flask"),
        pytest.param("APP_SECRET_KEY", Kind.API_KEY, False, id="own name"),
        pytest.param("SESSION_SECRET", Kind.GENERIC, False, id="sessions"),
        pytest.param("JWT_SECRET_KEY", Kind.API_KEY, False, id="tokens"),
        pytest.param("JWT_ENCRYPTION_KEY", Kind.GENERIC, True, id="encrypted tokens"),
    ],
)
def test_ignores_signing_keys_in_the_code(variable, kind, is_used):
    """A new signing key can be generated, and the old one is known to all who have the code."""
    secret = Secret(name="key", kind=kind, env=variable)
    raws = {"shop/settings.py": f"{variable} = 'k3y-0f-4-sh0p-9a8b7c'\n".encode()}
    sites = scan_files("shop", list(raws), raws.get).sites
    assert len(sites) == 1
    origins, _ = choose_origins(secret, sites, raws.get, {}, {})
    assert bool(origins) == is_used


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
    urls = Secret(name="urls", fields={"main": "DB_URL", "cache": "CACHE_URL"})
    origins = (Origin.of(EnvVar("CACHE_URL"), "cache"),)
    files = {
        "shop/settings/production.py": b"import os\nDB_URL = os.environ['DB_URL']\n",
        path: f"import os\n{text}\n".encode(),
    }
    if not is_missing:
        del files["shop/settings/production.py"]
    sites = scan_files("shop", list(files), files.get, {"DB_URL"}).sites
    assert missing_variables(urls, origins, sites) == (["DB_URL"] if is_missing else [])


@pytest.mark.parametrize("optional", [True, False])
def test_only_an_optional_secret_needs_no_value(optional):
    url = Secret(name="cache-url", env="CACHE_URL", optional=optional)
    text = b"import os\nif os.environ.get('CACHE_URL'):\n    CACHE = os.environ['CACHE_URL']\n"
    sites = scan_files("shop", ["settings.py"], {"settings.py": text}.get).sites
    assert missing_variables(url, (), sites) == ([] if optional else ["CACHE_URL"])
