"""Validate strings of shield.toml: values with a pattern, paths, variable names.

Errors name the key and never show its value, which can be a secret in the wrong place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest import ENV_VAR_NAME
from shield_ai.model.printable import printable

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    # A key, its value and what the value must match.
    PatternCheck = tuple[str, str | None, re.Pattern[str]]

# Hints for the patterns that are hard to read.
_HINTS = {
    "region": "use the name of an AWS region, such as eu-central-1",
    "replicas": "use the names of AWS regions, such as eu-central-1",
    "role": "use the role's name, after its path if it has one, or its ARN",
    "assume": "use the role's ARN",
    "admin": "use the full name of one secret in AWS, or its full ARN",
    "namespace": "use letters, digits, spaces and ._/#:- but neither AWS/ at the start nor ://",
}


def check_texts(checks: Iterable[PatternCheck]) -> None:
    """Check that each value matches its pattern; None and "" are always valid.

    Raises:
        ManifestError: A value does not match.
    """
    for key, value, allowed in checks:
        if value and not allowed.fullmatch(value):
            hint = _HINTS.get(key, f"it must match {allowed.pattern}")
            raise ManifestError(f"invalid {key}", hint, key=key)


def check_printable(key: str, path: str) -> None:
    """Check that a path has no control or invisible characters.

    Raises:
        ManifestError: It has one.
    """
    if printable(path) != path:
        raise ManifestError(
            f"invalid path in {key}", "remove control and invisible characters", key=key
        )


def check_variable(key: str, variable: str) -> None:
    """Check the name of an environment variable.

    Raises:
        ManifestError: The name is invalid.
    """
    if not ENV_VAR_NAME.fullmatch(variable):
        raise ManifestError(
            f"invalid environment variable in {key}",
            "write the variable's name, as in SECRET_KEY, and never its value",
            key=key,
        )
