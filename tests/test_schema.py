from __future__ import annotations

import json
import tomllib

import jsonschema
import msgspec
import pytest
from shield_helpers import shield

from shield_ai.errors import ManifestError
from shield_ai.manifest import parse
from shield_ai.schema import STRUCTS, notes, schema

APP = '[app]\nname = "shop"\n'


@pytest.fixture(scope="module")
def valid():
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    return lambda text: validator.is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        APP,
        APP + '[monitoring]\nreaders = ["role/Deploy"]\n',
        APP + '[[secret]]\nname = "a"\nenv = "A"\nrotate = "manual"\n',
        APP + '[[secret]]\nname = "a"\nkind = "database"\nfields = {password = "P"}\nrotate = {every = "30 days"}\n',
        "",
        '[app]\nnmae = "shop"\n',
        APP + '[[secret]]\nname = "a"\nenv = "A"\nkind = "nonsense"\n',
        APP + '[[secret]]\nname = "a"\nenv = "A"\nrotate = "never"\n',
        APP + '[[secret]]\nenv = "A"\n',
    ],
)
def test_takes_and_refuses_what_shield_does(valid, text):
    try:
        parse(text)
    except ManifestError:
        assert not valid(text)
    else:
        assert valid(text)


def test_says_what_a_key_means():
    app = schema()["$defs"]["App"]["properties"]
    assert app["prefix"]["description"] == "put before each secret's name in AWS"
    assert all(set(notes(struct)) <= {f.name for f in msgspec.structs.fields(struct)} for struct in STRUCTS)
    assert all(notes(struct) for struct in STRUCTS)


def test_the_command(tmp_path):
    done = shield("schema", cwd=tmp_path)
    assert done.code == 0
    assert json.loads(done.out) == json.loads(json.dumps(schema()))
