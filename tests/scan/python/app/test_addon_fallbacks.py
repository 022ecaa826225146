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
