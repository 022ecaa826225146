"""RotateSecret as AWS does it: the secret's own Lambda function is called, step by step, after the call has answered.

moto would need Docker for that, and makes an empty version current. Here the function's zip runs in a process of its
own with the function's environment, as in Lambda. Nothing is tried again by itself: RotateSecret does that.
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
from io import BytesIO
from pathlib import Path
from typing import Any

from moto.awslambda.models import lambda_backends
from moto.secretsmanager.models import secretsmanager_backends

from shield_ai.model import schedule
from shield_ai.model.errors import ManifestError

ACCOUNT = "123456789012"
PENDING = "AWSPENDING"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
PRINCIPAL = "secretsmanager.amazonaws.com"
# What Lambda's own bootstrap does: import the handler, call it for each event; the error's text goes to the log.
RUN = """
import importlib, json, sys
module, _, name = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(module), name)
for event in json.loads(sys.argv[2]):
    handler(event, None)
"""
Refusal = tuple[str, str]  # code and message


def rotate(body: dict[str, Any], region: str, url: str) -> dict[str, Any] | Refusal | None:
    """Answer RotateSecret, and let the function begin; None where no function is involved, so that moto may answer.

    Args:
        body: The request.
        region: Where the secret is.
        url: Where the function finds this AWS.
    """
    secret: Any = secretsmanager_backends[ACCOUNT][region].secrets.get(body.get("SecretId", ""))
    arn = body.get("RotationLambdaARN") or (secret.rotation_lambda_arn if secret else "")
    if secret is None or secret.is_deleted() or not arn:
        return None
    try:
        function = lambda_backends[ACCOUNT][region].get_function(arn)
    except Exception:  # noqa: BLE001  # moto has an error for each service
        return "ResourceNotFoundException", f"Lambda function {arn} doesn't exist."
    if not any(PRINCIPAL in json.dumps(s.get("Principal")) for s in function.policy.statements):
        return "AccessDeniedException", (
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy "
            f"grants access to the principal {PRINCIPAL}."
        )
    if refused := _configure(secret, arn, body.get("RotationRules") or {}):
        return refused
    stuck = next(
        (v for v, made in secret.versions.items() if PENDING in made["version_stages"]), None
    )
    if stuck and "AWSCURRENT" not in secret.versions[stuck]["version_stages"]:
        if stuck != getattr(secret, "tried_with", None):
            _call(secret, function, stuck, STEPS, url)
        return (
            "InvalidRequestException",
            "A previous rotation isn't complete. That rotation will be reattempted.",
        )
    token = body.get("ClientRequestToken") or str(uuid.uuid4())
    at_once = body.get("RotateImmediately", True)
    secret.remove_version_stages_from_old_versions([PENDING])
    # A rotation begins with a version without a value, the test of a new configuration with a copy of the current one.
    secret.tried_with = None if at_once else token
    value = (
        {} if at_once else {k: v for k, v in _current(secret).items() if k.startswith("secret_")}
    )
    secret.versions[token] = {
        "createdate": int(time.time()),
        "version_id": token,
        "version_stages": [PENDING],
        **value,
    }
    _call(secret, function, token, STEPS if at_once else ("testSecret",), url)
    return {"ARN": secret.arn, "Name": secret.name, "VersionId": token}


def _configure(secret: Any, arn: str, rules: dict[str, Any]) -> Refusal | None:
    """Take note of the function and the schedule."""
    if rules:
        days = rules.get("AutomaticallyAfterDays")
        try:
            when = schedule.parse(rules.get("ScheduleExpression") or f"rate({days} days)")
            if "Duration" in rules:
                schedule.parse_window(rules["Duration"], when)
        except ManifestError as error:
            return "InvalidParameterException", error.message
        secret.rotation_rules = rules
    secret.rotation_requested = secret.rotation_enabled = True
    secret.rotation_lambda_arn = arn
    _plan(secret)
    return None


def _plan(secret: Any) -> None:
    rules = getattr(secret, "rotation_rules", None)
    if rules:
        expression = (
            rules.get("ScheduleExpression") or f"rate({rules['AutomaticallyAfterDays']} days)"
        )
        secret.next_rotation_date = int(
            schedule.parse(expression).next(datetime.now(UTC)).timestamp()
        )


def _current(secret: Any) -> dict[str, Any]:
    made: dict[str, Any] = secret.versions.get(secret.default_version_id, {})
    return made


def _call(secret: Any, function: Any, token: str, steps: tuple[str, ...], url: str) -> None:
    """Call the function for each step, in the background, until one fails."""
    events = [{"Step": step, "SecretId": secret.arn, "ClientRequestToken": token} for step in steps]
    environment = {
        **function.environment_vars,
        "PATH": os.environ.get("PATH", os.defpath),
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": secret.region,
        "AWS_DEFAULT_REGION": secret.region,
        "AWS_ACCESS_KEY_ID": "LOCALFUNCTION",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
    }

    def work() -> None:
        with tempfile.TemporaryDirectory(prefix="shield-function-") as folder:
            zipfile.ZipFile(BytesIO(function.code_bytes)).extractall(folder)  # into a new folder
            command = [sys.executable, "-c", RUN, function.handler, json.dumps(events)]
            done = subprocess.run(
                command,
                cwd=folder,
                env={**environment, "PYTHONPATH": str(Path(folder))},
                check=False,
            )
        if len(steps) == 1:
            secret.versions.pop(token, None)
        elif done.returncode == 0:
            secret.last_rotation_date = int(time.time())
            _plan(secret)

    threading.Thread(target=work, daemon=True).start()
