"""Read every secret back as the app's role, and others that it must not read; ask IAM where it can't be assumed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import partition, role_arn, role_name
from shield_ai.flow.verify.check import Check, Status
from shield_ai.model.errors import AwsDeniedError, AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.aws.live.account import Account
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest

DECOYS = 20
DECOY = "-not-yours"  # a secret with a similar name, which the app's role must not read
TITLES = (
    "the app's role may read its secrets",
    "the app's role may read no secret with a similar name",
)


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was read, and by whom."""

    values: Mapping[str, Hidden | AwsError]  # by the name in AWS; why not, where it was not given
    role: Account | None = None  # the account as the app's role sees it; None: the caller has read
    why: AwsError | None = None  # the app's role could not be assumed


def read_all(manifest: Manifest, aws: Account) -> Seen:
    """Read the current value of every secret: as the app's role where it lets itself be assumed, else as the caller."""
    app = manifest.app
    names = [app.prefix + secret.name for secret in manifest.secret]
    if not app.role:
        return Seen(aws.secrets.read_many(names))
    try:
        role = aws.as_role(role_arn(app, aws.id, app.region))
    except AwsError as error:
        return Seen(aws.secrets.read_many(names), why=error)
    return Seen(role.secrets.read_many(names), role=role)


def verify_role(manifest: Manifest, aws: Account, seen: Seen) -> Iterator[Check]:
    """Check that the app's role may read each of its secrets, and none with a similar name.

    Args:
        manifest: What is moved.
        aws: The account, as the caller sees it.
        seen: What `read_all` has read.
    """
    app = manifest.app
    if not app.role:
        return
    names = [secret.name for secret in manifest.secret]
    similar = [name + DECOY for name in names[:DECOYS]]
    how = ""
    if seen.role:
        given = {name: seen.values[app.prefix + name] for name in names}
        lacking = [name for name, value in given.items() if isinstance(value, AwsDeniedError)]
        tried = seen.role.secrets.read_many([app.prefix + name for name in similar])
        open_to = [
            name for name in similar if not isinstance(tried[app.prefix + name], AwsDeniedError)
        ]
    else:
        try:
            allowed = _asked(manifest, aws, [*names, *similar])
        except AwsError as error:
            yield from (
                Check(name=t, status=Status.UNKNOWN, detail=error.message, hint=error.hint)
                for t in TITLES
            )
            return
        lacking = [name for name in names if name not in allowed]
        open_to = [name for name in similar if name in allowed]
        how = f"asked of IAM's simulator: {seen.why.message}" if seen.why else ""
    yield _check(TITLES[0], lacking, "denied: ", "set role in shield.toml, then shield apply", how)
    hint = "a policy of the role has a wildcard: allow the exact names, with -?????? at their end"
    yield _check(TITLES[1], open_to, "allowed: ", hint, how)


def _asked(manifest: Manifest, aws: Account, names: list[str]) -> set[str]:
    """Ask IAM's simulator which secrets the role may read; they need not be there."""
    app = manifest.app
    base = f"arn:{partition(app.region)}:secretsmanager:{app.region}:{aws.id}:secret:{app.prefix}"
    arns = {f"{base}{name}-AbCdEf": name for name in names}
    return {arns[arn] for arn in aws.readable_secrets(role_name(app), [*arns])}


def _check(title: str, bad: list[str], words: str, hint: str, how: str) -> Check:
    if not bad:
        return Check(name=title, status=Status.OK, detail=how)
    more = f" and {len(bad) - 5} more" if bad[5:] else ""
    return Check(
        name=title, status=Status.FAILED, detail=words + ", ".join(bad[:5]) + more, hint=hint
    )
