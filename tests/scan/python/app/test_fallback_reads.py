from __future__ import annotations

import pytest

from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app_scan import scan_files

WITH_DEFAULT = "os.environ.get('DB_PASSWORD', os.environ.get('POSTGRES_PASSWORD', 'x'))"
BOTH = "os.getenv('DB_PASSWORD') or os.getenv('POSTGRES_PASSWORD')"


def reasons_of(code: str, manifest: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the variables of the scanned code that stay in the environment, with the reasons."""
    files = {"settings.py": f"import os\n{code}\n".encode(), "manage.py": b""}
    sites = scan_files("shop", list(files), files.get, manifest).sites
    return {f.env: site.reason.text for f, site in sites if site.reason}


def database(password: str) -> str:
    """Return the settings of a database with the password."""
    engine = "'ENGINE': 'django.db.backends.postgresql'"
    name = "'NAME': os.environ['DB_NAME']"
    return f"DATABASES = {{'default': {{{engine}, 'PASSWORD': {password}, {name}}}}}"


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        pytest.param(database(WITH_DEFAULT), {"POSTGRES_PASSWORD": "DB_PASSWORD"}, id="default"),
        pytest.param(database(BOTH), {"POSTGRES_PASSWORD": "DB_PASSWORD"}, id="or"),
        pytest.param(
            database(BOTH + " or os.getenv('PGPASSWORD')"),
            {"POSTGRES_PASSWORD": "DB_PASSWORD", "PGPASSWORD": "DB_PASSWORD"},
            id="chain",
        ),
        pytest.param(
            f"{database(WITH_DEFAULT)}\nA = os.environ['POSTGRES_PASSWORD']",
            {},
            id="also read alone",
        ),
        pytest.param(
            "NEW = os.environ.get('API_TOKEN', os.environ.get('OLD_API_TOKEN'))",
            {},
            id="not a database",
        ),
    ],
)
def test_the_second_name_of_a_field_stays(code: str, kept: dict[str, str]) -> None:
    assert reasons_of(code) == {
        name: SkipId.FALLBACK.reason(other=other).text for name, other in kept.items()
    }


def test_a_second_name_in_the_manifest_is_moved() -> None:
    assert reasons_of(database(WITH_DEFAULT), ("DB_PASSWORD", "POSTGRES_PASSWORD")) == {}


def test_the_default_of_the_first_name_is_for_development() -> None:
    files = {"settings.py": f"import os\n{database(WITH_DEFAULT)}\n".encode(), "manage.py": b""}
    sites = scan_files("shop", list(files), files.get, ("DB_NAME", "DB_PASSWORD")).sites
    [site] = [site for _, site in sites if site.variable == "DB_PASSWORD"]
    assert not site.default_ok_in_production
