from __future__ import annotations

import pytest

from shield_ai.project.python_source import Source
from shield_ai.scan.python.app.file_reads import find_file_reads

LOAD = "with open('secrets.json') as f:\n    SECRETS = json.load(f)\n"


def names(text):
    source = Source.from_bytes("settings.py", f"import json, yaml, os\n{text}".encode())
    return [(skip.line, skip.name) for skip in find_file_reads(source)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(f"{LOAD}SECRET_KEY = SECRETS['SECRET_KEY']\n", [(4, "SECRET_KEY")], id="key"),
        pytest.param(f"{LOAD}X = SECRETS.get('API_KEY', '')\n", [(4, "API_KEY")], id="get"),
        pytest.param(f"{LOAD}D = {{'PASSWORD': SECRETS['db']['password']}}\n", [(4, "password")], id="nested"),
        pytest.param(f"{LOAD}SECRETS['API_KEY'] = 'x'\nDEBUG = SECRETS['DEBUG']\n", [], id="no read of a secret"),
        pytest.param(f"{LOAD}def get(name, data=SECRETS):\n    return data[name]\nX = get('API_KEY')\n", [(6, "API_KEY")], id="helper"),
        pytest.param("S = json.loads(Path('s.json').read_text())\nX = S['API_KEY']\n", [(3, "API_KEY")], id="text of a file"),
        pytest.param("S = json.loads(os.environ['S'])\nX = S['API_KEY']\n", [], id="text of a variable"),
        pytest.param("S = yaml.safe_load(open('s.yml'))\nX = S['API_KEY']\n", [(3, "API_KEY")], id="YAML"),
        pytest.param("c = configparser.ConfigParser()\nc.read('s.ini')\nX = c.get('mail', 'password')\n", [(4, "password")], id="INI"),
    ],
)  # fmt: skip
def test_finds_secrets_from_files(text, found):
    assert names(text) == found


def test_reason_names_the_function():
    source = Source.from_bytes(
        "settings.py", f"import json\n{LOAD}X = SECRETS['API_KEY']\n".encode()
    )
    (skip,) = find_file_reads(source)
    assert skip.reason.startswith("json.load() reads it from a file: ")
