from __future__ import annotations

import json
import tomllib

import jsonschema
import pytest
from shield_helpers import shield

from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest_parser import parse_manifest
from shield_ai.model.manifest_schema import json_schema, key_descriptions, table_types

APP = "[app]\nname = 'shop'\n"


@pytest.mark.parametrize(
    ("text", "good"),
    [
        pytest.param(APP, True, id="minimal"),
        pytest.param("", False, id="no app"),
        pytest.param(APP + "naem = 'x'\n", False, id="unknown key"),
        pytest.param(APP + "settings = 'x.py'\n", False, id="string for a list"),
        pytest.param(APP + "ignore = ['DEBUG_TOKEN']\n", True, id="ignored variable"),
        pytest.param(APP + "ignore = ['debug-token']\n", False, id="invalid ignored variable"),
        pytest.param(
            APP + "[monitoring]\nerrors = 3\nemail = ['a@example.test']\n", True, id="monitoring"
        ),
        pytest.param(APP + "[monitoring]\nerrors = 'three'\n", False, id="string for a number"),
        pytest.param(APP + "[[secret]]\nname = 'a'\nenv = 'A'\n", True, id="single value"),
        pytest.param(APP + "[[secret]]\nname = 'a'\nfields = {}\n", False, id="no fields"),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nfields = { password = 'A' }\n", True, id="JSON document"
        ),
        pytest.param(APP + "[[secret]]\nname = 'a'\n", False, id="neither"),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nfields = { b = 'B' }\n", False, id="both"
        ),
        pytest.param(APP + "[[secret]]\nname = 'a b'\nenv = 'A'\n", False, id="invalid name"),
        pytest.param(APP + "[[secret]]\nname = 'a'\nenv = '1A'\n", False, id="invalid variable"),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nkind = 'token'\n", False, id="unknown kind"
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nrotate = 'manual'\n",
            True,
            id="manual rotation",
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nrotate = 'never'\n",
            False,
            id="unknown word for rotate",
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nkind = 'database'\nfields = { password = 'A' }\n"
            "rotate = { every = '30 days', strategy = 'alternating-users', admin = 'x', sslmode = 'require' }\n",
            True,
            id="rotation",
        ),
        pytest.param(
            APP
            + "[[secret]]\nname = 'a'\nenv = 'A'\nrotate = { every = '30 days', strategy = 'x' }\n",
            False,
            id="unknown strategy",
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nrotate = {}\n",
            False,
            id="empty rotation",
        ),
        pytest.param(
            APP + "[[secret]]\nname = 'a'\nenv = 'A'\nrotate = {window = '2h'}\n",
            False,
            id="window without a schedule",
        ),
        pytest.param(
            APP
            + "[[secret]]\nname = 'a'\nenv = 'A'\nkind = 'url'\nrotate = {strategy = 'single-user'}\n",
            True,
            id="rotation by hand",
        ),
    ],
)
def test_agrees_with_the_parser(text, good):
    whole = json_schema()
    jsonschema.Draft4Validator.check_schema(whole)
    assert jsonschema.Draft4Validator(whole).is_valid(tomllib.loads(text)) is good
    try:
        parse_manifest(text)
    except ManifestError:
        assert not good
    else:
        assert good


def test_every_key_has_a_description():
    whole, *tables = table_types()
    assert whole.__name__ == "Manifest"
    assert len(tables) >= 4
    silent = [
        f"{t.__name__}.{key}"
        for t in tables
        for key in t.__struct_fields__
        if key not in key_descriptions(t)
    ]
    assert silent == [], "these keys have no comment"


def test_schema_command(tmp_path):
    done = shield("schema", cwd=tmp_path)
    assert (done.code, done.out) == (
        0,
        json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n",
    )
    assert shield("schema", "-o", "shield.schema.json", cwd=tmp_path).out == ""
    assert (tmp_path / "shield.schema.json").read_text() == done.out
