"""Describe the requirements of the runtime, with the versions that it works with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import NamedTuple

from packaging.utils import canonicalize_name

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_versions import OLDEST_SUPPORTED

# Packages that work only with certain versions of boto3.
BOTO_NAMES = frozenset({"botocore", "s3transfer", "aiobotocore", "awscli", "aioboto3"})
NAME = regex(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


class InstalledGroups(NamedTuple):
    """The dependency groups and extras that the project installs in production."""

    groups: Collection[str] = ()  # normalized names
    extras: Collection[str] = ()
    new_extra: str = ""  # one of them that a package on PyPI gets if it has none


NO_GROUPS = InstalledGroups()


class Bound(NamedTuple):
    """The versions of a requirement that the runtime works with."""

    minimum: str  # the version specifier
    known: str = ""  # the version in the app's lock file or virtual environment
    is_free: bool = True  # no lock file limits the version
    python: tuple[int, int] = OLDEST_SUPPORTED  # the oldest version that the project names
    installed: InstalledGroups = NO_GROUPS  # the requirement can be added to one of them


class Target(NamedTuple):
    """What the requirements are installed with."""

    versions: Mapping[str, str] = MappingProxyType({})  # in the virtual environment, by name
    groups: InstalledGroups = NO_GROUPS  # not for the package, which the app imports
    python: tuple[int, int] = OLDEST_SUPPORTED  # the oldest version that the project names


DEFAULT_TARGET = Target()


Wanted = Mapping[str, Bound]  # by requirement


def first_requirement_name(wanted: Wanted) -> str:
    """Return the name of the first requirement, which represents all of them."""
    return requirement_name(next(iter(wanted)))


def requirement_name(requirement: str) -> str:
    """Return the normalized name of a requirement; "" for a line without a name."""
    match = NAME.match(requirement)
    return canonicalize_name(match[1]) if match else ""
