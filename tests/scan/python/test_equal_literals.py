from __future__ import annotations

import pytest

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
    sites = [f.site for f in scanned(files).findings if f.path == "config/settings.py" and f.site]
    assert [site.variable for site in sites] == variables
