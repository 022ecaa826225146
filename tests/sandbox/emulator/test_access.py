"""The AWS emulator is closed to other users and to web pages."""

from __future__ import annotations

import urllib.error
import urllib.request
import zipfile
from io import BytesIO

import boto3
import pytest
from botocore.exceptions import ClientError

from shield_ai.aws.desired.lambda_package import build_zip
from shield_ai.sandbox.emulator import access
from shield_ai.sandbox.emulator.lambda_runtime import added_modules, is_rotation_function

KEY = "LOCAL0123456789ABCDEF"
SIGNED = f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/iam/aws4_request, S=1"


def environ(**changes):
    return {"HTTP_HOST": "127.0.0.1:4000", "HTTP_AUTHORIZATION": SIGNED, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="signed"),
        pytest.param({"HTTP_HOST": "localhost:1"}, id="localhost"),
        pytest.param({"HTTP_HOST": "[::1]:1"}, id="IPv6"),
        pytest.param({"HTTP_AUTHORIZATION": "", access.KEY_HEADER: KEY}, id="key in a header"),
        pytest.param({"HTTP_AUTHORIZATION": SIGNED.replace(KEY, "ASIAROLE")}, id="assumed role"),
    ],
)
def test_accepts(changes):
    assert access.refusal(environ(**changes), KEY, ["ASIAROLE"]) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"HTTP_AUTHORIZATION": ""}, "unknown access key", id="unsigned"),
        pytest.param({"HTTP_AUTHORIZATION": SIGNED.replace(KEY, "AKIA")}, "unknown access key", id="another key"),
        pytest.param({"HTTP_AUTHORIZATION": SIGNED.replace(KEY, "")}, "unknown access key", id="empty key"),
        pytest.param({"HTTP_HOST": "evil.example.test:4000"}, "Host header", id="DNS rebinding"),
        pytest.param({"HTTP_HOST": ""}, "Host header", id="no host"),
        pytest.param({"HTTP_ORIGIN": "https://evil.example.test"}, "web pages", id="web page"),
        pytest.param({"HTTP_ORIGIN": "null"}, "web pages", id="sandboxed page"),
    ],
)  # fmt: skip
def test_refuses(changes, reason):
    assert reason in access.refusal(environ(**changes), KEY, [])


def fetch(url, **headers):
    request = urllib.request.Request(url, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(request, timeout=20)


@pytest.mark.parametrize("path", ["/", "/moto-api/", "/moto-api/data.json"])
def test_server_refuses_other_processes(aws_server, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        fetch(aws_server.url + path)
    assert caught.value.code == 403
    caught.value.close()


def test_answers_have_no_cors_headers(aws_server):
    client = aws_server.client("sts")
    headers = client.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
    client.close()
    assert [name for name in headers if name.startswith("access-control")] == []


def changed(code, name, content):
    """Return a zip with one file replaced or added."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(code)) as old, zipfile.ZipFile(buffer, "w") as new:
        for item in old.namelist():
            if item != name:
                new.writestr(item, old.read(item))
        new.writestr(name, content)
    return buffer.getvalue()


def test_runs_only_the_rotation_function():
    code = build_zip({})
    assert is_rotation_function(code)
    assert not is_rotation_function(changed(code, "rotator/handler.py", "import os"))
    assert not is_rotation_function(changed(code, "rotator/more.py", "import os"))
    assert not is_rotation_function(b"not a zip")


@pytest.mark.parametrize(
    ("name", "is_module"),
    [
        pytest.param("ca.pem", False, id="certificates"),
        pytest.param("hook.py", True, id="hook"),
        pytest.param("boto3/__init__.pyc", True, id="compiled"),
        pytest.param("six.py", True, id="changed package"),
        pytest.param("hook.py/.", True, id="hidden suffix"),
        pytest.param("./rotator/handler.py", True, id="hidden folder"),
    ],
)
def test_added_modules(name, is_module):
    code = build_zip()
    assert added_modules(code) == []
    assert added_modules(changed(code, name, "x")) == ([name] if is_module else [])


@pytest.mark.parametrize("handler", ["index.handler", "rotator.handler.handler"])
def test_function_with_other_code_is_not_run(aws, tmp_path, handler):
    marker = tmp_path / "marker"
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        source = f"open({str(marker)!r}, 'w')\ndef handler(event, context): pass\n"
        archive.writestr("index.py", source)
        archive.writestr("rotator/handler.py", source)
    iam = boto3.client("iam")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions = boto3.client("lambda")
    arn = functions.create_function(
        FunctionName="f", Runtime="python3.13", Handler=handler, Role=role,
        Code={"ZipFile": buffer.getvalue()},
    )["FunctionArn"]  # fmt: skip
    functions.add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction",
        Principal="secretsmanager.amazonaws.com",
    )  # fmt: skip
    client = boto3.client("secretsmanager")
    client.create_secret(Name="token", SecretString="x")
    with pytest.raises(ClientError, match="runs only the rotation function"):
        client.rotate_secret(
            SecretId="token", RotationLambdaARN=arn,
            RotationRules={"ScheduleExpression": "rate(30 days)"},
        )  # fmt: skip
    assert not marker.exists()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(SIGNED.replace("iam", "KMS"), (KEY, "us-east-1", "kms"), id="signed"),
        pytest.param("", ("", "", ""), id="unsigned"),
        pytest.param("Basic dXNlcjpw", ("", "", ""), id="another scheme"),
        pytest.param(f"AWS4-HMAC-SHA256 Credential={KEY}/kms", ("", "", ""), id="incomplete"),
    ],
)
def test_parse_credential(header, expected):
    assert access.parse_credential(header) == expected
