"""Check what the app's role may read: its own secrets, and no others with similar names."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import partition, role_arn
from shield_ai.flow.verify.check import (
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    unknown_check,
)
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget
from shield_ai.model.errors import AwsDeniedError, AwsError, AwsNotFoundError
from shield_ai.model.hidden import Hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.aws.live.account import Account
    from shield_ai.model.manifest import Manifest

ROLE_READS_OWN = CheckInfo(
    "role-reads-own",
    "the app's role may read its secrets",
    "the secrets, read as the app's role, or else IAM's policy simulator",
    controls=("least-privilege",),
)
ROLE_READS_NO_OTHER = CheckInfo(
    "role-reads-no-other",
    "the app's role may read no secret with a similar name",
    "secrets with similar names, read as the app's role, or else IAM's policy simulator",
    controls=("least-privilege",),
)

MAX_SIMILAR_NAMES = 20
ROLE_HINT = "check that `role` in shield.toml is the app's role, then run shield apply"
# Appended to a name, for a secret that the app's role must not be allowed to read. The secret need
# not exist.
SIMILAR_SUFFIX = "-not-yours"


@dataclasses.dataclass(frozen=True)
class SecretReads:
    """The secrets that were read, and the role that read them."""

    values: Mapping[str, Hidden | AwsError]  # the value or the error, by the name in AWS
    role: Account | None = None  # the account, accessed as the app's role; None: as the caller
    assume_error: AwsError | None = None  # why the app's role could not be assumed

    @property
    def readable(self) -> dict[str, Hidden]:
        """The secrets that could be read, by their name in AWS."""
        return {name: value for name, value in self.values.items() if isinstance(value, Hidden)}


@dataclasses.dataclass(frozen=True)
class _Access:
    """The secrets of the app that its role can't read, and others that it can read."""

    denied: list[str]  # own secrets
    allowed: list[str]  # secrets with similar names
    # The first error that says nothing about permissions, such as an outage.
    own_error: AwsError | None = None
    other_error: AwsError | None = None


def read_secrets(manifest: Manifest, aws: Account) -> SecretReads:
    """Read the current value of every secret, as the app's role or else as the caller.

    Args:
        manifest: shield.toml.
        aws: The account.
    """
    app = manifest.app
    names = [app.prefix + secret.name for secret in manifest.secret]
    if not app.role:
        return SecretReads(aws.secrets.read_many(names))
    try:
        role = aws.as_role(role_arn(app, aws.id, app.region))
    except AwsError as error:
        return SecretReads(aws.secrets.read_many(names), assume_error=error)
    return SecretReads(role.secrets.read_many(names), role=role)


def verify_role(manifest: Manifest, aws: Account, reads: SecretReads) -> Iterator[Check]:
    """Check that the app's role may read its secrets, and no secret with a similar name.

    Args:
        manifest: shield.toml.
        aws: The account, accessed as the caller.
        reads: From `read_secrets`.
    """
    if not manifest.app.role:
        return
    detail = ""
    if reads.role:
        access = _access_by_reading(manifest, reads, reads.role)
    else:
        try:
            access = _access_by_simulation(manifest, aws)
        except AwsError as error:
            yield unknown_check(ROLE_READS_OWN, error)
            yield unknown_check(ROLE_READS_NO_OTHER, error)
            return
        if reads.assume_error:
            detail = (
                "according to IAM's policy simulator, because the app's role can't be assumed: "
                f"{reads.assume_error.message}"
            )
    yield _access_check(
        ROLE_READS_OWN,
        "denied: ",
        access.denied,
        access.own_error,
        detail,
        ROLE_HINT,
    )
    yield _access_check(
        ROLE_READS_NO_OTHER,
        "allowed: ",
        access.allowed,
        access.other_error,
        detail,
        "a policy of the role probably has a wildcard: allow the exact names, followed by -??????",
    )


def _access_by_reading(manifest: Manifest, reads: SecretReads, role: Account) -> _Access:
    prefix = manifest.app.prefix
    names = [secret.name for secret in manifest.secret]
    similar = _similar_names(names)
    others = role.secrets.read_many([prefix + name for name in similar])
    return _Access(
        denied=[name for name in names if isinstance(reads.values[prefix + name], AwsDeniedError)],
        allowed=[name for name in similar if _is_allowed(others[prefix + name])],
        own_error=_first_unclear(reads.values.values()),
        other_error=_first_unclear(others.values()),
    )


def _is_allowed(result: Hidden | AwsError) -> bool:
    """Return whether the role has the permission: AWS checks it before the secret's existence."""
    return isinstance(result, (Hidden, AwsNotFoundError))


def _first_unclear(results: Iterable[Hidden | AwsError]) -> AwsError | None:
    for result in results:
        if isinstance(result, AwsError) and not isinstance(
            result, (AwsDeniedError, AwsNotFoundError)
        ):
            return result
    return None


def _access_by_simulation(manifest: Manifest, aws: Account) -> _Access:
    """Query IAM's policy simulator, which does not require existing secrets."""
    app = manifest.app
    names = [secret.name for secret in manifest.secret]
    similar = _similar_names(names)
    base = f"arn:{partition(app.region)}:secretsmanager:{app.region}:{aws.id}:secret:{app.prefix}"
    # AWS appends a hyphen and six random characters to a name.
    arns = {name: f"{base}{name}-AbCdEf" for name in [*names, *similar]}
    role = role_arn(app, aws.id, app.region)
    readable = aws.readable_secrets(role, [*arns.values()])
    return _Access(
        denied=[name for name in names if arns[name] not in readable],
        allowed=[name for name in similar if arns[name] in readable],
    )


def _similar_names(names: list[str]) -> list[str]:
    return [name + SIMILAR_SUFFIX for name in names[:MAX_SIMILAR_NAMES]]


def _access_check(
    info: CheckInfo,
    prefix: str,
    wrong: list[str],
    error: AwsError | None,
    detail: str,
    hint: str,
) -> Check:
    if wrong:
        return make_check(info, Status.FAILED, prefix + join_names(wrong), hint)
    if error:
        return unknown_check(info, error)
    return make_check(info, Status.OK, detail)


def _check_role(target: AwsTarget) -> Iterator[Check]:
    yield from verify_role(target.manifest, target.aws, target.reads)


CHECKS = (AwsCheck(80, _check_role, (ROLE_READS_OWN, ROLE_READS_NO_OTHER)),)
