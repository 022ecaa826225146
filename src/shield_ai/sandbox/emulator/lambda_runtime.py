"""Emulate RotateSecret: after the call, run the secret's Lambda function step by step.

moto needs Docker to run a function, and makes an empty version current. Here, the function's zip
runs in a separate process with those env vars of the function that start with ROTATION_. Failed
steps are not retried until the next RotateSecret.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from datetime import UTC, datetime
from functools import cache
from importlib.machinery import all_suffixes
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

from moto.awslambda.models import lambda_backends
from moto.secretsmanager.models import secretsmanager_backends

from shield_ai import rotator
from shield_ai.aws.desired.lambda_package import build_zip
from shield_ai.aws.live.calls import HOOK_REFUSED
from shield_ai.model import schedule
from shield_ai.model.errors import ManifestError, ShieldError
from shield_ai.sandbox.emulator import ACCOUNT

PENDING = "AWSPENDING"
CURRENT = "AWSCURRENT"
TEST_STEP = "testSecret"
STEPS = ("createSecret", "setSecret", TEST_STEP, "finishSecret")
PRINCIPAL = "secretsmanager.amazonaws.com"
# Like Lambda's own bootstrap: import the handler and call it for each event. A traceback goes to
# the log.
BOOTSTRAP = """
import importlib, json, sys
module, _, name = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(module), name)
for event in json.loads(sys.argv[2]):
    handler(event, None)
"""
Error = tuple[str, str]  # code and message
HANDLERS = frozenset({"rotator.handler.handler", "rotator.canary.handler"})
ROTATOR = Path(rotator.__file__).parent


class Client(NamedTuple):
    """How a function reaches the AWS emulator, and whether it may contain hooks."""

    url: str
    access_key_id: str
    runs_hooks: bool


def rotate(body: dict[str, Any], region: str, client: Client) -> dict[str, Any] | Error | None:
    """Answer RotateSecret and start the function; return None if moto should answer.

    Args:
        body: The request.
        region: The secret's region.
        client: How the function reaches the AWS emulator.
    """
    secret: Any = secretsmanager_backends[ACCOUNT][region].secrets.get(body.get("SecretId", ""))
    arn = _function_arn(secret, body)
    if not arn:
        return None
    try:
        function = lambda_backends[ACCOUNT][region].get_function(arn)
    except Exception:  # noqa: BLE001  # moto has an exception for each service
        return "ResourceNotFoundException", f"Lambda function {arn} doesn't exist."
    error = _code_error(function, client) or _permission_error(function)
    error = error or _configure(secret, arn, body.get("RotationRules") or {})
    if error:
        return error
    if _retry_interrupted(secret, function, client):
        return (
            "InvalidRequestException",
            "A previous rotation isn't complete. That rotation will be reattempted.",
        )
    token = body.get("ClientRequestToken") or str(uuid.uuid4())
    _start(secret, function, token, client, rotate_now=body.get("RotateImmediately", True))
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": token}


def _function_arn(secret: Any, body: dict[str, Any]) -> str | None:
    """Return the ARN of the rotation function; None for a missing or deleted secret."""
    if secret is None or secret.is_deleted():
        return None
    arn: str | None = body.get("RotationLambdaARN") or secret.rotation_lambda_arn
    return arn


def _code_error(function: Any, client: Client) -> Error | None:
    """Reject code other than this version's rotation function, because it runs on this host."""
    if function.handler not in HANDLERS or not is_rotation_function(function.code_bytes):
        text = "the AWS emulator runs only the rotation function of shield; deploy it again"
        return "InvalidRequestException", text
    if client.runs_hooks:
        return None
    try:
        hooks = added_modules(function.code_bytes)
    except ShieldError as error:
        return "InvalidRequestException", error.message
    if hooks:
        text = f"{hooks[0]} is not code of shield; it runs only with shield local --run-hooks"
        return HOOK_REFUSED, text
    return None


def added_modules(code: bytes) -> list[str]:
    """Return the files in a zip that Python could import and that are not in every function.

    Raises:
        ShieldError: A package of the function is not installed.
    """
    own = _files_of_every_function()
    suffixes = tuple(all_suffixes())
    with zipfile.ZipFile(BytesIO(code)) as archive:
        changed = [name for name in archive.namelist() if archive.read(name) != own.get(name)]
    # extractall() drops parts such as ".", so each part could be the file's name.
    return [name for name in changed if any(p.endswith(suffixes) for p in name.split("/"))]


@cache
def _files_of_every_function() -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(build_zip())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def is_rotation_function(code: bytes) -> bool:
    """Return whether the package `rotator` in a zip has exactly the modules of this version."""
    expected = {
        f"rotator/{path.relative_to(ROTATOR).as_posix()}": path.read_bytes()
        for path in ROTATOR.rglob("*.py")
    }
    try:
        with zipfile.ZipFile(BytesIO(code)) as archive:
            names = [name for name in archive.namelist() if name.startswith("rotator/")]
            found = {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError):
        return False
    return found == expected


def _permission_error(function: Any) -> Error | None:
    for statement in function.policy.statements:
        if PRINCIPAL in json.dumps(statement.get("Principal")):
            return None
    return "AccessDeniedException", (
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
        f"policy grants access to the principal {PRINCIPAL}."
    )


def _retry_interrupted(secret: Any, function: Any, client: Client) -> bool:
    """Run the function again if a rotation was interrupted; return whether a version is pending."""
    for version, state in secret.versions.items():
        if PENDING not in state["version_stages"]:
            continue
        if CURRENT in state["version_stages"]:
            return False
        if version != getattr(secret, "tested_version", None):
            _run_function(secret, function, version, STEPS, client)
        return True
    return False


def _start(secret: Any, function: Any, token: str, client: Client, *, rotate_now: bool) -> None:
    """Create a pending version and run the function.

    A rotation starts with a version without a value. Without `rotate_now`, only the new
    configuration is tested, with a copy of the current version.
    """
    value = {}
    if not rotate_now:
        current = secret.versions.get(secret.default_version_id, {})
        value = {key: item for key, item in current.items() if key.startswith("secret_")}
    secret.remove_version_stages_from_old_versions([PENDING])
    secret.tested_version = None if rotate_now else token
    secret.versions[token] = {
        "createdate": int(time.time()),
        "version_id": token,
        "version_stages": [PENDING],
        **value,
    }
    _run_function(secret, function, token, STEPS if rotate_now else (TEST_STEP,), client)


def _configure(secret: Any, arn: str, rules: dict[str, Any]) -> Error | None:
    """Store the function and the schedule of a secret; return an error if they are invalid."""
    if rules:
        try:
            when = schedule.parse_schedule(_schedule_expression(rules))
            if "Duration" in rules:
                schedule.parse_window(rules["Duration"], when)
        except ManifestError as error:
            return "InvalidParameterException", error.message
        secret.rotation_rules = rules
    secret.rotation_requested = True
    secret.rotation_enabled = True
    secret.rotation_lambda_arn = arn
    _set_next_rotation(secret)
    return None


def _schedule_expression(rules: dict[str, Any]) -> str:
    days = rules.get("AutomaticallyAfterDays")
    return rules.get("ScheduleExpression") or f"rate({days} days)"


def _set_next_rotation(secret: Any) -> None:
    rules = getattr(secret, "rotation_rules", None)
    if rules:
        when = schedule.parse_schedule(_schedule_expression(rules))
        secret.next_rotation_date = int(when.next(datetime.now(UTC)).timestamp())


def _run_function(
    secret: Any, function: Any, token: str, steps: tuple[str, ...], client: Client
) -> None:
    """Call the function for each step in the background, until one fails."""
    events = [{"Step": step, "SecretId": secret.arn, "ClientRequestToken": token} for step in steps]
    command = [sys.executable, "-c", BOOTSTRAP, function.handler, json.dumps(events)]
    variables = function.environment_vars.items()
    environment = {
        # Others, such as LD_PRELOAD, could make the process run other code.
        **{name: value for name, value in variables if name.startswith("ROTATION_")},
        "PATH": os.environ.get("PATH", os.defpath),
        "AWS_ENDPOINT_URL": client.url,
        "AWS_REGION": secret.region,
        "AWS_DEFAULT_REGION": secret.region,
        "AWS_ACCESS_KEY_ID": client.access_key_id,
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }

    def run() -> None:
        with tempfile.TemporaryDirectory(prefix="shield-function-") as folder:
            zipfile.ZipFile(BytesIO(function.code_bytes)).extractall(folder)
            env = {**environment, "PYTHONPATH": folder}
            done = subprocess.run(command, cwd=folder, env=env, check=False)
        if steps == (TEST_STEP,):
            secret.versions.pop(token, None)
        elif done.returncode == 0:
            secret.last_rotation_date = int(time.time())
            _set_next_rotation(secret)

    threading.Thread(target=run, daemon=True).start()
