"""Find requirements of versions that boto3 can't be installed with.

The bounds are those of botocore 1.29 to 1.43, in the metadata of its distributions on PyPI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.specifiers import Specifier

OLDEST = {
    "boto3": Version("1.26"),  # what the runtime requires
    "jmespath": Version("0.7.1"),
    "python-dateutil": Version("2.1"),
    "urllib3": Version("1.25.4"),
}


def outdated_pin(requirements: Iterable[str]) -> str | None:
    """Return the first requirement that only allows versions that are too old for boto3.

    Args:
        requirements: The lines of a requirements file, with comments and hashes, or requirements.

    Returns:
        For example `urllib3==1.24.1`; None if there is none.
    """
    for line in requirements:
        text = line.partition("#")[0].partition(" --")[0].partition("\\")[0].strip()
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        oldest = OLDEST.get(canonicalize_name(requirement.name))
        if oldest and _is_below(requirement, oldest):
            return str(requirement)
    return None


def _is_below(requirement: Requirement, oldest: Version) -> bool:
    for specifier in requirement.specifier:
        try:
            version = Version(specifier.version.removesuffix(".*"))
        except InvalidVersion:
            continue
        prefix = _prefix(specifier, version)
        if prefix:
            if prefix < oldest.release[: len(prefix)]:
                return True
            continue
        is_upper_bound = specifier.operator in {"==", "<=", "==="}
        if (is_upper_bound and version < oldest) or (
            specifier.operator == "<" and version <= oldest
        ):
            return True
    return False


def _prefix(specifier: Specifier, version: Version) -> tuple[int, ...]:
    """Return the first numbers of all versions that a specifier allows: 1.20 for `~=1.20.3`."""
    if specifier.operator == "~=":
        return version.release[:-1]
    is_prefix = specifier.operator == "==" and specifier.version.endswith(".*")
    return version.release if is_prefix else ()
