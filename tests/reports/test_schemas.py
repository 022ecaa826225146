from __future__ import annotations

import click
import pytest
from json_documents import validator
from jsonschema import Draft202012Validator

from shield_ai.cli import cli
from shield_ai.reports.schemas import DOCUMENTS, json_schema

# Documents that depend on an option or are files.
OTHER = {"scan", "scan-repos", "baseline", "export", "report", "rotate-status"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_schema_is_valid_and_has_a_version(name):
    schema = json_schema(name)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f"/reference/schemas/{name}.v1.json")
    assert schema["properties"]["version"] == {"const": 1}
    assert "version" in schema["required"]
    assert ("additionalProperties" in schema) == (name == "baseline")  # scan reads no other keys


def test_every_command_with_json_has_a_schema():
    commands = {name for name, command in leaves(cli) if option(command, "--json")}
    assert len(commands) > 10
    assert commands | OTHER == DOCUMENTS.keys() | OTHER
    formats = {name for name, command in leaves(cli) if "json" in choices(command)}
    assert formats <= DOCUMENTS.keys()


def leaves(group, prefix=""):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from leaves(command, f"{prefix}{name}-")
        else:
            yield prefix + name, command


def option(command, flag):
    return next((one for one in command.params if flag in one.opts), None)


def choices(command):
    found = option(command, "--format")
    return found.type.choices if found else ()


def test_objects_require_all_keys_and_describe_them():
    schema = json_schema("scan")
    finding = schema["$defs"]["FindingEntry"]
    optional = finding["properties"].keys() - set(finding["required"])
    assert optional == {"commit", "date", "stands"}
    assert finding["properties"]["fixable"]["description"] == "`shield apply` can move it"
    status = json_schema("rotate-status")["$defs"]
    assert status["RotationStatus"]["properties"]["last"]["anyOf"][0]["format"] == "date-time"
    assert status["RotationPhase"]["enum"] == ["ok", "due", "pending", "no schedule", "not in AWS"]


def test_enumerations_that_can_grow_allow_any_text():
    assert "enum" not in json_schema("plan")["$defs"]["SkipId"]
    definitions = json_schema("verify")["$defs"]
    assert "enum" not in definitions["Check"]["properties"]["id"]
    assert definitions["Status"]["enum"] == ["ok", "failed", "unknown", "absent"]


@pytest.mark.parametrize(
    ("name", "document"),
    [
        pytest.param("scan", {"version": 1, "findings": []}, id="missing key"),
        pytest.param("scan", {"version": 2, "findings": [], "skipped": []}, id="other version"),
        pytest.param(
            "scan", {"version": 1, "findings": [], "skipped": [], "x": 1}, id="undocumented key"
        ),
    ],
)
def test_validator_rejects(name, document):
    assert not validator(name).is_valid(document)
