"""Run the exported script with bash against the embedded AWS.

A small program based on botocore stands in for `aws`; it rejects unknown options.
"""

from __future__ import annotations

import os
import subprocess
import sys

import boto3
from exporting import REGION, RESOURCES

from shield_ai.aws.export.awscli import to_awscli
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session

AWS = """\
#!{python}
import json, sys, boto3
from botocore import xform_name
service, operation, *words = sys.argv[1:]
client = boto3.client(service)
call = {{xform_name(name): name for name in client.meta.service_model.operation_names}}[operation.replace("-", "_")]
shape = client.meta.service_model.operation_model(call).input_shape
options = {{xform_name(name): name for name in shape.members}} | {{"notification_endpoint": "Endpoint"}}
given = {{}}
for word in words:
    if word.startswith("--"):
        option, equals, text = word[2:].partition("=")
        given[last := options[option.replace("-", "_")]] = [text] if equals else []
    else:
        given[last].append(word)
def value(name, words):
    kind = shape.members[name].type_name
    if kind == "boolean":
        return True
    if kind in ("map", "structure") or (kind == "list" and words[0][:1] in "[{{"):
        return json.loads(words[0])
    return words if kind == "list" else {{"integer": int, "double": float}}.get(kind, str)(words[0])
try:
    getattr(client, xform_name(call))(**{{name: value(name, words) for name, words in given.items()}})
except client.exceptions.ClientError as error:
    sys.exit(str(error))
"""


def test_script_creates_the_same_resources_as_apply_and_can_run_twice(aws, tmp_path):
    boto3.client("iam").create_role(
        RoleName="Shop", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    program = tmp_path / "aws"
    program.write_text(AWS.format(python=sys.executable))
    program.chmod(0o700)
    script = tmp_path / "script"
    script.write_text(to_awscli(RESOURCES, REGION))
    for _ in range(2):
        environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", str(script)], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    account = Account(Session(REGION))
    for resource in RESOURCES:
        if resource.kind == "secret":
            assert account.secrets.state(resource.name).settings == resource.settings
            assert account.secrets.state(resource.name).current == ""
        elif resource.kind.startswith("policy"):
            assert account.resources.read([resource.key]) == {resource.key: resource.settings}


def test_unsupported_resource_is_named_in_a_comment():
    [function, *_] = [resource for resource in RESOURCES if resource.kind == "function"]
    text = f"# function {function.name}\n#   not supported by this export, created by shield apply"
    assert text in to_awscli([function], REGION)
