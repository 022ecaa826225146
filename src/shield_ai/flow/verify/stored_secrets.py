"""Check that every secret of shield.toml can be read, with all its fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.flow.verify.check import Check, Status, ok_or_failed
from shield_ai.model.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.aws.live.account import Account
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest, Secret


def verify_secrets(
    manifest: Manifest, values: Mapping[str, Hidden | AwsError], aws: Account
) -> Iterator[Check]:
    """Check every secret.

    Args:
        manifest: shield.toml, with the settings of the environment.
        values: The value of each secret, or why it can't be read, by the name in AWS.
        aws: The account.
    """
    for secret in manifest.secret:
        name = manifest.app.prefix + secret.name
        value = values[name]
        if isinstance(value, AwsError):
            yield _unreadable(secret, name, value, aws)
        else:
            yield _readable(secret, name, value)


def _title(name: str) -> str:
    return f"{name} can be read"


def _readable(secret: Secret, name: str, value: Hidden) -> Check:
    if not value:
        return ok_or_failed(_title(name), "it is empty", "set its value in AWS")
    missing = _missing_fields(secret, value.reveal())
    problem = f"missing fields: {', '.join(missing)}" if missing else ""
    return ok_or_failed(_title(name), problem, "add the fields in AWS")


def _missing_fields(secret: Secret, text: str) -> list[str]:
    if secret.fields is None:
        return []
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        return list(secret.fields)
    return [field for field in secret.fields if field not in document]


def _unreadable(secret: Secret, name: str, error: AwsError, aws: Account) -> Check:
    """Tell a missing secret from a denied one: AWS may answer both with an access error."""
    title = _title(name)
    try:
        state = aws.secrets.state(name)
    except AwsError:
        return ok_or_failed(title, error.message, error.hint)
    if state is None and secret.optional:
        detail = "optional, not in AWS: the app's default is used"
        return Check(name=title, status=Status.OK, detail=detail)
    if state is None:
        return ok_or_failed(title, "is not in AWS", "shield apply")
    if state.deleted:
        return ok_or_failed(title, "is scheduled for deletion", "shield apply")
    return ok_or_failed(title, error.message, error.hint)
