from __future__ import annotations

import os
import subprocess
import sys

import pytest
from shield_helpers import shield

from shield_ai.model.finding import Kind
from shield_ai.model.manifest import (
    App,
    Manifest,
    Rotation,
    Secret,
)
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.rewrite.python.fixers.key_fallbacks import fallback_edits, key_without_fallbacks

MONTHLY = Rotation(every="30 days")
CALL = 'SECRET_KEY = get_secret("django-secret-key", lambda: os.environ["SECRET_KEY"], env="SECRET_KEY")\n'
ADDED = """\
SECRET_KEY_FALLBACKS = [
    key
    for stage in ("AWSPREVIOUS", "AWSPENDING")
    if (key := get_secret("django-secret-key", None, stage=stage))
]
"""


def key(rotate=MONTHLY):
    return Secret(
        name="django-secret-key", kind=Kind.DJANGO_SECRET_KEY, env="SECRET_KEY", rotate=rotate
    )


def edited(text, sites=(), width=88):
    source = Source.from_bytes("shop/settings.py", text.encode())
    edits = fallback_edits(source, sites, key(), "get_secret", width)
    return apply_edits(source.raw, edits).decode()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        pytest.param(CALL + "DEBUG = False\n", CALL + ADDED + "DEBUG = False\n", id="below the key"),
        pytest.param(CALL[:-1], CALL + ADDED, id="no newline at the end"),
        pytest.param(CALL.replace(" = ", ": str = "), CALL.replace(" = ", ": str = ") + ADDED, id="annotated"),
        pytest.param(f"if LIVE:\n    {CALL}", f"if LIVE:\n    {CALL}", id="not at the top level"),
        pytest.param(CALL.replace("SECRET_KEY = ", "OTHER = "), CALL.replace("SECRET_KEY = ", "OTHER = "), id="another setting"),
        pytest.param(CALL.replace("django-secret-key", "x"), CALL.replace("django-secret-key", "x"), id="another secret"),
    ],
)  # fmt: skip
def test_adds_setting_below_key(text, after):
    assert edited(text) == after


@pytest.mark.parametrize("width", [88, 112, 113, 120])
def test_is_formatted_as_ruff_does(width):
    text = edited(CALL, width=width).removeprefix(CALL)
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", f"--line-length={width}", "-"]
    done = subprocess.run(ruff, input=text, capture_output=True, text=True, check=True)
    assert text == done.stdout


@pytest.mark.parametrize(
    ("rotate", "text", "found"),
    [
        pytest.param(MONTHLY, b"", True, id="schedule"),
        pytest.param("manual", b"", False, id="manual"),
        pytest.param(None, b"", False, id="no rotation"),
        pytest.param(MONTHLY, b"SECRET_KEY_FALLBACKS = []\n", False, id="setting exists"),
    ],
)
def test_only_key_with_schedule_needs_fallbacks(rotate, text, found):
    manifest = Manifest(app=App(name="shop", settings=("shop/settings.py",)), secret=(key(rotate),))
    assert (key_without_fallbacks(manifest, {"shop/settings.py": text}.get) is not None) is found


def test_apply_adds_setting_once(tmp_path):
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "manage.py").write_text(
        "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'shop.settings'\n"
    )
    (tmp_path / "shop/settings.py").write_text('import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n')
    env = {**os.environ, "SECRET_KEY": "a key of a test"}
    assert shield("draft", cwd=tmp_path).code == 0
    toml = (tmp_path / "shield.toml").read_text()
    (tmp_path / "shield.toml").write_text(
        toml.replace('rotate = "manual"', 'rotate = { every = "30 days" }')
    )
    done = shield("apply", "--only", "code", "--yes", cwd=tmp_path, env=env)
    assert (done.code, "proved: 1 of 1" in done.err) == (0, True), done.text
    assert ADDED in (tmp_path / "shop/settings.py").read_text()
    assert "nothing to do" in shield("apply", "--only", "code", "--yes", cwd=tmp_path, env=env).err
