"""Check that every secret of shield.toml can be read, with all its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.stored_documents import missing_fields
from shield_ai.flow.verify.check import Check, CheckInfo, absent_check, join_names, ok_or_failed
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget
from shield_ai.flow.verify.role import ROLE_HINT
from shield_ai.model.errors import AwsDeniedError, AwsError
from shield_ai.model.site import READ_SHAPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.verify.role import SecretReads
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.scan.python.scan import Scan

SECRET_READABLE = CheckInfo(
    "secret-readable",
    "{subject} can be read",
    "the secret's value in AWS, as the app's role if possible",
)
ABSENT_HINT = "run shield apply, with --env-file FILE or --prompt for the values"
REPAIR = "run shield apply --conflict ask --env-file FILE"


def verify_secrets(
    manifest: Manifest, reads: SecretReads, aws: Account, app: AppContext
) -> Iterator[Check]:
    """Check every secret.

    Args:
        manifest: shield.toml, with the settings of the environment.
        reads: The value of each secret, or why it can't be read.
        aws: The account.
        app: The app, to tell what it does without an optional secret.
    """
    for secret in manifest.secret:
        name = manifest.app.prefix + secret.name
        value = reads.values[name]
        if not isinstance(value, AwsError):
            yield _readable(secret, name, value)
        elif secret.optional and _is_missing(name, aws):
            yield _absent(secret, name, app)
        elif isinstance(value, AwsDeniedError) and reads.role and not _is_missing(name, aws):
            problem = f"AWS denied secretsmanager:GetSecretValue to the role {manifest.app.role}"
            yield _readable_check(name, problem, ROLE_HINT)
        else:
            yield _unreadable(name, value, aws)


def _is_missing(name: str, aws: Account) -> bool:
    try:
        return aws.secrets.state(name) is None
    except AwsError:
        return False


def _absent(secret: Secret, name: str, app: AppContext) -> Check:
    """Return the check of an optional secret that is not in AWS: it says what the app uses."""
    if app.only == "aws":  # the code is not scanned
        return absent_check(SECRET_READABLE, name, "the app's default is used, if it has one")
    places = _reads_without_default(secret, name, app.scan_result)
    if not places:
        return absent_check(SECRET_READABLE, name, "the app's default is used")
    variables = ", ".join(secret.variables())
    return absent_check(
        SECRET_READABLE,
        name,
        f"the code reads {variables} without a default: {join_names(places)}",
        f"if production runs this code, run shield apply --env-file FILE, with {variables}",
    )


def _reads_without_default(secret: Secret, name: str, scan: Scan) -> list[str]:
    """Return the files and lines that read a secret without a default, migrated or not."""
    variables = secret.variables().keys()
    places = []
    for finding, site in scan.sites:
        requires_value = site.shape in READ_SHAPES and not site.optional
        if requires_value and not variables.isdisjoint(site.variables):
            places.append(f"{finding.path}:{finding.line}")
    names = {secret.name, name}
    for call in scan.secret_calls:
        if call.lacks_default and not names.isdisjoint(call.names):
            places.append(call.place)
    return places


def _readable(secret: Secret, name: str, value: Hidden) -> Check:
    if not value:
        return _readable_check(name, "it is empty", "set its value in AWS")
    problem = _field_problem(secret, value.reveal())
    variables = ", ".join(secret.variables())
    return _readable_check(name, problem, f"{REPAIR}, with the values of {variables}")


def _field_problem(secret: Secret, text: str) -> str:
    if secret.fields is None:
        return ""
    missing = missing_fields(secret, text)
    if missing is None:
        return f"is not a JSON object with the fields {', '.join(secret.fields)}"
    return f"missing fields: {', '.join(missing)}" if missing else ""


def _unreadable(name: str, error: AwsError, aws: Account) -> Check:
    """Say if the secret is missing or deleted: AWS may deny access to such secrets, too."""
    try:
        state = aws.secrets.state(name)
    except AwsError:
        return _readable_check(name, error.message, error.hint)
    if state is None:
        return _readable_check(name, "is not in AWS", ABSENT_HINT)
    if state.deleted:
        return _readable_check(name, "is scheduled for deletion", "run shield apply")
    return _readable_check(name, error.message, error.hint)


def _readable_check(name: str, problem: str, hint: str) -> Check:
    return ok_or_failed(SECRET_READABLE, problem, hint, subject=name)


def _check(target: AwsTarget) -> Iterator[Check]:
    yield from verify_secrets(target.manifest, target.reads, target.aws, target.app)


CHECKS = (AwsCheck(60, _check, (SECRET_READABLE,)),)
