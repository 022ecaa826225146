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
    assert drafted(tmp_path) == (variable, optional)


@pytest.mark.parametrize(
    ("file", "text", "optional"),
    [
        pytest.param("requirements.txt", "django\npsycopg2-binary==2.9\n", False, id="requirements"),
        pytest.param("pyproject.toml", '[project]\ndependencies = ["mysqlclient"]\n', False, id="list"),
        pytest.param("pyproject.toml", '[tool.poetry.dependencies]\nasyncpg = "*"\n', False, id="table"),
        pytest.param("requirements.txt", "motor==3.7\n", False, id="MongoDB"),
        pytest.param("requirements.txt", "motorway\n", True, id="another name"),
        pytest.param("requirements.txt", "django\n# no psycopg2\naiosqlite\n", True, id="no driver"),
        pytest.param("requirements-test.txt", "psycopg2\n", True, id="tests"),
    ],
)  # fmt: skip
def test_a_database_with_the_driver_of_a_server_is_required(tmp_path, file, text, optional):
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "settings.py").write_text(READ.format(variable="DATABASE_URL"))
    (tmp_path / file).write_text(text)
    assert drafted(tmp_path) == ("DATABASE_URL", optional)


def test_a_url_beside_the_login_of_a_database_stays_optional(tmp_path):
    login = "".join(
        f"{name} = os.environ.get('{name}', 'shop')\n"
        for name in ("DB_HOST", "DB_NAME", "DB_USER", "DB_PASSWORD")
    )
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "settings.py").write_text(READ.format(variable="DATABASE_URL") + login)
    (tmp_path / "requirements.txt").write_text("psycopg2\n")
    assert run("draft", cwd=tmp_path).code == 0
    secrets = tomllib.loads((tmp_path / "shield.toml").read_text())["secret"]
    optional = {secret["name"]: secret.get("optional", False) for secret in secrets}
    assert optional == {"database-url": True, "database-credentials": False}


@pytest.mark.parametrize(
    ("alias", "optional"), [pytest.param("default", False), pytest.param("staff", True)]
)
def test_a_database_with_another_alias_stays_optional(tmp_path, alias, optional):
    condition = "if 'STAFF_DATABASE_URL' in os.environ:\n"
    read = f"    DATABASES['{alias}'] = parse(os.environ['STAFF_DATABASE_URL'])\n"
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "settings.py").write_text(f"import os\n\nDATABASES = {{}}\n{condition}{read}")
    (tmp_path / "requirements.txt").write_text("psycopg2\n")
    assert drafted(tmp_path) == ("STAFF_DATABASE_URL", optional)


@pytest.mark.parametrize(
    ("later", "optional"),
    [
        pytest.param("if PLATFORM:\n    DATABASE_URL = from_platform()\n", True, id="replaced"),
        pytest.param("if PLATFORM:\n    OTHER_URL = DATABASE_URL\n", False, id="used"),
        pytest.param("connect(\n    DATABASE_URL == 'sqlite:'\n)\n", False, id="compared"),
    ],
)
def test_a_url_that_the_code_replaces_stays_optional(tmp_path, later, optional):
    (tmp_path / "manage.py").write_text("")
    (tmp_path / "settings.py").write_text(READ.format(variable="DATABASE_URL") + later)
    (tmp_path / "requirements.txt").write_text("psycopg2\n")
    assert drafted(tmp_path) == ("DATABASE_URL", optional)


def drafted(app):
    """Return the variable of the only secret of the draft, and whether it is optional."""
    done = run("draft", cwd=app)
    assert done.code == 0, done.text
    [secret] = tomllib.loads((app / "shield.toml").read_text())["secret"]
    return secret["env"], secret.get("optional", False)
