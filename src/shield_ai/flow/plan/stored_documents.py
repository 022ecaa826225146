"""Require that secrets with fields are JSON documents in AWS, unless the plan stores them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.flow.draft.origins import missing_variables
from shield_ai.flow.value_sources import require_unambiguous
from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.hidden import Hidden
from shield_ai.model.plan import Origin, ValueState
from shield_ai.model.resource import SECRET_KIND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.plan import Change
    from shield_ai.model.site import FoundSite
    from shield_ai.project.values import Values


def missing_fields(secret: Secret, text: str) -> list[str] | None:
    """Return the fields that a stored value lacks; None if it is not a JSON object.

    The runtime treats null as a missing field.

    Args:
        secret: The secret, with fields.
        text: Its value.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    return [field for field in secret.fields or {} if document.get(field) is None]


def require_usable_values(changes: Sequence[Change], app: AppContext, values: Values) -> None:
    """Require that the app can read the values that a plan stores, and those that it keeps.

    Args:
        changes: The planned changes.
        app: The app.
        values: Resolves the locators.

    Raises:
        UnsafePlanError: A value in an env file is ambiguous, or a value in AWS is not a JSON object
            with the fields of shield.toml.
    """
    require_unambiguous(changes, values)
    if app.aws:
        _require_documents(changes, app.target_manifest, app.sites, app.aws)


def _require_documents(
    changes: Sequence[Change], manifest: Manifest, sites: Sequence[FoundSite], aws: Account
) -> None:
    """Require that the values that a plan keeps have the fields that the app reads.

    A secret that can't be read is not checked.
    """
    kept = dict(_kept_documents(changes, manifest))
    values = aws.secrets.read_many(kept)
    for name, (secret, change) in kept.items():
        value = values[name]
        if not isinstance(value, Hidden):
            continue
        problem = _problem(secret, value.reveal(), sites)
        if problem:
            raise UnsafePlanError(f"secret {name} {problem}", _hint(secret, change))


def _kept_documents(
    changes: Sequence[Change], manifest: Manifest
) -> Iterator[tuple[str, tuple[Secret, Change]]]:
    secrets = {manifest.app.prefix + secret.name: secret for secret in manifest.secret}
    for change in changes:
        secret = secrets.get(change.name) if change.resource == SECRET_KIND else None
        is_kept = not change.origins and change.value is not ValueState.UNCHANGED
        if secret and secret.fields and is_kept:
            yield change.name, (secret, change)


def _problem(secret: Secret, text: str, sites: Sequence[FoundSite]) -> str:
    fields = secret.fields or {}
    missing = missing_fields(secret, text)
    if missing is None:
        names = ", ".join(fields)
        return f"is not a JSON object in AWS, but shield.toml reads the fields {names} from it"
    present = tuple(Origin(locator="", field=field) for field in fields if field not in missing)
    required = missing_variables(secret, present, sites)
    lacking = [field for field in missing if fields[field] in required]
    if not lacking:
        return ""
    noun = "field" if len(lacking) == 1 else "fields"
    return f"has no value in AWS for the {noun} {', '.join(lacking)}, which the app reads"


def _hint(secret: Secret, change: Change) -> str:
    """Return how to store a document with the fields."""
    variables = ", ".join(secret.variables())
    if change.settings is None:
        return (
            "shield did not create the secret, and does not change it: store a JSON object with "
            "these fields in AWS, or set another name or prefix in shield.toml"
        )
    source = ""
    if change.value is ValueState.NOT_COMPARED:
        source = f"name a file that has {variables} with --env-file, and "
    return (
        f"{source}use --conflict replace, or --conflict ask to decide for each secret: a document "
        f"with the values of {variables} replaces the value in AWS"
    )
