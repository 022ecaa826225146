from __future__ import annotations

import tomllib

import pytest
from shield_helpers import run

READ = "import os\n\nDATABASE_URL = os.environ.get('{variable}', 'sqlite:///db.sqlite3')\n"
COMPOSE = (
    "services:\n  web:\n    image: shop\n    environment:\n      {variable}: ${{{variable}}}\n"
)


@pytest.mark.parametrize(
    ("variable", "file", "optional"),
    [
        pytest.param("DATABASE_URL", "docker-compose.production.yml", False, id="production"),
        pytest.param("DATABASE_URL", "docker-compose.dev.yml", True, id="development"),
        pytest.param("DATABASE_URL", "", True, id="not deployed"),
        pytest.param("ARCHIVE_DATABASE_URL", "docker-compose.production.yml", True, id="further"),
    ],
)
def test_a_database_that_production_sets_is_required(tmp_path, variable, file, optional):
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "settings.py").write_text(READ.format(variable=variable))
    if file:
        (tmp_path / file).write_text(COMPOSE.format(variable=variable))
    done = run("draft", cwd=tmp_path)
    assert done.code == 0, done.text
    [secret] = tomllib.loads((tmp_path / "shield.toml").read_text())["secret"]
    assert secret["env"] == variable
    assert secret.get("optional", False) is optional
