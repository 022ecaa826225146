from __future__ import annotations

import pytest
from shield_helpers import reason_of

KEY = "e951e5a1f4b94151b360f47edf596dd2"
OTHER = "71f4b94151b360f47edf596dd2e951e5"


@pytest.mark.parametrize(
    ("defaults", "variables"),
    [
        pytest.param(f"{{'secret_key': '{KEY}'}}", ["SECRET_KEY"], id="the same value"),
        pytest.param(f"{{'secret_key': \"{KEY}\"}}", ["SECRET_KEY"], id="other quotes"),
        pytest.param(f"{{'secret_key': '{OTHER}'}}", ["DEFAULTS_SECRET_KEY"], id="another value"),
        pytest.param(f"{{'api_key': '{KEY}'}}", ["DEFAULTS_API_KEY"], id="another name"),
        pytest.param("{'admin_password': 'c4ng3m3'}", ["DEFAULTS_ADMIN_PASSWORD"], id="short"),
    ],
)
def test_literals_of_one_name_and_value_are_one_secret(scanned, defaults, variables):
    files = {
        "settings.py": f"SECRET_KEY = '{KEY}'\nADMIN_PASSWORD = 'c4ng3m3'\n",
        "config/settings.py": f"class Settings:\n    defaults = {defaults}\n",
    }
    sites = [site for f, site in scanned(files).sites if f.path == "config/settings.py"]
    assert [site.variable for site in sites] == variables


BASE = "DATABASES = {'default': {'ENGINE': 'x', 'NAME': 'x', 'USER': 'x', 'PASSWORD': '%s'}}\n"
SEVERAL = "the code has several values of DATABASE_PASSWORD"


@pytest.mark.parametrize(
    ("first", "second", "path", "reasons"),
    [
        pytest.param("a1b2", "c3d4", "settings/docker.py", [SEVERAL, SEVERAL], id="different"),
        pytest.param("a1b2", "a1b2", "settings/docker.py", ["", ""], id="equal"),
        pytest.param(
            "a1b2",
            "c3d4",
            "settings/production.py",
            [
                "development value: settings/production.py sets DATABASES.default.PASSWORD to another value",
                "",
            ],
            id="one for production",
        ),
    ],
)
def test_literals_of_one_variable_must_have_one_value(scanned, first, second, path, reasons):
    files = {"settings/base.py": BASE % first, path: BASE % second}
    sites = [site for _, site in scanned(files).sites]
    assert [reason_of(site) for site in sites] == reasons
