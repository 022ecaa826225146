"""Export the environment variables of a SAM template as dynamic references.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from shield_ai.aws.desired.iam import platform_policies

if TYPE_CHECKING:
    from shield_ai.aws.export.platform import PlatformVariable, Target

_HEADER = """\
# Environment variables for a function of a SAM template. CloudFormation replaces the references
# when the stack is deployed: the configuration of the function contains the values, and does not
# follow a rotation.
"""
_POLICY_HEADER = """\
---
# Policy of the role that deploys the stack; the function needs no permission.
"""


def to_sam(target: Target) -> str:
    """Return the variables as YAML, and the policies as further documents in JSON."""
    variables = {variable.name: dynamic_reference(variable) for variable in target.variables()}
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"Environment": {"Variables": variables}},
    }
    template = {"Resources": {"Function": function}}
    text = _HEADER + yaml.safe_dump(template, sort_keys=False, width=1000, allow_unicode=True)
    for policy in platform_policies(target.manifest, target.account):
        text += _POLICY_HEADER + json.dumps(policy, indent=2) + "\n"
    return text


def dynamic_reference(variable: PlatformVariable) -> str:
    """Return the text that CloudFormation replaces with the value when a stack is deployed."""
    # The literal word SecretString selects the whole value, or precedes the name of the field.
    parts = [variable.secret, "SecretString"]
    if variable.field:
        parts.append(variable.field)
    return "{{resolve:secretsmanager:" + ":".join(parts) + "}}"
