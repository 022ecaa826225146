from __future__ import annotations

import json

import boto3
import pytest
from apply_helpers import account

from shield_ai.flow.current_values import read_current_values
from shield_ai.model.manifest import App, Manifest, Secret

FIELDS = {"text": "TEXT", "number": "NUMBER", "flag": "FLAG", "list": "LIST", "null": "NULL"}


def read(secret):
    manifest = Manifest(app=App(name="shop", prefix="shop/"), secret=(secret,))
    current = read_current_values(manifest, manifest.secret, account())
    values = {variable: value.reveal() for variable, value in current.values.items()}
    return values, current.missing, current.skipped


@pytest.fixture
def client(aws):
    return boto3.client("secretsmanager")


def test_fields_are_the_same_as_from_get_secret(client):
    document = {"text": "é", "number": 5432, "flag": True, "list": [1, "a"], "null": None}
    client.create_secret(Name="shop/db", SecretString=json.dumps(document))
    values, missing, skipped = read(Secret(name="db", fields=FIELDS))
    assert values == {"TEXT": "é", "NUMBER": "5432", "FLAG": "true", "LIST": '[1, "a"]'}
    assert (missing, skipped) == (("NULL",), ())


@pytest.mark.parametrize("text", ["no document", "[1]", "{"])
def test_a_value_that_is_no_document_has_no_fields(client, text):
    client.create_secret(Name="shop/db", SecretString=text)
    assert read(Secret(name="db", fields={"text": "TEXT"})) == ({}, ("TEXT",), ())


def test_a_document_in_one_variable_is_kept_as_it_is(client):
    text = '{"password":  "x"}'
    client.create_secret(Name="shop/key", SecretString=text)
    assert read(Secret(name="key", env="KEY")) == ({"KEY": text}, (), ())


def test_missing_secrets(client):
    assert read(Secret(name="key", env="KEY")) == ({}, ("KEY",), ())
    assert read(Secret(name="key", env="KEY", optional=True)) == ({}, (), ("KEY",))
