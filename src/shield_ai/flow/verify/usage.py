"""Check that the code reads every secret, and that AWS has every secret that the code reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.verify.check import (
    Check,
    CheckId,
    Status,
    join_names,
    make_check,
    ok_or_failed,
    unknown,
)
from shield_ai.model.errors import AwsError
from shield_ai.model.manifest import Rotation
from shield_ai.model.naming import env_var_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.aws.live.account import Account
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.scan.python.app_scan import Scan

_UNUSED_HINT = (
    "remove the secret from shield.toml, or add external = true to it if something other than the "
    "app's Python code reads it"
)

_IGNORED_HINT = (
    "read the variable without get_secret(), or remove it from ignore and restore its [[secret]] "
    "in shield.toml"
)


def verify_usage(manifest: Manifest, scan: Scan) -> Check:
    """Check that the code reads every secret in shield.toml that is not marked as external.

    Args:
        manifest: shield.toml.
        scan: The scan of the app.
    """
    used = _used_names(manifest, scan)
    unused = [
        secret.name
        for secret in manifest.secret
        if not secret.external and used.isdisjoint(_names_of(secret, manifest))
    ]
    computed = [call.place for call in scan.secret_calls if not call.names]
    if unused and computed:
        detail = f"{join_names(unused)} may be read where the name is computed: {computed[0]}"
        return make_check(CheckId.SECRETS_USED, Status.UNKNOWN, detail, _UNUSED_HINT)
    problem = f"no code reads {join_names(unused)}" if unused else ""
    return ok_or_failed(CheckId.SECRETS_USED, problem, _UNUSED_HINT)


def _used_names(manifest: Manifest, scan: Scan) -> set[str]:
    """Return the variables that the code reads, and the names of the secrets that are used."""
    used = set(scan.migrated)
    for finding in scan.findings:
        if finding.site:
            used.update(finding.site.variables)
    for call in scan.secret_calls:
        used.update(call.names)
    for secret in manifest.secret:
        if isinstance(secret.rotate, Rotation):
            used.add(secret.rotate.admin)
    return used


def _names_of(secret: Secret, manifest: Manifest) -> set[str]:
    full_name = manifest.app.prefix + secret.name
    return {secret.name, full_name, env_var_name(secret.name), *secret.variables()}


def verify_held(manifest: Manifest, aws: Account, scan: Scan) -> Check:
    """Check that AWS has the secrets that the code reads and shield.toml does not list.

    The secrets in shield.toml have a check each. The app's role can't read those that it ignores.

    Args:
        manifest: shield.toml, with the settings of the environment.
        aws: The account.
        scan: The scan of the app.
    """
    ignored = [variable for variable in manifest.app.ignore if variable in scan.migrated]
    if ignored:
        detail = f"get_secret() reads {join_names(ignored)}, which shield.toml ignores"
        return make_check(CheckId.SECRETS_HELD, Status.FAILED, detail, _IGNORED_HINT)
    required = _required_names(manifest, scan)
    missing = []
    for name, place in required.items():
        try:
            state = aws.secrets.state(manifest.app.prefix + name)
        except AwsError as error:
            return unknown(CheckId.SECRETS_HELD, error)
        if state is None or state.deleted:
            missing.append(f"{place} reads {name}")
    hint = (
        'correct the name, or add a [[secret]] with this name and env = "VARIABLE" to '
        "shield.toml, then run shield apply"
    )
    return ok_or_failed(CheckId.SECRETS_HELD, join_names(missing, "; "), hint)


def _required_names(manifest: Manifest, scan: Scan) -> Mapping[str, str]:
    """Map each required name that shield.toml does not list to the first place that reads it."""
    known = {secret.name for secret in manifest.secret}
    known |= {manifest.app.prefix + name for name in known}
    places: dict[str, str] = {}
    for call in scan.secret_calls:
        if call.is_optional or len(call.names) != 1:
            continue
        name = call.names[0]
        if name not in known:
            places.setdefault(name, call.place)
    return places
