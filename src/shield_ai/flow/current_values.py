"""Read the current values of secrets as environment variables.

The permissions of the app's role are sufficient: secretsmanager:GetSecretValue is required, and
BatchGetSecretValue is used if it is allowed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from shield_ai.model.errors import AwsDeniedError, AwsError, AwsNotFoundError
from shield_ai.model.hidden import Hidden
from shield_ai.project.secret_document import field_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.model.manifest import Manifest, Secret


ABSENT_HINT = "shield apply creates the secrets, or restores those that are scheduled for deletion"


class CurrentValues(msgspec.Struct, frozen=True, kw_only=True):
    """The values of environment variables in AWS, and the variables without a value."""

    values: dict[str, Hidden]  # by variable
    missing: tuple[str, ...]  # required secrets and fields that AWS does not have
    # the same of optional secrets, and those that AWS denies access to
    skipped: tuple[str, ...]


def read_current_values(
    manifest: Manifest, secrets: Sequence[Secret], aws: Account
) -> CurrentValues:
    """Read the values with the stage AWSCURRENT.

    Args:
        manifest: shield.toml, with the settings of the environment.
        secrets: The secrets to read.
        aws: The account.

    Raises:
        AwsError: A secret exists and can't be read.
    """
    prefix = manifest.app.prefix
    results = aws.secrets.read_many(prefix + secret.name for secret in secrets)
    values: dict[str, Hidden] = {}
    missing: list[str] = []
    skipped: list[str] = []
    for secret in secrets:
        found = _values_of(secret, results[prefix + secret.name])
        values |= found
        absent = [variable for variable in secret.variables() if variable not in found]
        if secret.optional:
            skipped += absent
        else:
            missing += absent
    return CurrentValues(values=values, missing=tuple(missing), skipped=tuple(skipped))


def _values_of(secret: Secret, result: Hidden | AwsError) -> dict[str, Hidden]:
    """Return the values of a secret's variables.

    Raises:
        AwsError: The secret can't be read.
    """
    if isinstance(result, Hidden):
        return _split_value(secret, result.reveal())
    # IAM denies access to a missing secret if the policy contains the ARN's random suffix.
    is_denied = isinstance(result, AwsDeniedError) and secret.optional
    if is_denied or isinstance(result, AwsNotFoundError):
        return {}
    raise result


def _split_value(secret: Secret, text: str) -> dict[str, Hidden]:
    if secret.fields is None:
        return {variable: Hidden(text) for variable in secret.variables()}
    document = parse_document(text)
    return {
        variable: Hidden(field_text(document[field]))
        for variable, field in secret.variables().items()
        if document.get(field) is not None
    }


def values_in(value: Hidden) -> list[Hidden]:
    """Return the fields of a JSON document, or else the value itself."""
    document = parse_document(value.reveal())
    return [Hidden(field_text(field)) for field in document.values()] or [value]


def parse_document(text: str) -> dict[str, Any]:
    """Return the fields of a JSON document; empty if the text is not one."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
