"""Add boto3 and what it requires to a lock file, without the tool that writes it.

boto3_lock.toml has recent releases. A package that is already locked keeps its version. A lock file
that is unusual in any way raises ValueError, and is not edited.
"""

from __future__ import annotations

import functools
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NAME = "boto3"
OLDEST_PYTHON = (3, 10)  # of the releases in boto3_lock.toml
# A lower bound, or an exact version, in the syntax of Python packages or of Poetry.
LOWER_BOUND = regex(r"(?:\^|~=?|>=?|={0,3})(\d{1,9})(?:\.(\d{1,9}))?")
OPERATOR_SPACE = regex(r"(?<=[<>=!~^])\s+")
# The start of a package in uv.lock and poetry.lock, and of what follows the packages.
HEADER = regex(r'^\[\[package\]\]\nname = "([^"\n]+)"$|^\[(?:extras|metadata)\]$', re.MULTILINE)


class Release(NamedTuple):
    """A release on PyPI."""

    version: str
    requires: Mapping[str, str]  # the version specifiers by package
    texts: Mapping[str, str]  # the entries for lock files, by the form of the file


class LockInput(NamedTuple):
    """A lock file, and the file from which it was made before and after boto3 was added."""

    text: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]


class Splice(NamedTuple):
    """Replace the characters [start, end) of a text."""

    start: int
    end: int
    text: str


@functools.cache
def releases() -> Mapping[str, Release]:
    """Return the releases in boto3_lock.toml by package."""
    raw = Path(__file__).with_name("boto3_lock.toml").read_text(encoding="utf-8")
    found = {}
    for name, texts in tomllib.loads(raw).items():
        [package] = tomllib.loads(texts["poetry"])["package"]
        found[name] = Release(package["version"], package.get("dependencies", {}), texts)
    return found


def require(condition: object) -> None:
    """Require that a lock file has a property.

    Raises:
        ValueError: It does not.
    """
    if not condition:
        raise ValueError


def require_locked_releases_support(versions: str) -> None:
    """Require that the releases in boto3_lock.toml support all Python versions of a project."""
    require(supports_python(versions))


def supports_python(versions: str) -> bool:
    """Return whether the releases in boto3_lock.toml support all Python versions of a project."""
    bounds = [(0, 0)]
    for part in OPERATOR_SPACE.sub("", versions).replace(",", " ").split():
        match = LOWER_BOUND.match(part)
        if match:
            bounds.append((int(match[1]), int(match[2] or 0)))
    return "|" not in versions and max(bounds) >= OLDEST_PYTHON


def added_specifier(old: list[str], new: list[str]) -> str:
    """Return the version specifier of boto3, if it is all that was added to requirements."""
    [text] = [text for text in new if text not in old]
    requirement = Requirement(text)
    require(requirement.name == NAME and not requirement.extras and not requirement.marker)
    return str(requirement.specifier)


def packages_to_add(specifier: str, locked: Callable[[str], str | None]) -> list[str]:
    """Return the packages that a lock file lacks for boto3.

    Args:
        specifier: The versions of boto3 that the project allows.
        locked: Returns the locked version of a package; None if it is not locked.
    """
    wanted = [(NAME, specifier)]
    missing: list[str] = []
    for name, allowed in wanted:  # grows
        version = locked(name)
        if version is None:
            version = releases()[name].version
            if name not in missing:
                missing.append(name)
                wanted += releases()[name].requires.items()
        require(SpecifierSet(allowed).contains(version, prereleases=True))
    return missing


def insert_blocks(text: str, blocks: Mapping[str, str]) -> list[Splice]:
    """Insert packages into a sorted uv.lock or poetry.lock.

    Args:
        text: The lock file.
        blocks: The text of each package by its name.
    """
    starts = [
        (match.start(), canonicalize_name(match[1]) if match[1] else None)
        for match in HEADER.finditer(text)
    ]
    splices = []
    for name, block in sorted(blocks.items()):
        following = (start for start, other in starts if other is None or other > name)
        at = next(following, None)
        if at is None:
            splices.append(Splice(len(text), len(text), f"\n{block}"))
        else:
            splices.append(Splice(at, at, f"{block}\n"))
    return splices


def apply_splices(text: str, splices: list[Splice]) -> str:
    """Return a text after replacements. Those at the same place keep their order."""
    for start, end, new in sorted(splices, key=lambda splice: splice.start)[::-1]:
        text = text[:start] + new + text[end:]
    return text
