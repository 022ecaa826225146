from __future__ import annotations

import pytest
from shield_helpers import shield

UNMOVED = "1 read of secrets can't be moved: shield plan --only code lists them"
LIBRARY = "SECRET_KEY: not in the app: the star import of corp.conf probably sets it"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("X = os.environ['API_KEY']\n", "", id="all can be moved"),
        pytest.param(
            "Y = os.environ['A_KEY']\nX = dict(os.environ)['API_KEY']\n", UNMOVED, id="a copy"
        ),
        pytest.param(
            "from corp.conf import *\nY = os.environ['A_KEY']\nINSTALLED_APPS = []\nX = os.environ['API_KEY']\n",
            LIBRARY,
            id="library",
        ),
    ],
)
def test_names_what_stays_in_the_environment(tmp_path, text, line):
    (tmp_path / "settings.py").write_text(f"import os\n{text}")
    done = shield("draft", cwd=tmp_path)
    first, _, rest = done.err.partition("\n")
    assert first.endswith("review it, then run shield plan")
    assert rest.startswith(line) if line else not rest


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("X = os.environ['DEBUG']\n", id="not a secret"),
        pytest.param("X = dict(os.environ)['API_KEY']\n", id="can't be moved"),
    ],
)
def test_writes_no_empty_manifest(tmp_path, text):
    (tmp_path / "settings.py").write_text(f"import os\n{text}")
    done = shield("draft", cwd=tmp_path)
    assert done.code == 0
    assert done.err.startswith("no secrets found that can be moved; shield.toml was not written")
    assert not (tmp_path / "shield.toml").exists()
