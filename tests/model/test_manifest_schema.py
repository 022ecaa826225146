from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest
from shield_helpers import shield

from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest_parser import parse
from shield_ai.model.manifest_schema import json_schema, key_descriptions, table_types

APP = "[app]\nname = 'shop'\n"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        pytest.param(APP, True, id="the least"),
        pytest.param("", False, id="no app"),
        pytest.param(APP + "naem = 'x'\n", False, id="a key that is none"),
        pytest.param(APP + "settings = 'x.py'\n", False, id="a text for a list"),
        pytest.param(
            APP + "[monitoring]\nerrors = 3\nemail = ['a@example.test']\n", True, id="monitoring"
        ),
        pytest.param(APP + "[monitoring]\nerrors = 'three'\n", False, id="a text for a number"),
        pytest.param(APP + "[[secret]]\nname = 'a'\nenv = 'A'\n", True, id="a single text"),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nfields = { password = 'A' }\n", True, id="a document"
        ),
        pytest.param(APP + "[[secret]]\nname = 'a'\n", False, id="neither"),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nfields = { b = 'B' }\n", False, id="both"
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a b'\nenv = 'A'\n", False, id="a name that AWS refuses"
        ),
        pytest.param(APP + "[[secret]]\nname = 'a'\nenv = '1A'\n", False, id="no variable"),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nkind = 'token'\n", False, id="no kind"
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nrotate = 'manual'\n", True, id="by hand"
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nrotate = 'never'\n",
            False,
            id="a word that is none",
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nkind = 'database'\nfields = { password = 'A' }\n"
            "rotate = { every = '30 days', strategy = 'alternating-users', admin = 'x', sslmode = 'require' }\n",
            True,
            id="a rotation",
        ),
        pytest.param(
            APP
            + "[[secret]]\nname = 'a'\nenv = 'A'\nrotate = { every = '30 days', strategy = 'x' }\n",
            False,
            id="no strategy",
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nrotate = {}\n",
            False,
            id="a rotation without a time",
        ),
    ],
)
def test_agrees_with_what_shield_reads(text, good):
    whole = json_schema()
    jsonschema.Draft4Validator.check_schema(whole)
    assert jsonschema.Draft4Validator(whole).is_valid(tomllib.loads(text)) is good
    try:
        parse(text)
    except ManifestError:
        assert not good
    else:
        assert good


def test_every_key_is_explained():
    whole, *tables = table_types()
    assert whole.__name__ == "Manifest"
    assert len(tables) >= 4
    silent = [
        f"{t.__name__}.{key}"
        for t in tables
        for key in t.__struct_fields__
        if key not in key_descriptions(t)
    ]
    assert silent == [], "say in a comment behind it what each is"


def test_the_command_prints_it_or_writes_it(tmp_path):
    done = shield("schema", cwd=tmp_path)
    assert (done.code, done.out) == (
        0,
        json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
    )
    assert shield("schema", "-o", "shield.schema.json", cwd=tmp_path).out == ""
    assert (tmp_path / "shield.schema.json").read_text() == done.out
