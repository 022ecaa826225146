"""The comparison covers settings classes of pydantic with any name."""

from __future__ import annotations

import pytest
from shield_helpers import shield

HEAD = """\
from functools import lru_cache

from pydantic import SecretStr, model_validator
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    debug: bool = False
    stripe_secret_key: SecretStr
"""
CHANGED = """
    @model_validator(mode="after")
    def change(self):
        self.debug = "SecretsManagerSource" in globals()
        return self
"""
CREATED = "\n\nsettings = Settings()\n"
LAZY = "\n\n@lru_cache\ndef get_settings() -> Settings:\n    return Settings()\n"


def apply(root, config):
    (root / "app").mkdir()
    (root / "app/__init__.py").touch()
    (root / "app/config.py").write_text(config)
    (root / "requirements.txt").write_text("pydantic-settings\n")
    (root / ".env").write_text("STRIPE_SECRET_KEY=abc-def-ghi-jkl\n")
    return shield("apply", "--only", "code", "--yes", "--env-file", ".env", cwd=root)


@pytest.mark.parametrize("end", [CREATED, LAZY], ids=["created", "lazy"])
def test_proves_that_no_field_changed(tmp_path, end):
    done = apply(tmp_path, HEAD + end)
    assert done.code == 0, done.err
    assert "proved: 1 of 1 settings module has the same values as before" in done.err


@pytest.mark.parametrize(
    ("end", "name"),
    [
        pytest.param(CREATED, "app.config.settings.debug", id="created"),
        pytest.param(LAZY, "app.config.Settings.debug", id="lazy"),
    ],
)
def test_undoes_the_edits_if_a_field_changes(tmp_path, end, name):
    done = apply(tmp_path, HEAD + CHANGED + end)
    assert done.code == 4
    assert f"error: these settings would change: {name}\n" in done.err
    assert (tmp_path / "app/config.py").read_text() == HEAD + CHANGED + end


def test_settings_that_can_not_be_created_are_not_proved(tmp_path):
    done = apply(tmp_path, HEAD + "    warehouse_code: int\n" + LAZY)
    assert done.code == 0, done.err
    assert "proved" not in done.err
    assert (
        "not compared: app.config: Settings() ValidationError: missing or invalid: warehouse_code\n"
    ) in done.err
    assert "set the variables that the settings lack" in done.err


def test_a_module_without_settings_is_not_proved(tmp_path):
    read = "import os\n\n\ndef key():\n    return os.environ['STRIPE_SECRET_KEY']\n"
    done = apply(tmp_path, read)
    assert done.code == 0, done.err
    assert "proved" not in done.err
    assert "not compared: app.config has no settings to compare\n" in done.err


def test_other_values_are_compared_without_settings(tmp_path):
    read = "import os\n\nconfig = {'key': os.environ['STRIPE_SECRET_KEY'], 'mode': len(open(__file__).read())}\n"
    done = apply(tmp_path, read)
    assert done.code == 4
    assert "error: these settings would change: app.config.config\n" in done.err


PUSH = """\
from pydantic_settings import BaseSettings


class PushSettings(BaseSettings):
    push_key: str
    {}

"""


@pytest.mark.parametrize(
    ("field", "result"),
    [
        pytest.param("topic: str = 'a'", "proved: 2 of 2 settings modules", id="proved"),
        pytest.param("topic: int", "not compared: app.push: PushSettings() Val", id="missing"),
    ],
)
def test_settings_classes_outside_the_settings_are_compared(tmp_path, field, result):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/push.py").write_text(PUSH.format(field))
    (tmp_path / "app/__init__.py").touch()
    (tmp_path / "app/config.py").write_text(HEAD + CREATED)
    (tmp_path / "requirements.txt").write_text("pydantic-settings\n")
    (tmp_path / ".env").write_text("STRIPE_SECRET_KEY=abc-def-ghi-jkl\nPUSH_KEY=mno-pqr-stu-vwx\n")
    done = shield("apply", "--only", "code", "--yes", "--env-file", ".env", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "client" in (tmp_path / "app/push.py").read_text()
    assert result in done.err
