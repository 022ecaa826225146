"""Read the secrets back from an export, with the parser of its format."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

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
    secrets = json.loads(text)["resource"]["aws_secretsmanager_secret"].values()
    return [
        ExportedSecret(
            literal(secret["name"]),
            literal(secret["description"]),
            {literal(key): literal(value) for key, value in secret["tags"].items()},
        )
        for secret in secrets
    ]


def literal(text: str) -> str:
    """Return the value of a string of Terraform without a template."""
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", text), f"not a literal string: {text}"
    return text.replace("$${", "${").replace("%%{", "%{")


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
