"""Validate a secret in shield.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import ManifestError
from shield_ai.model.loader_variables import LOADER_VARIABLE
from shield_ai.model.manifest import SECRET_NAME
from shield_ai.model.manifest_patterns import FIELD, MAX_NAME_LENGTH, SPECIAL_TEXT
from shield_ai.model.naming import ARN_SUFFIX
from shield_ai.model.printable import printable_lines
from shield_ai.model.text_validation import check_variable

if TYPE_CHECKING:
    from shield_ai.model.manifest import Secret


def check_secret(secret: Secret, prefix: str) -> None:
    """Check a secret, except its rotation.

    Args:
        secret: The secret.
        prefix: The longest prefix of all environments.

    Raises:
        ManifestError: A value is invalid.
    """
    _check_name(secret, prefix)
    if secret.env is not None and secret.fields is not None:
        raise ManifestError(f"secret {secret.name!r} has both env and fields", "remove one of them")
    if secret.env is None and secret.fields is None:
        raise ManifestError(
            f"secret {secret.name!r} has neither env nor fields", 'add env = "VARIABLE"'
        )
    if secret.env == "":
        raise ManifestError(f"env of {secret.name!r} is empty", "name a variable, or remove env")
    if secret.fields == {}:
        raise ManifestError(
            f"fields of {secret.name!r} is empty",
            'add a field, or replace fields with env = "VARIABLE"',
        )
    _check_variables(secret)
    description = secret.description
    if printable_lines(description) != description or SPECIAL_TEXT.match(description):
        raise ManifestError(
            f"invalid description of {secret.name!r}",
            'remove control characters, invisible characters and "{{resolve:"; '
            "do not start with file://, fileb://, http:// or https://",
        )


def _check_name(secret: Secret, prefix: str) -> None:
    # an invalid name is not shown: it can be a secret in the wrong place
    length = len(prefix + secret.name)
    if length > MAX_NAME_LENGTH:
        with_prefix = " with the prefix" if prefix else ""
        raise ManifestError(
            f"the secret's name has {length} characters{with_prefix}, "
            f"but AWS allows {MAX_NAME_LENGTH}",
            "shorten the prefix or the name",
        )
    if not SECRET_NAME.fullmatch(secret.name):
        raise ManifestError("invalid secret name", "use letters, digits and /_+=.@-")
    if ARN_SUFFIX.search(secret.name):
        raise ManifestError(
            f"the name {secret.name!r} ends with a hyphen and six characters, "
            "like the suffix of an ARN",
            "choose another ending: Secrets Manager can confuse the name with a partial ARN",
        )


def _check_variables(secret: Secret) -> None:
    for field in secret.fields or ():
        if not FIELD.fullmatch(field):
            raise ManifestError(
                f"invalid field name in secret {secret.name!r}",
                "use at most 256 letters, digits and _.@/+-",
            )
    for variable in secret.variables():
        if LOADER_VARIABLE.fullmatch(variable):
            raise ManifestError(
                f"{variable} can't be the variable of a secret",
                "choose another variable: with this one, shield run would load or run other code",
            )
        check_variable("fields" if secret.fields else "env", variable)
    _check_duplicate_variables(secret)


def _check_duplicate_variables(secret: Secret) -> None:
    fields: dict[str, str] = {}
    for field, variable in (secret.fields or {}).items():
        other = fields.setdefault(variable, field)
        if other != field:
            raise ManifestError(
                f"fields {other!r} and {field!r} of {secret.name!r} have the same variable "
                f"{variable}",
                "name a variable for each field, or remove one of the fields",
            )
