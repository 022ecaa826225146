"""Report the secrets with a database login that other secrets contain, too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.rotate.environment_secrets import secrets_of_environments
from shield_ai.flow.rotate.shared_logins import find_shared_logins
from shield_ai.flow.verify.check import Check, CheckInfo, Status, join_names, make_check
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget
from shield_ai.model.hidden import Hidden
from shield_ai.model.rotation_policy import changes_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.manifest import Secret

OWN_LOGINS = CheckInfo(
    "rotated-logins-own",
    "no secret shares its login with one that is rotated",
    "the values of the secrets; only reported if there are such secrets",
)


def _check(target: AwsTarget) -> Iterator[Check]:
    """Yield an unknown result, because nothing breaks before the next rotation."""
    prefix = target.manifest.app.prefix
    values = {name.removeprefix(prefix): value for name, value in target.reads.readable.items()}
    elsewhere: dict[str, Secret] = {}
    if any(map(changes_database, target.manifest.secret)):
        elsewhere = secrets_of_environments(target.app.manifest, target.app.environment)
    for name, value in target.aws.secrets.read_many(elsewhere).items():
        if isinstance(value, Hidden):
            values[elsewhere[name].name] = value
    found = [*find_shared_logins(target.manifest.secret, values, elsewhere.values())]
    if found:
        detail = join_names([shared.text for shared in found], "; ")
        yield make_check(OWN_LOGINS, Status.UNKNOWN, detail, found[0].advice)


CHECKS = (AwsCheck(65, _check, (OWN_LOGINS,)),)
