"""Run the exported script with bash against the AWS emulator.

A small program replaces `aws`: it sends its arguments to this process, which calls botocore and
rejects unknown options.
"""

from __future__ import annotations

import functools
import json
import os
import socketserver
import subprocess
import sys
import threading

import boto3
import pytest
from botocore import xform_name
from exporting import REGION, RESOURCES

from shield_ai.aws.export.awscli import to_awscli
from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session
from shield_ai.aws.syntax.awscli import UNSUPPORTED

AWS = """\
#!{python} -ES
import json, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({address!r})
connection.sendall(json.dumps(sys.argv[1:]).encode() + b"\\n")
sys.exit(connection.makefile().read() or None)
"""


@functools.cache
def client_of(service):
    return boto3.client(service)


def parsed(words, options):
    """Return the words after each option, by the name of its parameter."""
    given = {}
    for word in words:
        if word.startswith("--"):
            option, equals, text = word[2:].partition("=")
            last = options[option.replace("-", "_")]
            given[last] = [text] if equals else []
        else:
            given[last].append(word)
    return given


def converted(kind, words):
    if kind == "boolean":
        return True
    if kind in {"map", "structure"} or (kind == "list" and words[0][:1] in "[{"):
        return json.loads(words[0])
    return words if kind == "list" else {"integer": int, "double": float}.get(kind, str)(words[0])


def call(arguments):
    """Make the call of a command line; return an error, or an empty text."""
    service, operation, *words = arguments
    client = client_of(service)
    model = client.meta.service_model
    calls = {xform_name(name): name for name in model.operation_names}
    shape = model.operation_model(calls[operation.replace("-", "_")]).input_shape
    options = {xform_name(name): name for name in shape.members}
    given = parsed(words, options | {"notification_endpoint": "Endpoint"})
    values = {name: converted(shape.members[name].type_name, of) for name, of in given.items()}
    try:
        getattr(client, operation.replace("-", "_"))(**values)
    except client.exceptions.ClientError as error:
        return str(error)
    return ""


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            answer = call(json.loads(self.rfile.readline()))
        except Exception as error:  # the program must exit, so that the script ends
            answer = repr(error)
        self.wfile.write(answer.encode())


@pytest.fixture
def path_with_aws(aws, tmp_path):
    """A value of PATH with the program that replaces `aws`."""
    client_of.cache_clear()
    address = str(tmp_path / "socket")
    program = tmp_path / "aws"
    program.write_text(AWS.format(python=sys.executable, address=address))
    program.chmod(0o700)
    with socketserver.UnixStreamServer(address, Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{tmp_path}:{os.environ['PATH']}"
        server.shutdown()


def test_script_creates_the_same_resources_as_apply_and_can_run_twice(path_with_aws, tmp_path):
    boto3.client("iam").create_role(
        RoleName="Shop", AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
    )
    script = tmp_path / "script"
    script.write_text(to_awscli(RESOURCES, REGION))
    for _ in range(2):
        environment = {**os.environ, "PATH": path_with_aws}
        done = subprocess.run(
            ["bash", str(script)], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    account = Account(Session(REGION))
    for resource in RESOURCES:
        if resource.kind == "secret":
            assert account.secrets.state(resource.name).settings == resource.settings
            assert account.secrets.state(resource.name).current == ""
        elif UNSUPPORTED not in to_awscli([resource], REGION):
            assert account.resources.read([resource.key]) == {resource.key: resource.settings}


def test_unsupported_resource_is_named_in_a_comment():
    [function, *_] = [resource for resource in RESOURCES if resource.kind == "function"]
    text = f"# function {function.name}\n{UNSUPPORTED}"
    assert text in to_awscli([function], REGION)
