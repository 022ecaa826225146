"""Find the versions in a requirements file that boto3 can't be installed with.

The bounds are those of botocore 1.29 to 1.43, in the metadata of its distributions on PyPI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable

OLDEST = {
    "jmespath": Version("0.7.1"),
    "python-dateutil": Version("2.1"),
    "urllib3": Version("1.25.4"),
}


def outdated_pin(requirements: Iterable[str]) -> str | None:
    """Return the first requirement that only allows versions that are too old for boto3.

    Args:
        requirements: The lines of a requirements file, with comments and hashes.

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
        is_upper_bound = specifier.operator in {"==", "<=", "==="}
        if (is_upper_bound and version < oldest) or (
            specifier.operator == "<" and version <= oldest
        ):
            return True
    return False
