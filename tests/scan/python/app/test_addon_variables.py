from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_files

URL = "os.environ.get('DATABASE_URL')"
OTHER = "os.environ.get('POSTGRES_URL')"


@pytest.mark.parametrize(
    ("code", "held"),
    [
        pytest.param(f"A = {URL} or {OTHER}", ["POSTGRES_URL"], id="or"),
        pytest.param(f"A = (\n    {URL}\n    or {OTHER}\n)", ["POSTGRES_URL"], id="lines"),
        pytest.param(
            f"A = {URL} or {OTHER} or os.getenv('MYSQL_URL')",
            ["POSTGRES_URL", "MYSQL_URL"],
            id="chain",
        ),
        pytest.param(
            f"A = os.environ.get('DATABASE_URL', {OTHER})", ["POSTGRES_URL"], id="default"
        ),
        pytest.param(f"A = {URL}\nif not A:\n    A = {OTHER}", ["POSTGRES_URL"], id="if not"),
        pytest.param(f"A = {URL}\nif not B:\n    A = {OTHER}", [], id="another condition"),
        pytest.param(f"A = {URL}\nB = {OTHER}", [], id="apart"),
        pytest.param(f"A = {OTHER} or {URL}", [], id="tried first"),
    ],
)
def test_the_replacement_of_a_variable_of_an_addon_stays(code: str, held: list[str]) -> None:
    files = {"heroku.yml": b"", "shop/settings.py": f"import os\n{code}\n".encode()}
    sites = scan_files("shop", list(files), files.get).sites
    reasons = {f.env: site.reason.id for f, site in sites if site.reason}
    assert reasons == {
        "DATABASE_URL": SkipId.SET_BY_ADDON,
        **dict.fromkeys(held, SkipId.OVERRIDDEN),
    }


def test_a_replacement_in_the_manifest_is_moved() -> None:
    files = {"heroku.yml": b"", "s.py": f"import os\nA = {URL} or {OTHER}\n".encode()}
    sites = scan_files("shop", list(files), files.get, ("POSTGRES_URL",)).sites
    assert [f.env for f, site in sites if not site.reason] == ["POSTGRES_URL"]


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


def test_the_replacement_of_a_variable_known_by_its_name_stays() -> None:
    code = "A = os.getenv('SCALINGO_POSTGRESQL_URL') or os.environ['POSTGRES_URL']"
    files = {"settings.py": f"import os\n{code}\n".encode()}
    sites = scan_files("shop", list(files), files.get).sites
    ids = {site.variable: site.reason.id for _, site in sites if site.reason}
    assert ids["POSTGRES_URL"] is SkipId.OVERRIDDEN


def test_a_variable_of_an_addon_in_the_manifest_is_moved() -> None:
    files = {"settings.py": b"import os\nA = os.environ['MYSQL_ADDON_PASSWORD']\n"}
    [(_, site)] = scan_files("shop", list(files), files.get, ("MYSQL_ADDON_PASSWORD",)).sites
    assert site.reason is None
