from __future__ import annotations

import json

import pytest
from hostile_git import git
from shield_helpers import run

TEXT = "takes JWT_SECRET from {} while that file exists, not from AWS: delete it, from images, too"
READ = "import os\nDB_PASSWORD = os.environ['DB_PASSWORD']\ntry:\n    {}\nexcept {}:\n    {}\n"
IMPORT = "from local_values import DEBUG, JWT_SECRET"
FALLBACK = "JWT_SECRET = os.environ['JWT_SECRET']"
VALUES = {"local_values.py": "JWT_SECRET = 'k3y-of-a-test-0123456789'\nDEBUG = 1\n"}


def make(folder, code, files):
    for name, text in {"config.py": code, "requirements.txt": "flask\nboto3\n", **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


@pytest.mark.parametrize(
    ("code", "files", "found"),
    [
        pytest.param(READ.format(IMPORT, "ImportError", FALLBACK), VALUES, True, id="module"),
        pytest.param(
            READ.format(IMPORT, "(ModuleNotFoundError, KeyError)", FALLBACK), VALUES, True, id="tuple"
        ),
        pytest.param(
            READ.format("from .local_values import JWT_SECRET", "ImportError", FALLBACK),
            VALUES,
            True,
            id="relative",
        ),
        pytest.param(READ.format(IMPORT, "ImportError", FALLBACK), {}, False, id="no file"),
        pytest.param(
            READ.format(IMPORT, "ImportError", FALLBACK), {"local_values/__init__.py": ""}, True, id="package"
        ),
        pytest.param(READ.format(IMPORT, "ValueError", FALLBACK), VALUES, False, id="other error"),
        pytest.param(
            READ.format("from local_values import DEBUG", "ImportError", FALLBACK),
            VALUES,
            False,
            id="other name",
        ),
        pytest.param(
            READ.format(IMPORT, "ImportError", "JWT_SECRET = None"), VALUES, False, id="no secret"
        ),
    ],
)  # fmt: skip
def test_plan_names_modules_that_win_over_secrets(tmp_path, code, files, found):
    make(tmp_path, code, files)
    done = run("plan", "--only", "code", cwd=tmp_path)
    assert done.code == 0, done.text
    text = f"config.py:4: {TEXT.format(next(iter(files), 'local_values.py'))}\n"
    assert (text in done.text) is found, done.text


@pytest.mark.parametrize(
    ("ignored", "status"),
    [
        pytest.param("", "failed", id="in the repository"),
        pytest.param("local_values.py\n", "ok", id="only on this computer"),
    ],
)
def test_verify_fails_if_the_module_is_in_the_repository(tmp_path, ignored, status):
    make(tmp_path, READ.format(IMPORT, "ImportError", FALLBACK), VALUES)
    (tmp_path / ".gitignore").write_text(ignored)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    assert run("draft", cwd=tmp_path).code == 0
    applied = run("apply", "--only", "code", "--yes", "--no-proof", "--allow-dirty", cwd=tmp_path)
    assert applied.code == 0, applied.text
    done = run("verify", "--only", "code", "--json", cwd=tmp_path)
    checks = {check["id"]: check for check in json.loads(done.out)["checks"]}
    assert checks["code-migrated"]["status"] == status, done.text


def test_verify_does_not_certify_settings_that_git_ignores(tmp_path):
    (tmp_path / "shop/settings").mkdir(parents=True)
    (tmp_path / "manage.py").write_text(
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    )
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/settings/__init__.py").write_text(
        "from split_settings.tools import include\ninclude('base.py', 'local_settings.py')\n"
    )
    (tmp_path / "shop/settings/base.py").write_text("INSTALLED_APPS = []\n")
    done = run("verify", "--only", "code", "--json", cwd=tmp_path)
    checks = {check["id"]: check for check in json.loads(done.out)["checks"]}
    assert checks["code-migrated"]["status"] == "unknown", done.text
    assert "shop/settings/local_settings.py" in checks["code-migrated"]["detail"]
