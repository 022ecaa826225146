"""Add boto3 to uv.lock.

https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

from __future__ import annotations

import copy
import re
import tomllib
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

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
    require_python,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PYPI = "https://pypi.org/simple"
ROOTS = ({"virtual": "."}, {"editable": "."}, {"directory": "."})
NEWEST_REVISION = 5
FIRST_WITH_TIMES = 2  # the first revision with upload times
KEYS = {"version", "revision", "requires-python", "resolution-markers", "manifest", "options"}
OPTIONS = {"exclude-newer", "exclude-newer-span", "exclude-newer-package", "prerelease-mode"}
MANIFEST = {"members", "constraints", "overrides", "build-constraints", "dependency-groups"}
# A project can exclude the releases of the last days; those in boto3_lock.toml are older than this.
RELATIVE_AGES = re.compile(r"P(?:(?:1[0-4]|[1-9])D|[12]W)|PT0S")
# uv writes this time if the age is relative.
NO_TIME = "0001-01-01T00:00:00Z"
OTHER_INDEXES = {"index-url", "extra-index-url", "find-links", "no-index"}
UPLOAD_TIME = regex(r', upload-time = "[^"]*"')
DEPENDENCY = regex(r'^    \{ name = "([^"\n]+)"', re.MULTILINE)
INLINE = regex(r"^requires-dist = \[(.+)\]$", re.MULTILINE)


def update_uv_lock(lock: LockInput) -> list[Splice]:
    """Return the replacements that add boto3.

    Raises:
        ValueError: The file is not consistent with the old pyproject.toml, or is unusual.
        LookupError: Likewise.
        TypeError: Likewise.
        AttributeError: Likewise.
    """
    data = tomllib.loads(lock.text)
    require(data["version"] == 1 and 1 <= data["revision"] <= NEWEST_REVISION)
    require(data.keys() <= {*KEYS, "package"})
    require_python(data["requires-python"])
    packages: list[dict[str, Any]] = data["package"]
    project = _find_project(packages, lock)
    specifier = _sorted_by_version(
        added_specifier(*(table["project"]["dependencies"] for table in (lock.old, lock.new)))
    )
    names = packages_to_add(specifier, lambda name: _locked_version(packages, name))
    _require_pypi(packages, lock.new.get("tool", {}).get("uv", {}))
    _require_usual_resolution(data)
    texts = {name: releases()[name].texts["uv"] for name in names}
    if data["revision"] < FIRST_WITH_TIMES:
        texts = {name: UPLOAD_TIME.sub("", text) for name, text in texts.items()}
    splices = [*_insert_dependency(lock.text, project, specifier), *insert_blocks(lock.text, texts)]
    expected = _expected(data, project, specifier, texts)
    require(tomllib.loads(apply_splices(lock.text, splices)) == expected)
    return splices


def _sorted_by_version(specifier: str) -> str:
    """Return the parts of a version specifier in the order of uv."""
    parts = specifier.split(",")
    return ",".join(sorted(parts, key=lambda part: Version(part.lstrip("<>=~! "))))


def _find_project(packages: Sequence[dict[str, Any]], lock: LockInput) -> dict[str, Any]:
    """Return the package of the project, if it agrees with the old pyproject.toml."""
    [project] = [package for package in packages if package["source"] in ROOTS]
    table = lock.old["project"]
    require(project["name"] == canonicalize_name(table["name"]))
    require(NAME not in [item["name"] for item in project["dependencies"]])
    locked = set()
    for item in project["metadata"]["requires-dist"]:
        locked.add((item["name"], SpecifierSet(item.get("specifier", ""))))
    declared = set()
    for text in _declared(table):
        requirement = Requirement(text)
        declared.add((canonicalize_name(requirement.name), requirement.specifier))
    require(locked == declared)
    return project


def _declared(table: Mapping[str, Any]) -> Iterator[str]:
    yield from table["dependencies"]
    for extra in table.get("optional-dependencies", {}).values():
        yield from extra


def _locked_version(packages: Sequence[dict[str, Any]], name: str) -> str | None:
    """Return the version of a package, if it is locked once, from PyPI and for all platforms."""
    found = [package for package in packages if package["name"] == name]
    if not found:
        return None
    [package] = found
    require(package["source"] == {"registry": PYPI} and "resolution-markers" not in package)
    version: str = package["version"]
    return version


def _require_pypi(packages: Sequence[dict[str, Any]], settings: Mapping[str, Any]) -> None:
    """Require that uv installs packages from PyPI if no other index is named for them."""
    require(
        OTHER_INDEXES.isdisjoint(settings)
        and releases().keys().isdisjoint(settings.get("sources", {}))
    )
    explicit = {
        index["url"] for index in settings.get("index", []) if index.get("explicit") is True
    }
    others = [index for index in settings.get("index", []) if index["url"] not in explicit]
    require(all(index["url"].rstrip("/") == PYPI for index in others))
    registries = {package["source"].get("registry", PYPI) for package in packages}
    require(registries - {PYPI} <= explicit)


def _require_usual_resolution(data: Mapping[str, Any]) -> None:
    """Require that no option, constraint or override can choose other releases."""
    options, manifest = data.get("options", {}), data.get("manifest", {})
    require(options.keys() <= OPTIONS and manifest.keys() <= MANIFEST)
    require(options.get("exclude-newer", NO_TIME) == NO_TIME)
    require(RELATIVE_AGES.fullmatch(options.get("exclude-newer-span", "PT0S")))
    names = {*options.get("exclude-newer-package", {})}
    for key in ("constraints", "overrides"):
        names |= {item["name"] for item in manifest.get(key, [])}
    require(names.isdisjoint(releases()))


def _insert_dependency(text: str, project: Mapping[str, Any], specifier: str) -> list[Splice]:
    """Return the replacements in the package of the project."""
    block = text.index(f'[[package]]\nname = "{project["name"]}"\n')
    list_start = text.index("\ndependencies = [\n", block)
    first = _insert_sorted(text, list_start, f'    {{ name = "{NAME}" }},\n')
    entry = f'{{ name = "{NAME}", specifier = "{specifier}" }}'
    metadata = text.index("\n[package.metadata]\n", block)
    inline = INLINE.match(text, metadata + len("\n[package.metadata]\n"))
    if inline is None:
        metadata = text.index("\nrequires-dist = [\n", metadata)
        return [first, _insert_sorted(text, metadata, f"    {entry},\n")]
    entries = sorted([inline[1], entry])
    lines = "".join(f"    {item},\n" for item in entries)
    return [first, Splice(inline.start(1), inline.end(1), f"\n{lines}")]


def _insert_sorted(text: str, start: int, line: str) -> Splice:
    """Insert a line into a sorted list that starts below the next line."""
    end = text.index("\n]\n", start) + 1
    for match in DEPENDENCY.finditer(text, start, end):
        if match[1] > NAME:
            return Splice(match.start(), match.start(), line)
    return Splice(end, end, line)


def _expected(
    data: Mapping[str, Any], project: Mapping[str, Any], specifier: str, texts: Mapping[str, str]
) -> Any:
    """Return the data that the edited file has to have."""
    expected = copy.deepcopy(dict(data))
    packages: list[Any] = expected["package"]
    [root] = [package for package in packages if package["source"] == project["source"]]
    root["dependencies"].append({"name": NAME})
    root["metadata"]["requires-dist"].append({"name": NAME, "specifier": specifier})
    for key in (root["dependencies"], root["metadata"]["requires-dist"]):
        key.sort(key=lambda item: item["name"])
    for text in texts.values():
        packages += tomllib.loads(text)["package"]
    packages.sort(key=lambda package: package["name"])
    return expected
