"""Commands of the AWS CLI in a shell script."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.resource import Settings

UNSUPPORTED = "#   not supported by this export, created by shield apply"


def command(service: str, operation: str, **options: str | Sequence[str] | bool) -> str:
    """Return a command with one option a line.

    Args:
        service: For example `sns`.
        operation: For example `create-topic`.
        options: By name, with underscores for hyphens; True writes an option without a value.
    """
    lines = [f"aws {service} {operation}"]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if isinstance(value, str):
            words = [f"{option}={value}"]  # with a space, -x would be read as another option
        elif isinstance(value, bool):
            words = [option]
        else:
            words = [option, *value]
        lines.append(shlex.join(words))
    return " \\\n  ".join(lines)


def create_if_missing(read_command: str, create_command: str) -> str:
    """Return a command that creates a resource unless the first command finds it."""
    return f"{read_command} > /dev/null 2>&1 ||\n{create_command}"


def compact_json(document: Any) -> str:
    """Return a document as JSON without spaces."""
    return json.dumps(document, separators=(",", ":"))


def tag_list_json(settings: Settings) -> str:
    """Return the tags of a resource as a JSON list."""
    tags = sorted(settings["tags"].items())
    return json.dumps([{"Key": key, "Value": value} for key, value in tags])
