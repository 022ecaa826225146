from __future__ import annotations

import pytest
from shield_helpers import run

STEP = "app.py:6: from_envvar() loads SHOP_CONFIG after the settings: its values override those"


@pytest.mark.parametrize(
    ("lines", "is_told"),
    [
        pytest.param("from_object('config')\n    {}('SHOP_CONFIG', silent=True)", True, id="after"),
        pytest.param("from_object('config')\n    # {}('SHOP_CONFIG')", False, id="comment"),
        pytest.param("root_path\n    {}('SHOP_CONFIG')", False, id="no settings before it"),
        pytest.param("from_object('config')\n    {}('config.py')", False, id="the settings"),
    ],
)
def test_names_files_that_flask_loads_after_the_settings(tmp_path, lines, is_told):
    calls = lines.format("app.config.from_envvar")
    text = "from flask import Flask\n\ndef create():\n    app = Flask('shop')\n    app.config."
    (tmp_path / "app.py").write_text(f"{text}{calls}\n")
    (tmp_path / "config.py").write_text("import os\n\nSECRET_KEY = os.environ['SECRET_KEY']\n")
    (tmp_path / "requirements.txt").write_text("flask\nboto3\n")
    done = run("plan", "--only", "code", cwd=tmp_path)
    assert done.code == 0, done.text
    assert (STEP in done.text) is is_told, done.text
