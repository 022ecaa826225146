from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_files


@pytest.mark.parametrize(
    ("variable", "platform"),
    [
        pytest.param("POSTGRESQL_ADDON_PASSWORD", "Clever Cloud", id="Clever Cloud"),
        pytest.param("CELLAR_ADDON_KEY_SECRET", "Clever Cloud", id="Clever Cloud, storage"),
        pytest.param("SCALINGO_POSTGRESQL_URL", "Scalingo", id="Scalingo"),
        pytest.param("HEROKU_POSTGRESQL_COBALT_URL", "Heroku", id="Heroku"),
        pytest.param("BILLING_ADDON_PASSWORD", "", id="the app's own"),
        pytest.param("SCALINGO_API_TOKEN", "", id="a token that a person creates"),
    ],
)
def test_variables_of_addons_stay(variable: str, platform: str) -> None:
    files = {"settings.py": f"import os\nPASSWORD = os.environ['{variable}']\n".encode()}
    [(_, site)] = scan_files("shop", list(files), files.get).sites
    reason = SkipId.SET_BY_ADDON.reason(addon=f"an add-on of {platform}")
    assert site.reason == (reason if platform else None)


def test_a_replacement_of_such_a_variable_stays() -> None:
    code = "A = os.getenv('SCALINGO_POSTGRESQL_URL') or os.environ['POSTGRES_URL']"
    files = {"settings.py": f"import os\n{code}\n".encode()}
    sites = scan_files("shop", list(files), files.get).sites
    ids = {site.variable: site.reason.id for _, site in sites if site.reason}
    assert ids["POSTGRES_URL"] is SkipId.OVERRIDDEN


def test_a_variable_in_the_manifest_is_moved() -> None:
    files = {"settings.py": b"import os\nA = os.environ['MYSQL_ADDON_PASSWORD']\n"}
    [(_, site)] = scan_files("shop", list(files), files.get, ("MYSQL_ADDON_PASSWORD",)).sites
    assert site.reason is None
