from __future__ import annotations

import pytest
from shield_helpers import run

STEP = "settings.py:{}: {} replaces settings, also those from AWS: remove the moved secrets from"
READ = "SECRET_KEY = os.environ['SECRET_KEY']\n"
LOAD = "with open('a.yaml') as file:\n    values = yaml.safe_load(file)\n"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        pytest.param(READ + LOAD + "    vars().update(values)", (5, "vars().update()"), id="update"),
        pytest.param(READ + "globals().update(json.load(open('a')))", (3, "globals().update()"), id="call"),
        pytest.param("from base import *\nlocals().update(toml.load('a'))\n" + READ, (3, "locals().update()"), id="star import"),
        pytest.param(READ + LOAD + "for key in values:\n    if key:\n        vars()[key] = values[key]", (5, "vars()[key]"), id="loop"),
        pytest.param(READ + "if PRODUCTION:\n    vars().update(load_file())", (4, "vars().update()"), id="condition"),
        pytest.param(READ + "try:\n    pass\nexcept OSError:\n    pass\nelse:\n    vars().update(load())", (8, "vars().update()"), id="else of a try"),
        pytest.param("vars().update(load())\n" + READ, None, id="before the reads"),
        pytest.param(READ + "vars().update({'DEBUG': True})", None, id="literal"),
        pytest.param("env = environ.Env()\n" + READ + "vars().update(env.email_url())", None, id="read of one variable"),
        pytest.param("env = environ.Env()\n" + READ + "vars().update(env.email_url('OTHER_URL'))", None, id="named variable"),
        pytest.param(READ + "data.update(load())", None, id="other dict"),
        pytest.param(READ + "def f():\n    globals().update(load())", None, id="function"),
        pytest.param(READ + "for key in load():\n    data[key] = 1", None, id="loop over another dict"),
    ],
)  # fmt: skip
def test_names_settings_that_a_file_replaces(tmp_path, text, place):
    (tmp_path / "settings.py").write_text(f"import os, environ\n{text}\n")
    (tmp_path / "base.py").write_text("DEBUG = False\n")
    (tmp_path / "requirements.txt").write_text("django\nboto3\n")
    done = run("plan", "--only", "code", cwd=tmp_path)
    assert done.code == 0, done.text
    if place:
        assert STEP.format(*place) in done.text, done.text
    else:
        assert "replaces settings" not in done.text, done.text


def test_a_module_that_cannot_be_parsed_has_no_step(tmp_path):
    (tmp_path / "settings.py").write_text(f"import os\n{READ}vars().update(load()\n")
    (tmp_path / "config.py").write_text("import os\nTOKEN = os.environ['API_TOKEN']\n")
    (tmp_path / "requirements.txt").write_text("django\nboto3\n")
    done = run("plan", "--only", "code", cwd=tmp_path)
    assert "replaces settings" not in done.text
