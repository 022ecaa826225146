from __future__ import annotations

import os
import secrets

import pytest

from shield_ai.flow.verify.check import Status
from shield_ai.flow.verify.settings import NO_FALLBACK_NEEDED, SETTINGS_LOAD, verify_settings
from shield_ai.model.hidden import Hidden
from shield_ai.model.manifest import App, Manifest, Secret

MOVED = "from shield_runtime import get_secret\nKEY = get_secret('mail-key', lambda: os.environ['MAIL_KEY'], env='MAIL_KEY')\n"
LEFT = "DB = os.environ['DB_KEY']\n"
FALLS_BACK = "from shield_runtime import get_secret\nDB = get_secret('db-key', lambda: os.environ['DB_KEY'], env='DB_KEY')\n"
MANIFEST = Manifest(
    app=App(name="shop", prefix="shop/"), secret=(Secret(name="mail-key", env="MAIL_KEY"), Secret(name="db-key", env="DB_KEY"))
)  # fmt: skip
OK, FAILED, UNKNOWN = Status.OK, Status.FAILED, Status.UNKNOWN


@pytest.mark.parametrize(
    ("code", "loads", "alone", "words"),
    [
        pytest.param(MOVED, OK, OK, "", id="moved"),
        pytest.param(MOVED + FALLS_BACK, OK, FAILED, "settings does not load without it: SecretNotFoundError", id="fallback used"),
        pytest.param(MOVED + LEFT, OK, FAILED, "settings does not load without it: KeyError", id="read without get_secret"),
        pytest.param(MOVED + "assert 'USE_AWS_SECRETS' not in os.environ\n", FAILED, UNKNOWN, "settings: AssertionError", id="fails with AWS on"),
        pytest.param("import nonesuch\n", UNKNOWN, UNKNOWN, "does not load here: ModuleNotFoundError nonesuch", id="missing dependency"),
    ],
)  # fmt: skip
def test_loads_the_settings_without_environment_variables(tmp_path, code, loads, alone, words):
    value = secrets.token_hex(8)
    (tmp_path / "settings.py").write_text("import os\n" + code)
    environ = {**os.environ, "MAIL_KEY": "another one", "DB_KEY": "set here"}
    found = {
        check.id: check
        for check in verify_settings(
            tmp_path, [("settings", "")], MANIFEST, {"shop/mail-key": Hidden(value)}, environ
        )
    }
    assert [found[SETTINGS_LOAD.id].status, found[NO_FALLBACK_NEEDED.id].status] == [
        loads,
        alone,
    ]
    assert words in found[NO_FALLBACK_NEEDED.id].detail
    assert all(
        bool(check.detail) == bool(check.hint) == (check.status is not OK)
        for check in found.values()
    )
    assert value not in str(found)


def test_no_check_without_settings(tmp_path):
    assert list(verify_settings(tmp_path, [], MANIFEST, {}, {})) == []


def test_the_hint_about_a_fallback_names_the_ignored_variables(tmp_path):
    (tmp_path / "settings.py").write_text("import os\n" + FALLS_BACK)
    manifest = Manifest(app=App(name="shop", ignore=("DB_KEY",)))
    environ = {**os.environ, "DB_KEY": "set here"}
    *_, check = verify_settings(tmp_path, [("settings", "")], manifest, {}, environ)
    assert (check.id, check.status) == (NO_FALLBACK_NEEDED.id, FAILED)
    assert check.hint.endswith("; read the variables in ignore without get_secret()")
