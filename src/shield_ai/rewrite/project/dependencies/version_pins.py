"""Find requirements of versions that boto3 can't be installed with.

The bounds are those of boto3 1.26, and of botocore 1.29 to 1.43, in the metadata of their
distributions on PyPI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from shield_ai.model.skip import SkipId
from shield_ai.rewrite.project.dependencies.wanted_requirements import requirement_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from packaging.specifiers import Specifier

    from shield_ai.model.skip import SkipReason

OLDEST = {
    "boto3": Version("1.26"),  # what the runtime requires
    "botocore": Version("1.29"),
    "jmespath": Version("0.7.1"),
    "python-dateutil": Version("2.1"),
    "requests": Version("2.22"),  # older versions require urllib3<1.25
    "s3transfer": Version("0.6"),
    "urllib3": Version("1.25.4"),
}
# Older versions can be installed with boto3: requests contained urllib3 before 2.16.
INDEPENDENT = {"requests": Version("2.16")}


def outdated_pins(requirements: Iterable[str]) -> list[str]:
    """Return the requirements that only allow versions that are too old for boto3.

    Args:
        requirements: The lines of a requirements file, with comments and hashes, or requirements.

    Returns:
        For example `["urllib3==1.24.1"]`.
    """
    found: list[str] = []
    for line in requirements:
        text = line.partition("#")[0].partition(" --")[0].partition("\\")[0].strip()
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        name = canonicalize_name(requirement.name)
        is_old = name in OLDEST and _is_below(requirement, OLDEST[name])
        if is_old and not (name in INDEPENDENT and _is_below(requirement, INDEPENDENT[name])):
            found.append(str(requirement))
    return found


def outdated_version(requirements: Sequence[str]) -> SkipReason | None:
    """Return why the required version of boto3 must be updated, and what with it.

    None if boto3 is not required, or is new enough.
    """
    pins = outdated_pins(requirements)
    if not any(requirement_name(pin) == "boto3" for pin in pins):
        return None
    return SkipId.OUTDATED_VERSION.reason(pins=_enumerate(pins))


def outdated_dependency(requirements: Iterable[str], name: str) -> SkipReason | None:
    """Return which requirements must be updated before one with boto3 is added; None without any.

    Args:
        requirements: The other requirements.
        name: The one to add.
    """
    pins = outdated_pins(requirements)
    if not pins:
        return None
    listed = _enumerate(pins)
    return SkipId.OUTDATED_PIN.reason(pins=listed, requirement=name)


def _enumerate(pins: Sequence[str]) -> str:
    if len(pins) == 1:
        return pins[0]
    return f"{', '.join(pins[:-1])} and {pins[-1]} together"


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
