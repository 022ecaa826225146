"""Read the secrets back from an export, with the parser of its format."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import hcl2
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

# A stand-in for `aws` that finds no resource, and prints its arguments after their number.
AWS = """\
aws() {
  case $2 in describe-*|get-*) return 1;; esac
  printf '%s\\0' "$#" "$@"
}
"""
# https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md#quoted-template-expressions
HCL_TOKEN = re.compile(
    r'\\(?:[nrt"\\]|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|\$\$\{|%%\{|[$%](?!\{)|[^"\\$%\n]'
)
HCL_ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", '\\"': '"', "\\\\": "\\"}


class ExportedSecret(NamedTuple):
    name: str
    description: str
    tags: dict[str, str]


def read_json(text: str) -> list[ExportedSecret]:
    found = [
        (resource["name"], resource["settings"])
        for resource in json.loads(text)["resources"]
        if resource["kind"] == "secret"
    ]
    return [
        ExportedSecret(name, settings["description"], settings["tags"]) for name, settings in found
    ]


def read_cloudformation(text: str) -> list[ExportedSecret]:
    resources = yaml.safe_load(text)["Resources"].values()
    found = [
        resource["Properties"]
        for resource in resources
        if resource["Type"] == "AWS::SecretsManager::Secret"
    ]
    return [
        ExportedSecret(entry["Name"], entry["Description"], _pairs(entry["Tags"]))
        for entry in found
    ]


def read_terraform(text: str) -> list[ExportedSecret]:
    secrets = []
    for block in hcl2.loads(text)["resource"]:
        for labels in (block.get('"aws_secretsmanager_secret"') or {}).values():
            if isinstance(labels, dict):
                tags = {hcl_string(key): hcl_string(value) for key, value in labels["tags"].items()}
                name, description = hcl_string(labels["name"]), hcl_string(labels["description"])
                secrets.append(ExportedSecret(name, description, tags))
    return secrets


def hcl_string(quoted: str) -> str:
    """Return the text of a quoted string without a template."""
    body = quoted[1:-1]
    tokens = HCL_TOKEN.findall(body)
    assert quoted[0] == quoted[-1] == '"'
    assert "".join(tokens) == body, f"not a literal string: {quoted}"
    return "".join(map(_hcl_text, tokens))


def _hcl_text(token: str) -> str:
    if len(token) > 3:  # \u and four digits, or \U and eight
        return chr(int(token.lstrip("\\uU"), 16))
    if token in {"$${", "%%{"}:
        return token[1:]
    return HCL_ESCAPES.get(token, token)


def read_cli(text: str) -> list[ExportedSecret]:
    secrets = []
    for _service, operation, *words in aws_commands(text):
        if operation == "create-secret":
            options = dict(word.split("=", 1) for word in words)
            tags = _pairs(json.loads(options["--tags"]))
            secrets.append(ExportedSecret(options["--name"], options["--description"], tags))
    return secrets


def aws_commands(script: str) -> Iterator[list[str]]:
    """Run a script with bash, and yield the arguments of each `aws`."""
    done = subprocess.run(
        ["bash", "-c", AWS + script], env={"HOME": "/home"}, capture_output=True, check=True
    )
    assert done.stderr == b""
    words = iter(done.stdout.decode().split("\0")[:-1])
    for number in words:
        yield [next(words) for _ in range(int(number))]


def _pairs(tags: list[dict[str, Any]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


READERS = {
    "cloudformation": read_cloudformation,
    "terraform": read_terraform,
    "cli": read_cli,
    "json": read_json,
}
