"""Check the account: the KMS key, resource policies, rotations, fallbacks and database logins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import uses_customer_key
from shield_ai.aws.desired.monitoring_context import metric_namespace
from shield_ai.flow.rotate.rotation_logins import (
    TLS_HINT,
    check_logins,
    engine_problem,
    explain_live,
    pending_hint,
)
from shield_ai.flow.verify.check import (
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    ok_or_failed,
    unknown_check,
)
from shield_ai.flow.verify.db_login import LoginResult, try_login
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget
from shield_ai.flow.verify.secret_policy import EVERYBODY, outside_principals
from shield_ai.flow.verify.stored_secrets import REPAIR
from shield_ai.model.errors import AwsError
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.model.rotation_policy import next_rotation, rotation_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.aws.live.account import Account
    from shield_ai.aws.live.rotation import RotationState
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest, Secret

KMS_KEY_USABLE = CheckInfo(
    "kms-key-usable",
    "the KMS key {subject} can be used",
    "the key's state",
)
SECRETS_PRIVATE = CheckInfo(
    "secrets-private",
    "no secret is public",
    "the resource policy of each secret",
    controls=("least-privilege",),
)
ROTATION_ON_TIME = CheckInfo(
    "rotation-on-time",
    "every rotation is on time",
    "the rotation state of each secret with a schedule",
)
NO_RECENT_FALLBACK = CheckInfo(
    "no-recent-fallback",
    "no process fell back to environment variables in the last 24 hours",
    "the metric FallbackToEnv in CloudWatch",
)
DATABASE_LOGIN = CheckInfo(
    "database-login",
    "{subject}: the database accepts the login",
    "a login to the database",
)

# The fields that a login needs.
_LOGIN_FIELDS = frozenset({"username", "password", "host"})
# AWS and cron rotate within a day of the planned time.
GRACE_PERIOD = timedelta(days=1)
_OVERDUE_HINT = "shield rotate --due rotates them; shield rotate --status shows details"


def verify_account(
    manifest: Manifest, aws: Account, values: Mapping[str, Hidden | AwsError]
) -> Iterator[Check]:
    """Run every check of the account. A check that can't be made is unknown.

    Args:
        manifest: shield.toml, with the settings of the environment.
        aws: The account.
        values: The value of each secret, or why it can't be read, by the name in AWS.
    """
    yield from _verify_key(manifest, aws)
    yield _verify_secret_policies(manifest, aws)
    yield from verify_rotations(manifest, aws, values, datetime.now(UTC))
    yield from _verify_fallbacks(manifest, aws)
    for secret in manifest.secret:
        value = values[manifest.app.prefix + secret.name]
        if isinstance(value, AwsError):
            continue  # verify_secrets reports it
        if secret.kind is Kind.DATABASE and set(secret.fields or ()) >= _LOGIN_FIELDS:
            yield _verify_login(secret, manifest.app.prefix + secret.name, value, aws)


def _verify_key(manifest: Manifest, aws: Account) -> Iterator[Check]:
    app = manifest.app
    if not uses_customer_key(app):
        return
    key = app.kms_key
    try:
        state = aws.key_state(key)
    except AwsError as error:
        yield unknown_check(KMS_KEY_USABLE, error, subject=key)
        return
    problem = "" if state == "Enabled" else f"it is {state or 'missing'}"
    yield ok_or_failed(
        KMS_KEY_USABLE,
        problem,
        "no secret can be read without it: run aws kms enable-key, or set another kms_key",
        subject=key,
    )


def _verify_secret_policies(manifest: Manifest, aws: Account) -> Check:
    policies = aws.secrets.resource_policies(
        manifest.app.prefix + secret.name for secret in manifest.secret
    )
    problems = []
    for name, policy in policies.items():
        if isinstance(policy, AwsError):
            return unknown_check(SECRETS_PRIVATE, policy)
        outside = list(outside_principals(policy or {}, aws.id, manifest.monitoring.readers))
        if EVERYBODY in outside:
            problems.append(f"public resource policy: {name}")
        elif outside:
            problems.append(f"the resource policy of {name} allows {join_names(outside)}")
    return ok_or_failed(
        SECRETS_PRIVATE,
        join_names(problems, "; "),
        "aws secretsmanager delete-resource-policy removes the policy; add principals of another "
        "account that may read the secret to readers under [monitoring]",
    )


def verify_rotations(
    manifest: Manifest, aws: Account, values: Mapping[str, Hidden | AwsError], now: datetime
) -> Iterator[Check]:
    """Check that no scheduled rotation is late, no matter what rotates the secret, or can't start.

    Args:
        manifest: shield.toml, with the settings of the environment.
        aws: The account.
        values: The value of each secret, or why it can't be read, by the name in AWS.
        now: The current time.
    """
    scheduled = {
        manifest.app.prefix + secret.name: secret
        for secret in manifest.secret
        if isinstance(secret.rotate, Rotation)
    }
    if not scheduled:
        return
    try:
        states = aws.rotation_states([*scheduled])
    except AwsError as error:
        yield unknown_check(ROTATION_ON_TIME, error)
        return
    problems: list[tuple[str, str]] = []  # what to report, and a hint if it is a failure
    for name, state in states.items():
        problems += _rotation_problems(scheduled[name], name, state, values[name], now)
    details = [detail for detail, _ in problems]
    hints = dict.fromkeys(hint for _, hint in problems if hint)
    status = Status.FAILED if hints else Status.OK
    yield make_check(ROTATION_ON_TIME, status, join_names(details), "; ".join(hints))


def _rotation_problems(
    secret: Secret, name: str, state: RotationState | None, value: Hidden | AwsError, now: datetime
) -> Iterator[tuple[str, str]]:
    """Yield what to report of a rotation, and a hint if it is a failure."""
    if state is None:
        return  # verify_secrets reports it
    detail, hint = _explain_rotation(secret, state, now - GRACE_PERIOD)
    if detail:
        yield f"{name}{detail}", hint
    problem, advice = ("", "") if isinstance(value, AwsError) else engine_problem(secret, value)
    if problem:
        yield f"{name}: {problem}", advice


def _explain_rotation(secret: Secret, state: RotationState, latest: datetime) -> tuple[str, str]:
    """Return what to report of a pending or late rotation, and a hint if it is late, or "".

    Args:
        secret: The secret.
        state: The state of its rotation.
        latest: The time before which a rotation is late.
    """
    planned = state.next
    if not planned and state.last:
        planned = next_rotation(secret, state.last)
    is_due = planned is not None and planned < latest
    if state.pending:
        is_late = is_due or (state.since is not None and state.since < latest)
        since = f" since {state.since:%Y-%m-%d}" if state.since else ""
        hint = pending_hint(secret.name) if is_late else ""
        return f": rotation pending{since}", hint
    if is_due:
        return f" was due on {planned:%Y-%m-%d}", _OVERDUE_HINT
    return "", ""


def _verify_fallbacks(manifest: Manifest, aws: Account) -> Iterator[Check]:
    """Check, with the app's metrics, that no process read a secret from an environment variable."""
    if not manifest.monitoring.has_recipients:
        return
    namespace = metric_namespace(manifest)
    since = datetime.now(UTC) - timedelta(hours=24)
    try:
        fallbacks = aws.metric_sum(namespace, "FallbackToEnv", since)
    except AwsError as error:
        yield unknown_check(NO_RECENT_FALLBACK, error)
        return
    if fallbacks is None:
        yield make_check(
            NO_RECENT_FALLBACK,
            Status.UNKNOWN,
            "no process has sent metrics",
            f"set AWS_SECRETS_METRICS=cloudwatch:{namespace} in the app's environment",
        )
        return
    problem = ""
    if fallbacks:
        problem = "1 time" if fallbacks == 1 else f"{fallbacks:.0f} times"
    yield ok_or_failed(
        NO_RECENT_FALLBACK,
        problem,
        "the app's log names the secret and the reason; "
        "remove the variable from the app's environment",
    )


def _verify_login(secret: Secret, name: str, value: Hidden, aws: Account) -> Check:
    login = try_login(value, rotation_settings(secret))
    if login.result is LoginResult.OK:
        return make_check(DATABASE_LOGIN, Status.OK, subject=name)
    status = Status.UNKNOWN
    detail = login.detail
    hint = "run shield on a host that can reach the database"
    if login.result is LoginResult.NO_TLS:
        hint = TLS_HINT
    elif login.result is LoginResult.REFUSED:
        status = Status.FAILED
        reason, hint = _pending_login(secret, name, aws)
        if reason:
            detail = f"{detail}; {reason}"
        else:
            hint = _refused_hint(secret)
    return make_check(DATABASE_LOGIN, status, detail, hint, subject=name)


def _refused_hint(secret: Secret) -> str:
    """Return how to make AWS and the database agree on a password if no rotation is pending."""
    return (
        f"{REPAIR}, with the right values of {', '.join(secret.variables())}; "
        f"if an older version of the secret has the password, shield rotate {secret.name} "
        "logs in with it and sets a new one"
    )


def _pending_login(secret: Secret, name: str, aws: Account) -> tuple[str, str]:
    """Return which password works and what to do, or empty texts if no rotation is pending."""
    try:
        state = aws.rotation_states([name])[name]
        if state is None or not state.pending:
            return "", ""
        client = aws.session.secretsmanager()
        live = check_logins(client, name, rotation_settings(secret)).live
    except AwsError:
        return "", ""
    return explain_live(live, secret.name)


def _check(target: AwsTarget) -> Iterator[Check]:
    yield from verify_account(target.manifest, target.aws, target.reads.values)


CHECKS = (
    AwsCheck(
        90,
        _check,
        (KMS_KEY_USABLE, SECRETS_PRIVATE, ROTATION_ON_TIME, NO_RECENT_FALLBACK, DATABASE_LOGIN),
    ),
)
