from __future__ import annotations

import ast
import io
import json
import os
import secrets
import subprocess
import sys
import zipfile

import boto3
import pytest

from shield_ai.aws.desired.lambda_package import HANDLER, MAX_ZIP_SIZE, build_zip
from shield_ai.flow.rotate.rotation_driver import Progress, cancel, pending_version, run_rotation
from shield_ai.model.errors import ShieldError
from shield_ai.model.rotation_validation import FUNCTION_MODULES

RANDOM = {"ROTATION_STRATEGY": "random-value"}


@pytest.fixture
def client(aws):
    return boto3.client("secretsmanager")


@pytest.fixture
def secret(client):
    name = "token-" + secrets.token_hex(4)
    client.create_secret(Name=name, SecretString=secrets.token_hex(8))
    return name


def test_the_zip_is_small_and_reproducible():
    made = build_zip()
    assert made == build_zip()
    assert 100_000 < len(made) < MAX_ZIP_SIZE
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        names = archive.namelist()
        assert names == sorted(names)
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert not [name for name in names if name.endswith(".pyc") or name.startswith("..")]
        assert len([name for name in names if "LICENSE" in name]) >= 6


def test_the_zip_needs_no_other_packages(tmp_path):
    """Neither shield nor a database driver must be installed."""
    (tmp_path / "code.zip").write_bytes(build_zip({"hook.py": b"x = 1\n"}))
    module, function = HANDLER.rsplit(".", 1)
    code = (
        f"import sys; sys.path[:0] = ['code.zip']; import {module} as m; import hook, pg8000.native, pymysql, scramp;"
        f" from rotator.postgres import scram_verifier; assert callable(m.{function}); assert 'code.zip' in pg8000.native.__file__;"
        " assert scram_verifier('x').startswith('SCRAM'); assert not [n for n in sys.modules if n.startswith('shield_ai')]"
    )
    subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=tmp_path,
        check=True,
        env={"PATH": os.defpath},
        timeout=60,
    )


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("rotator/handler.py", "is already in the rotation function's zip"),
        ("/etc/x", "is outside the app's folder"),
        ("../x", "is outside the app's folder"),
    ],
)
def test_the_zip_rejects_files_that_would_replace_others(path, problem):
    with pytest.raises(ShieldError, match=problem):
        build_zip({path: b""})


def test_no_hook_can_have_the_name_of_a_module_in_the_zip():
    with zipfile.ZipFile(io.BytesIO(build_zip())) as archive:
        top = {name.partition("/")[0].removesuffix(".py") for name in archive.namelist()}
    assert {name for name in top if name.isidentifier()} <= FUNCTION_MODULES


def test_the_function_does_not_import_shield():
    with zipfile.ZipFile(io.BytesIO(build_zip())) as archive:
        for name in archive.namelist():
            if name.startswith("rotator/"):
                for node in ast.walk(ast.parse(archive.read(name))):
                    if isinstance(node, ast.ImportFrom):
                        assert node.level <= name.count("/"), name
                        assert not (node.module or "").startswith("shield_ai"), name


def test_runs_a_rotation(client, secret):
    steps = []
    old = client.get_secret_value(SecretId=secret)["SecretString"]
    token = run_rotation(client, secret, environ=RANDOM, progress=Progress(steps.append))
    now = client.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")
    assert now["VersionId"] == token
    assert now["SecretString"] != old
    assert (
        client.get_secret_value(SecretId=secret, VersionStage="AWSPREVIOUS")["SecretString"] == old
    )
    assert steps == ["createSecret", "setSecret", "testSecret", "finishSecret"]
    assert run_rotation(client, secret, token, RANDOM) == token
    assert (
        client.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")["SecretString"]
        == now["SecretString"]
    )


def test_resumes_or_cancels_a_pending_rotation(client, secret):
    assert pending_version(client, secret) is None
    assert cancel(client, secret) is None
    document = json.dumps({"value": "v", "strategy": "nonsense"})
    client.put_secret_value(SecretId=secret, SecretString=document)
    client.put_secret_value(SecretId=secret, SecretString="half-way", VersionStages=["AWSPENDING"])
    token = pending_version(client, secret)
    with pytest.raises(ShieldError, match="resume that rotation or cancel it"):
        run_rotation(client, secret, environ=RANDOM)
    with pytest.raises(ShieldError, match="setSecret: unknown strategy"):
        run_rotation(client, secret, token, {})
    assert run_rotation(client, secret, token, RANDOM) == token
    client.put_secret_value(
        SecretId=secret, SecretString="half-way again", VersionStages=["AWSPENDING"]
    )
    assert cancel(client, secret)
    assert pending_version(client, secret) is None
    run_rotation(client, secret, environ=RANDOM)


def test_reports_an_aws_error(client):
    with pytest.raises(
        ShieldError,
        match="createSecret: secretsmanager:DescribeSecret failed: ResourceNotFoundException",
    ):
        run_rotation(client, "nobody", environ=RANDOM)
