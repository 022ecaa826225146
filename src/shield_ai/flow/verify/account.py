"""Look whether the account is as apply promised: keys, public access, rotations, the database's logins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import uses_customer_key
from shield_ai.aws.desired.monitoring import metric_namespace
from shield_ai.flow.verify import db_login
from shield_ai.flow.verify.check import Check, Status
from shield_ai.model.errors import AwsError
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.model.rotation_policy import next_rotation, rotation_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.aws.live.account import Account
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest, Secret

_LOGIN = {"username", "password", "host"}  # the fields without which nobody could log in
GRACE = timedelta(days=1)  # AWS and cron rotate within a day


def verify_account(
    manifest: Manifest, aws: Account, values: Mapping[str, Hidden | AwsError]
) -> Iterator[Check]:
    """Run every check; what can't be looked at is unknown, with why.

    Args:
        manifest: What is moved.
        aws: The account.
        values: What was read of the secrets, by the name in AWS.
    """
    yield from _key(manifest, aws)
    yield _public(
        aws.secrets.policies(manifest.app.prefix + secret.name for secret in manifest.secret)
    )
    yield from _rotation(manifest, aws, datetime.now(UTC))
    yield from _fallback(manifest, aws)
    complete = [
        s for s in manifest.secret if s.kind is Kind.DATABASE and set(s.fields or ()) >= _LOGIN
    ]
    yield from (
        check
        for secret in complete
        if (check := _login(secret, manifest.app.prefix + secret.name, values))
    )


def _key(manifest: Manifest, aws: Account) -> Iterator[Check]:
    app = manifest.app
    if not uses_customer_key(app):
        return
    title = f"the KMS key {app.kms_key} can be used"
    try:
        state = aws.key_state(app.kms_key)
    except AwsError as error:
        yield Check(name=title, status=Status.UNKNOWN, detail=error.message, hint=error.hint)
        return
    good = state == "Enabled"
    yield Check(
        name=title,
        status=Status.OK if good else Status.FAILED,
        detail="" if good else f"it is {state or 'not there'}",
        hint=""
        if good
        else "no secret can be read without it: aws kms enable-key, or another kms_key",
    )


def _is_open(document: dict[str, Any] | None) -> bool:
    """Tell whether a secret's own policy lets in everybody without a condition."""
    statements: list[dict[str, Any]] = (document or {}).get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        everybody = "*" in (principal, *(principal.values() if isinstance(principal, dict) else ()))
        if statement.get("Effect") == "Allow" and everybody and not statement.get("Condition"):
            return True
    return False


def _public(found: Mapping[str, dict[str, Any] | AwsError | None]) -> Check:
    title = "no secret is open to other accounts"
    unknown = [policy for policy in found.values() if isinstance(policy, AwsError)]
    if unknown:
        return Check(
            name=title, status=Status.UNKNOWN, detail=unknown[0].message, hint=unknown[0].hint
        )
    open_to = [
        name
        for name, policy in found.items()
        if not isinstance(policy, AwsError) and _is_open(policy)
    ]
    hint = "aws secretsmanager delete-resource-policy takes the policy away"
    return _check(title, open_to, "open to everybody: ", hint)


def _rotation(manifest: Manifest, aws: Account, now: datetime) -> Iterator[Check]:
    """Look whether each secret that rotates by a schedule has done so, whoever rotates it."""
    planned = {
        manifest.app.prefix + s.name: s for s in manifest.secret if isinstance(s.rotate, Rotation)
    }
    if not planned:
        return
    title = "every rotation is on time"
    try:
        states = aws.rotation([*planned])
    except AwsError as error:
        yield Check(name=title, status=Status.UNKNOWN, detail=error.message, hint=error.hint)
        return
    wrong, latest = [], now - GRACE
    for name, state in states.items():
        if state is None:
            continue  # another check says so
        when = state.next or (next_rotation(planned[name], state.last) if state.last else None)
        if state.pending and state.since and state.since < latest:
            wrong.append(f"{name} stopped half-way on {state.since:%Y-%m-%d}")
        elif when and when < latest:
            wrong.append(f"{name} was due on {when:%Y-%m-%d}")
    yield _check(title, wrong, "", "shield rotate --due; shield rotate --status says more")


def _fallback(manifest: Manifest, aws: Account) -> Iterator[Check]:
    """Ask CloudWatch whether a process has served a secret from its environment, where the app is watched."""
    if not manifest.monitoring.has_recipients:
        return
    title = "no process fell back to its environment in the last 24 hours"
    try:
        times = aws.metric_sum(
            metric_namespace(manifest), "FallbackToEnv", datetime.now(UTC) - timedelta(hours=24)
        )
    except AwsError as error:
        yield Check(name=title, status=Status.UNKNOWN, detail=error.message, hint=error.hint)
        return
    if times is None:
        hint = f"AWS_SECRETS_METRICS=cloudwatch:{metric_namespace(manifest)} in the app's environment sends them"
        yield Check(
            name=title, status=Status.UNKNOWN, detail="no process has sent metrics", hint=hint
        )
        return
    hint = "see the app's log for the secret and why; take the variable out of its environment"
    yield _check(title, [f"{times:.0f} times"] if times else [], "", hint)


def _login(secret: Secret, name: str, values: Mapping[str, Hidden | AwsError]) -> Check | None:
    value = values[name]
    if isinstance(value, AwsError):
        return None  # another check says so
    title = f"{name} logs in"
    why = db_login.login_error(value, rotation_settings(secret))
    if why is None:
        return Check(name=title, status=Status.OK)
    status = Status.UNKNOWN if why.startswith("not tried") else Status.FAILED
    hint = "run it where the database can be reached"
    if "no TLS" in why:
        hint = 'on a database that needs none: rotate = { …, sslmode = "disable" } in shield.toml'
    return Check(name=title, status=status, detail=why, hint=hint)


def _check(title: str, bad: list[str], words: str, hint: str) -> Check:
    detail = words + ", ".join(bad[:5]) if bad else ""
    return Check(
        name=title,
        status=Status.FAILED if bad else Status.OK,
        detail=detail,
        hint=hint if bad else "",
    )
