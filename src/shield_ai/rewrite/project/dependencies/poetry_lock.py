"""Add boto3 to poetry.lock.

https://github.com/python-poetry/poetry/blob/main/src/poetry/packages/locker.py
"""

from __future__ import annotations

import copy
import json
import tomllib
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from shield_ai.model.digest import hexdigest
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.dependencies.lock_update import (
    NAME,
    LockInput,
    Splice,
    added_specifier,
    apply_splices,
    insert_blocks,
    packages_to_add,
    releases,
    require,
    require_locked_releases_support,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

MAIN = "main"
# The form of the packages, by the version of the file.
FORMS = {"2.0": "poetry-1", "2.1": "poetry"}
# What the content hash covers. Poetry 2.3 added the dependency groups.
PROJECT_KEYS = ("requires-python", "dependencies", "optional-dependencies")
LEGACY_KEYS = ("dependencies", "source", "extras", "dev-dependencies")
GROUPS_KEYS = ("dependency-groups", None)
# A marker that is true for each project that the releases support.
SUPPORTED_PYTHON = regex(r'python_version >= "3\.(?:[0-9]|10)"')
CARET = regex(r"\^(\d+)((?:\.\d+)*)")


def update_poetry_lock(lock: LockInput) -> list[Splice]:
    """Return the replacements that add boto3 to the main group.

    Raises:
        ValueError: The file is not consistent with the old pyproject.toml, or is unusual.
        LookupError: Likewise.
        TypeError: Likewise.
        AttributeError: Likewise.
    """
    data = tomllib.loads(lock.text)
    metadata = data["metadata"]
    require(data.keys() <= {"package", "extras", "metadata"})
    require_locked_releases_support(metadata["python-versions"])
    form = FORMS[metadata["lock-version"]]
    old_hash = metadata["content-hash"]
    [key, *_] = [key for key in GROUPS_KEYS if _content_hash(lock.old, key) == old_hash]
    new_hash = _content_hash(lock.new, key)
    sources = _poetry(lock.new).get("source", [])
    require(all(source.get("priority") == "explicit" for source in sources))
    packages: list[dict[str, Any]] = data["package"]
    require(not any("category" in package for package in packages))
    names = packages_to_add(_specifier(lock), lambda name: _locked_version(packages, name))
    groups = _add_to_main(packages, names) if form == "poetry" else set()
    texts = {name: releases()[name].texts[form] for name in names}
    splices = [
        _replace(lock.text, 0, f'content-hash = "{old_hash}"', f'content-hash = "{new_hash}"')
    ]
    splices += insert_blocks(lock.text, texts)
    for name in groups:
        start = lock.text.index(f'[[package]]\nname = "{name}"\n')
        splices.append(_replace(lock.text, start, "\ngroups = [", f'\ngroups = ["{MAIN}", '))
    expected = _expected(data, texts, groups, new_hash)
    require(tomllib.loads(apply_splices(lock.text, splices)) == expected)
    return splices


def _content_hash(document: Mapping[str, Any], groups_key: str | None) -> str:
    """Return the hash of the dependencies in a pyproject.toml, as Poetry calculates it."""
    project = _select(document.get("project", {}), PROJECT_KEYS)
    poetry = _select(_poetry(document), (*LEGACY_KEYS, "group"))
    groups = document.get(groups_key) if groups_key else None
    relevant: dict[str, Any] = {}
    if project:
        relevant["project"] = project
    if groups:
        relevant["dependency-groups"] = groups
    if relevant:
        relevant["tool"] = {"poetry": poetry}
    else:
        relevant = {**dict.fromkeys(LEGACY_KEYS), **poetry}
    return hexdigest(json.dumps(relevant, sort_keys=True).encode())


def _select(table: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: table[key] for key in keys if key in table}


def _poetry(document: Mapping[str, Any]) -> Mapping[str, Any]:
    table: Mapping[str, Any] = document.get("tool", {}).get("poetry", {})
    return table


def _specifier(lock: LockInput) -> str:
    """Return the versions of boto3 that the new pyproject.toml allows, in the form of PEP 440."""
    tables = (lock.old, lock.new)
    old, new = (_poetry(table).get("dependencies", {}) for table in tables)
    if old == new:
        return added_specifier(*(table["project"]["dependencies"] for table in tables))
    require(new == {**old, NAME: new[NAME]})
    version: str = new[NAME]
    caret = CARET.fullmatch(version)
    if caret:
        return f">={version[1:]},<{int(caret[1]) + 1}"
    return f"=={version.lstrip('= ')}" if version[:1] in "=0123456789" else version


def _locked_version(packages: Sequence[Mapping[str, Any]], name: str) -> str | None:
    """Return the version of a package, if it is locked once, from PyPI and on all platforms."""
    found = [package for package in packages if canonicalize_name(package["name"]) == name]
    if not found:
        return None
    [package] = found
    require(package.keys().isdisjoint({"source", "markers"}) and package["optional"] is False)
    version: str = package["version"]
    return version


def _add_to_main(packages: Sequence[Mapping[str, Any]], names: Collection[str]) -> set[str]:
    """Return the locked packages that boto3 requires and that are only in other groups.

    Args:
        packages: The locked packages.
        names: The packages to add.
    """
    locked = {package["name"]: package for package in packages}
    wanted = [NAME, *(name for added in names for name in releases()[added].requires)]
    found: set[str] = set()
    for name in wanted:  # grows
        if name in names or name in found or MAIN in locked[name]["groups"]:
            continue
        require(_locked_version(packages, name))
        found.add(name)
        for required, constraint in locked[name].get("dependencies", {}).items():
            if not _is_optional(constraint):
                wanted.append(canonicalize_name(required))
    return found


def _is_optional(constraint: str | Mapping[str, Any]) -> bool:
    """Return whether a dependency is for an extra.

    Raises:
        ValueError: It is only for some platforms or versions of Python.
    """
    if isinstance(constraint, str):
        return False
    require(SUPPORTED_PYTHON.fullmatch(constraint.get("markers", 'python_version >= "3.8"')))
    return constraint.get("optional") is True


def _replace(text: str, start: int, old: str, new: str) -> Splice:
    at = text.index(old, start)
    return Splice(at, at + len(old), new)


def _expected(
    data: Mapping[str, Any], texts: Mapping[str, str], groups: Collection[str], content_hash: str
) -> Any:
    """Return the data that the edited file has to have."""
    expected = copy.deepcopy(dict(data))
    packages: list[Any] = expected["package"]
    for package in packages:
        if package["name"] in groups:
            package["groups"].insert(0, MAIN)
    for text in texts.values():
        packages += tomllib.loads(text)["package"]
    packages.sort(key=lambda package: canonicalize_name(package["name"]))
    expected["metadata"]["content-hash"] = content_hash
    return expected
