"""Export resources as a shell script of `aws` commands. Secrets are created without a value."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from shield_ai.aws.export.exported import EXPORTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.resource import Resource

_HEADER = """\
#!/usr/bin/env bash
# AWS resources for an app that reads its secrets from Secrets Manager. This script contains no
# secret value; set the values with: shield apply --only aws --env-file .env
# The script can be run again: it skips secrets and policies that already exist.
set -euo pipefail
export AWS_DEFAULT_REGION={region}
"""


def to_awscli(resources: Sequence[Resource], region: str) -> str:
    """Return the script; a comment names each resource that it can't create."""
    text = _HEADER.format(region=shlex.quote(region))
    policy_arns = _policy_arns(resources)
    for resource in resources:
        text += f"\n# {resource.kind} {resource.name}\n"
        settings = {**resource.settings, "arn": policy_arns.get(resource.name, "")}
        for command in EXPORTED[resource.kind].to_awscli(resource.name, settings):
            text += command + "\n"
    return text


def _policy_arns(resources: Sequence[Resource]) -> dict[str, str]:
    arns = {}
    for resource in resources:
        if resource.kind == "policy-attachment":
            _role, _, policy = resource.name.partition("/")
            arns[policy] = resource.settings["policy"]
    return arns
