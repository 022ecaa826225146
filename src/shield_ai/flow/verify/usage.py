"""Check that the code reads every secret, and that AWS has every secret that the code reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.misspelled_names import find_misspelled_names
from shield_ai.flow.verify.check import (
    NOT_SCANNED_HINT,
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    not_scanned,
    ok_or_failed,
    unknown_check,
)
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget, CodeCheck
from shield_ai.flow.verify.stored_secrets import ABSENT_HINT
from shield_ai.model.errors import AwsError
from shield_ai.model.manifest import Rotation
from shield_ai.model.naming import env_var_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.skip import Skipped
    from shield_ai.scan.python.scan import Scan
    from shield_ai.scan.python.visit.secret_call import SecretCall

SECRETS_USED = CheckInfo(
    "secrets-used",
    "the code reads every secret in shield.toml",
    "the scan of the app's code and `shield.toml`",
    controls=("secrets-in-use",),
)
SECRETS_HELD = CheckInfo(
    "secrets-held",
    "every secret that the code requires exists in AWS",
    "the get_secret calls in the app's code, and the secrets in AWS",
)

NAMES_LISTED = CheckInfo(
    "names-listed",
    "shield.toml lists the names in get_secret() calls",
    "the get_secret calls in the app's code; only with `--only code`, and only reported if a name "
    "is similar to one in `shield.toml`",
)

_UNUSED_HINT = (
    "remove the secret from shield.toml, or add external = true to it if something other than the "
    "app's Python code reads it"
)

_HELD_HINT = (
    'correct the name, or add a [[secret]] with this name and env = "VARIABLE" to shield.toml, '
    "then run shield apply"
)
_IGNORED_HINT = (
    "read the variable without get_secret(), or remove it from ignore and restore its [[secret]] "
    "in shield.toml"
)


def verify_usage(manifest: Manifest, scan: Scan, unreadable: Sequence[Skipped]) -> Check:
    """Check that the code reads every secret in shield.toml that is not marked as external.

    Args:
        manifest: shield.toml.
        scan: The scan of the app.
        unreadable: The files that the scan could not read or parse.
    """
    used = _used_names(manifest, scan)
    unused = [
        secret.name
        for secret in manifest.secret
        if not secret.external and used.isdisjoint(_names_of(secret, manifest))
    ]
    if unused and unreadable:
        detail = f"{join_names(unused)} may be read in a file that was {not_scanned(unreadable)}"
        return make_check(SECRETS_USED, Status.UNKNOWN, detail, NOT_SCANNED_HINT)
    computed = [call.place for call in scan.secret_calls if not call.names]
    if unused and computed:
        detail = f"{join_names(unused)} may be read where the name is computed: {computed[0]}"
        return make_check(SECRETS_USED, Status.UNKNOWN, detail, _UNUSED_HINT)
    needed = [secret for secret in manifest.secret if not secret.external]
    if needed and not unused and not reads_secrets(scan):
        detail = "not applied yet: the code only reads environment variables"
        return make_check(SECRETS_USED, Status.UNKNOWN, detail, "run shield apply")
    problem = f"no code reads {join_names(unused)}" if unused else ""
    return ok_or_failed(SECRETS_USED, problem, _UNUSED_HINT)


def reads_secrets(scan: Scan) -> bool:
    """Return whether the code reads any secret with get_secret()."""
    return bool(scan.migrated or scan.secret_calls)


def _used_names(manifest: Manifest, scan: Scan) -> set[str]:
    """Return the variables that the code reads, and the names of the secrets that are used."""
    used = set(scan.migrated)
    for _, site in scan.sites:
        used.update(site.variables)
    for call in scan.secret_calls:
        used.update(call.names)
    for secret in manifest.secret:
        if isinstance(secret.rotate, Rotation):
            used.add(secret.rotate.admin)
    return used


def _names_of(secret: Secret, manifest: Manifest) -> set[str]:
    full_name = manifest.app.prefix + secret.name
    return {secret.name, full_name, env_var_name(secret.name), *secret.variables()}


def verify_held(manifest: Manifest, aws: Account, app: AppContext) -> Check:
    """Check that AWS has the secrets that the code reads, listed in shield.toml or not.

    The secrets of ignored variables fail the check, because the app's role can't read them.

    Args:
        manifest: shield.toml, with the settings of the environment.
        aws: The account.
        app: The app.
    """
    scan = app.scan_result
    ignored = [variable for variable in manifest.app.ignore if variable in scan.migrated]
    if ignored:
        detail = f"get_secret() reads {join_names(ignored)}, which shield.toml ignores"
        return make_check(SECRETS_HELD, Status.FAILED, detail, _IGNORED_HINT)
    suggestions = {found.call: f": {found.suggestion}" for found in find_misspelled_names(app)}
    required = [call for call in scan.secret_calls if not call.is_optional or call in suggestions]
    try:
        missing = _missing_names(manifest, aws, required)
        found = _held_check(required, missing, suggestions)
        if found.status is not Status.OK:
            return found
        return _listed_check(manifest, aws, scan)
    except AwsError as error:
        return unknown_check(SECRETS_HELD, error)


def _held_check(
    calls: Sequence[SecretCall], missing: Collection[str], suggestions: Mapping[SecretCall, str]
) -> Check:
    """Return the check: failed if a call reads a missing secret, unknown if a call may read one."""
    certain: list[str] = []
    possible = [f"{call.place} reads a computed name" for call in calls if not call.names]
    for call in calls:
        names = [name for name in call.names if name in missing]
        if names:
            found = certain if len(names) == len(call.names) else possible
            found.append(f"{call.place} reads {' or '.join(names)}{suggestions.get(call, '')}")
    if certain or not possible:
        return ok_or_failed(SECRETS_HELD, join_names(certain, "; "), _HELD_HINT)
    return make_check(SECRETS_HELD, Status.UNKNOWN, join_names(possible, "; "), _HELD_HINT)


def _listed_check(manifest: Manifest, aws: Account, scan: Scan) -> Check:
    """Return the check of the secrets of shield.toml, then of calls that work without a secret.

    Raises:
        AwsError: An AWS call failed.
    """
    absent = _missing_listed(manifest, aws, scan)
    if absent:
        return make_check(SECRETS_HELD, Status.FAILED, join_names(absent), ABSENT_HINT)
    return _optional_check(manifest, aws, scan.secret_calls)


def _optional_check(manifest: Manifest, aws: Account, calls: Sequence[SecretCall]) -> Check:
    """Return the check of calls that work without their secret: unknown if a secret is missing.

    Raises:
        AwsError: An AWS call failed.
    """
    optional = [call for call in calls if call.is_optional]
    missing = _missing_names(manifest, aws, optional)
    without: list[str] = []
    for call in optional:
        if call.names and missing.issuperset(call.names):
            without.append(f"{call.place} reads {' or '.join(call.names)}")
    if not without:
        return make_check(SECRETS_HELD, Status.OK)
    detail = f"neither shield.toml nor AWS has the secret: {join_names(without, '; ')}"
    return make_check(SECRETS_HELD, Status.UNKNOWN, detail, _HELD_HINT)


def _verify_names(app: AppContext) -> Iterator[Check]:
    """Report the calls with a name that is probably misspelled."""
    misspelled = [found.text for found in find_misspelled_names(app)]
    if misspelled:
        detail = join_names(misspelled, "; ")
        yield make_check(NAMES_LISTED, Status.FAILED, detail, _HELD_HINT)


def _missing_names(manifest: Manifest, aws: Account, calls: Iterable[SecretCall]) -> frozenset[str]:
    """Return the names that neither shield.toml nor AWS has.

    Raises:
        AwsError: An AWS call failed.
    """
    known = {secret.name for secret in manifest.secret}
    known |= {manifest.app.prefix + name for name in known}
    names = {name for call in calls for name in call.names} - known
    missing = set()
    for name in names:
        state = aws.secrets.state(manifest.app.prefix + name)
        if state is None or state.deleted:
            missing.add(name)
    return frozenset(missing)


def _missing_listed(manifest: Manifest, aws: Account, scan: Scan) -> list[str]:
    """Return the required secrets of shield.toml that the code reads and AWS does not have.

    Raises:
        AwsError: An AWS call failed.
    """
    used = _used_names(manifest, scan)
    missing = []
    for secret in manifest.secret:
        name = manifest.app.prefix + secret.name
        if secret.optional or used.isdisjoint(_names_of(secret, manifest)):
            continue
        state = aws.secrets.state(name)
        if state is None:
            missing.append(f"{name} is not in AWS")
        elif state.deleted:
            missing.append(f"{name} is scheduled for deletion")
    return missing


def _check_usage(app: AppContext) -> Iterator[Check]:
    yield verify_usage(app.manifest, app.scan_result, app.scan_result.unreadable)
    if app.only == "code":  # otherwise, AWS tells whether the secret exists
        yield from _verify_names(app)


def _check_held(target: AwsTarget) -> Iterator[Check]:
    if not target.app.only:
        yield verify_held(target.manifest, target.aws, target.app)


CHECKS = (
    CodeCheck(30, _check_usage, (SECRETS_USED, NAMES_LISTED)),
    AwsCheck(100, _check_held, (SECRETS_HELD,)),
)
