"""Add boto3 to Pipfile.lock.

https://github.com/pypa/pipenv/blob/main/pipenv/utils/pipfile.py
"""

from __future__ import annotations

import copy
import json
import re
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
    packages_to_add,
    releases,
    require,
    require_locked_releases_support,
)
from shield_ai.rewrite.project.dependencies.requirement_groups import table_requirements

if TYPE_CHECKING:
    from collections.abc import Mapping

PYPI = {"https://pypi.org/simple", "https://pypi.python.org/simple"}
SECTIONS = {"_meta", "default", "develop"}
# The tables of a Pipfile that are no categories of packages.
TABLES = {"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv"}
KEYS = {"extras", "hashes", "index", "markers", "version"}
# A package with other markers is not installed everywhere.
PYTHON_MARKERS = regex(r"(?:python_(?:full_)?version|not in|and|in|[<>=!~]|'[\d., ]*'|\s)*")
ENTRY = regex(r'^        "([^"\n]+)": \{$', re.MULTILINE)


def update_pipfile_lock(lock: LockInput) -> list[Splice]:
    """Return the replacements that add boto3 to the default packages.

    Raises:
        ValueError: The file is not consistent with the old Pipfile, or is unusual.
        LookupError: Likewise.
        TypeError: Likewise.
        AttributeError: Likewise.
    """
    data = json.loads(lock.text)
    require(data.keys() == SECTIONS and lock.text == _dump(data))
    [source] = lock.new["source"]
    require(source["url"].rstrip("/") in PYPI)
    versions = lock.new["requires"]
    require_locked_releases_support(
        versions.get("python_full_version") or versions["python_version"]
    )
    old_hash = data["_meta"]["hash"]["sha256"]
    [normalize, *_] = [
        flag for flag in (True, False) if _hash(lock.old, normalize=flag) == old_hash
    ]
    entries = _new_entries(data, lock, source["name"])
    expected = copy.deepcopy(data)
    expected["_meta"]["hash"]["sha256"] = _hash(lock.new, normalize=normalize)
    expected["default"].update(entries)
    at = lock.text.index(old_hash)
    splices = [Splice(at, at + len(old_hash), expected["_meta"]["hash"]["sha256"])]
    splices += _insert(lock.text, entries)
    require(apply_splices(lock.text, splices) == _dump(expected))
    return splices


def _dump(data: Any) -> str:
    return json.dumps(data, indent=4, separators=(",", ": "), sort_keys=True) + "\n"


def _hash(pipfile: Mapping[str, Any], *, normalize: bool) -> str:
    """Return the hash of a Pipfile, as pipenv calculates it.

    Args:
        pipfile: The content of the file.
        normalize: Normalize the names of packages. Old versions of pipenv do not.
    """
    tables = {
        "default": pipfile.get("packages", {}),
        "develop": pipfile.get("dev-packages", {}),
        **{name: pipfile[name] for name in pipfile.keys() - TABLES - SECTIONS},
    }
    if normalize:
        for name, table in tables.items():
            tables[name] = {canonicalize_name(key): value for key, value in table.items()}
    meta = {"sources": pipfile["source"], "requires": pipfile.get("requires", {})}
    content = json.dumps({"_meta": meta, **tables}, sort_keys=True, separators=(",", ":"))
    return hexdigest(content.encode())


def _new_entries(data: Mapping[str, Any], lock: LockInput, index: str) -> dict[str, Any]:
    """Return the entries for the default packages: locked for development, or new."""
    requirements = (list(table_requirements(table["packages"])) for table in (lock.old, lock.new))
    default, develop = data["default"], data["develop"]
    packages = {**develop, **default}
    missing = packages_to_add(added_specifier(*requirements), lambda name: _version(packages, name))
    entries = {name: json.loads(releases()[name].texts["pipenv"]) for name in missing}
    # The file does not tell what a package requires; all releases of boto3 require the same names.
    for name in releases().keys() - default.keys() - entries.keys():
        require(_version(develop, name) and "extras" not in develop[name])
        entries[name] = copy.deepcopy(develop[name])
    if NAME in entries:
        entries[NAME]["index"] = index
    return entries


def _version(packages: Mapping[str, Any], name: str) -> str | None:
    """Return the version of a package, if it is from PyPI and for all platforms."""
    if name not in packages:
        return None
    entry = packages[name]
    require(entry.keys() <= KEYS and PYTHON_MARKERS.fullmatch(entry.get("markers", "")))
    version: str = entry["version"]
    require(version.startswith("=="))
    return version.removeprefix("==")


def _insert(text: str, entries: Mapping[str, Any]) -> list[Splice]:
    """Insert entries into the sorted default packages; one must follow them."""
    start = text.index('    "default": {\n')
    end = text.index("\n    },\n", start)
    existing = [(match.start(), match[1]) for match in ENTRY.finditer(text, start, end)]
    splices = []
    for name, entry in sorted(entries.items()):
        lines = json.dumps({name: entry}, indent=4, sort_keys=True).splitlines()[1:-1]
        block = "\n".join(f"    {line}" for line in lines)
        at = next((at for at, other in existing if other > name), None)
        if at is None:
            splices.append(Splice(end, end, f",\n{block}"))
        else:
            splices.append(Splice(at, at, f"{block},\n"))
    return splices
