"""Look whether the account is as apply promised: keys, public access, the app's role, the database's logins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from shield_ai import dblogin
from shield_ai.errors import AwsError
from shield_ai.infra.iam import customer_key, partition, role_name
from shield_ai.model import Check, Kind, Status
from shield_ai.strategy import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.account import Account
    from shield_ai.manifest import Manifest, Secret

PARALLEL = 8
_LOGIN = {"username", "password", "host"}  # the fields without which nobody could log in
DECOYS = 20
DECOY = "-not-yours"  # a secret with a similar name, which the app's role must not read


def verify_account(manifest: Manifest, aws: Account) -> Iterator[Check]:
    """Run every check; what can't be looked at is unknown, with why."""
    yield from _role(manifest, aws)
    yield from _key(manifest, aws)
    names = [manifest.app.prefix + secret.name for secret in manifest.secret]
    with ThreadPoolExecutor(PARALLEL) as pool:
        yield _public(dict(zip(names, pool.map(lambda name: _open_to(name, aws), names), strict=True)))
    complete = [s for s in manifest.secret if s.kind is Kind.DATABASE and set(s.fields or ()) >= _LOGIN]
    yield from (check for secret in complete if (check := _login(secret, manifest, aws)))


def _role(manifest: Manifest, aws: Account) -> Iterator[Check]:
    """Ask IAM what the app's role may read: each of its secrets, and none with a similar name."""
    app = manifest.app
    if not app.role:
        return
    base = f"arn:{partition(app.region)}:secretsmanager:{app.region}:{aws.id}:secret:{app.prefix}"
    ours = {f"{base}{secret.name}-AbCdEf": secret.name for secret in manifest.secret}
    similar = [secret.name + DECOY for secret in manifest.secret[:DECOYS]]
    others = {f"{base}{name}-AbCdEf": name for name in similar}
    titles = ("the app's role may read its secrets", "the app's role may read no secret with a similar name")
    try:
        allowed = aws.may_read(role_name(app), [*ours, *others])
    except AwsError as error:
        for title in titles:
            yield Check(name=title, status=Status.UNKNOWN, detail=error.message, hint=error.hint)
        return
    lacking = [name for arn, name in ours.items() if arn not in allowed]
    yield _check(titles[0], lacking, "denied: ", "set role in shield.toml, then shield apply")
    hint = "a policy of the role has a wildcard: allow the exact names, with -?????? at their end"
    yield _check(titles[1], [name for arn, name in others.items() if arn in allowed], "allowed: ", hint)


def _key(manifest: Manifest, aws: Account) -> Iterator[Check]:
    app = manifest.app
    if not customer_key(app):
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
        hint="" if good else "no secret can be read without it: aws kms enable-key, or another kms_key",
    )


def _open_to(name: str, aws: Account) -> str | AwsError:
    """Return whom a secret's own policy lets in without a condition, if that is everybody."""
    try:
        document = aws.secrets.policy(name)
    except AwsError as error:
        return error
    statements: list[dict[str, Any]] = (document or {}).get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        everybody = "*" in (principal, *(principal.values() if isinstance(principal, dict) else ()))
        if statement.get("Effect") == "Allow" and everybody and not statement.get("Condition"):
            return "everybody"
    return ""


def _public(found: dict[str, str | AwsError]) -> Check:
    title = "no secret is open to other accounts"
    unknown = [state for state in found.values() if isinstance(state, AwsError)]
    if unknown:
        return Check(name=title, status=Status.UNKNOWN, detail=unknown[0].message, hint=unknown[0].hint)
    hint = "aws secretsmanager delete-resource-policy takes the policy away"
    return _check(title, [name for name, state in found.items() if state], "open to everybody: ", hint)


def _login(secret: Secret, manifest: Manifest, aws: Account) -> Check | None:
    name = manifest.app.prefix + secret.name
    title = f"{name} logs in"
    try:
        state = aws.secrets.state(name)
        if state is None or state.deleted:
            return None  # another check says so
        value = aws.secrets.read(name)
    except AwsError as error:
        return Check(name=title, status=Status.UNKNOWN, detail=error.message, hint=error.hint)
    why = dblogin.refusal(value, environment(secret))
    if why is None:
        return Check(name=title, status=Status.OK)
    status = Status.UNKNOWN if why.startswith("not tried") else Status.FAILED
    return Check(name=title, status=status, detail=why, hint="run it where the database can be reached")


def _check(title: str, bad: list[str], words: str, hint: str) -> Check:
    detail = words + ", ".join(bad[:5]) if bad else ""
    return Check(name=title, status=Status.FAILED if bad else Status.OK, detail=detail, hint=hint if bad else "")
