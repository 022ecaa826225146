"""Add boto3 to uv.lock.

https://docs.astral.sh/uv/concepts/projects/layout/#the-lockfile
"""

from __future__ import annotations

import copy
import re
import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

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
    require_locked_releases_support,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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
INLINE = regex(r"[\w-]+ = \[(.+)\]$", re.MULTILINE)


class _Target(NamedTuple):
    """The list that gets boto3."""

    source: tuple[str, ...]  # its keys in pyproject.toml
    locked: tuple[str, ...]  # the keys of its dependencies in the project's package
    metadata: tuple[str, ...]  # the keys of its requirements there
    marker: str = ""  # of the requirement


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
    require_locked_releases_support(data["requires-python"])
    packages: list[dict[str, Any]] = data["package"]
    project = _find_project(packages, lock)
    target = _find_target(project, lock)
    specifier = _sorted_by_version(
        added_specifier(*(_listed(table, target) for table in (lock.old, lock.new)))
    )
    requirement = _requirement(specifier, target.marker)
    names = packages_to_add(specifier, lambda name: _locked_version(packages, name))
    _require_pypi(packages, lock.new.get("tool", {}).get("uv", {}))
    _require_usual_resolution(data)
    texts = {name: releases()[name].texts["uv"] for name in names}
    if data["revision"] < FIRST_WITH_TIMES:
        texts = {name: UPLOAD_TIME.sub("", text) for name, text in texts.items()}
    splices = [
        *_insert_dependency(lock.text, project, target, requirement),
        *insert_blocks(lock.text, texts),
    ]
    expected = _expected(data, project, target, requirement, texts)
    require(tomllib.loads(apply_splices(lock.text, splices)) == expected)
    return splices


def _find_target(project: Mapping[str, Any], lock: LockInput) -> _Target:
    """Return the list that differs between the old and the new pyproject.toml.

    Other groups and extras must not include it.
    """
    main, *others = _targets(lock.new)
    [target] = [
        item for item in (main, *others) if _listed(lock.old, item) != _listed(lock.new, item)
    ]
    if target is not main:
        groups = lock.new.get("dependency-groups", {}).values()
        texts = [text for group in groups for text in group]  # tables include other groups
        names = {_name(text) for text in (*texts, *_declared(lock.new["project"]))}
        require(canonicalize_name(project["name"]) not in names)
        require("dependency-groups" not in lock.new.get("tool", {}).get("uv", {}))
    if target.source[0] == "dependency-groups":
        _require_equal(_nested(project, target.metadata), _listed(lock.old, target))
    return target


def _targets(document: Mapping[str, Any]) -> Iterator[_Target]:
    """Yield the dependencies of a project, then its extras and its dependency groups."""
    requires = ("metadata", "requires-dist")
    yield _Target(("project", "dependencies"), ("dependencies",), requires)
    for name in document["project"].get("optional-dependencies", {}):
        extra = str(canonicalize_name(name))
        source = ("project", "optional-dependencies", name)
        yield _Target(source, ("optional-dependencies", extra), requires, f"extra == '{extra}'")
    for name in document.get("dependency-groups", {}):
        group = str(canonicalize_name(name))
        metadata = ("metadata", "requires-dev", group)
        yield _Target(("dependency-groups", name), ("dev-dependencies", group), metadata)


def _name(text: str) -> str:
    return canonicalize_name(Requirement(text).name)


def _listed(document: Mapping[str, Any], target: _Target) -> list[Any]:
    """Return a list in pyproject.toml; empty if it does not exist."""
    *tables, key = target.source
    found: Any = document
    for name in tables:
        found = found.get(name, {})
    listed: list[Any] = found.get(key, [])
    return listed


def _nested(table: Any, keys: Sequence[str]) -> Any:
    for key in keys:
        table = table[key]
    return table


def _requirement(specifier: str, marker: str) -> dict[str, str]:
    """Return boto3 as uv writes it to the metadata of the project."""
    found = {"name": NAME, "marker": marker, "specifier": specifier}
    return {key: value for key, value in found.items() if value}


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
    _require_equal(project["metadata"]["requires-dist"], _declared(table))
    return project


def _require_equal(entries: Iterable[Mapping[str, Any]], texts: Iterable[str]) -> None:
    """Require that a list of the lock file agrees with one in pyproject.toml."""
    locked = set()
    for item in entries:
        locked.add((item["name"], SpecifierSet(item.get("specifier", ""))))
    declared = set()
    for text in texts:
        declared.add((_name(text), Requirement(text).specifier))
    require(locked == declared)


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


def _insert_dependency(
    text: str, project: Mapping[str, Any], target: _Target, requirement: Mapping[str, str]
) -> list[Splice]:
    """Return the replacements in the package of the project."""
    block = text.index(f'[[package]]\nname = "{project["name"]}"\n')
    pairs = ", ".join(f'{key} = "{value}"' for key, value in requirement.items())
    metadata = _list_start(text, block, target.metadata)
    required = _insert_entry(text, metadata, f"{{ {pairs} }}")
    entry = f'{{ name = "{NAME}" }}'
    if target.marker and "optional-dependencies" not in project:  # the first extra
        extra = target.locked[-1]
        table = f"[package.optional-dependencies]\n{extra} = [\n    {entry},\n]\n\n"
        at = text.index("\n[package.", block) + 1
        after = text.index("]\n", required.end) + 2
        return [
            Splice(at, at, table),
            required,
            Splice(after, after, f'provides-extras = ["{extra}"]\n'),
        ]
    return [_insert_entry(text, _list_start(text, block, target.locked), entry), required]


def _list_start(text: str, block: int, keys: Sequence[str]) -> int:
    """Return the offset of a list in a package."""
    *tables, key = keys
    if tables:
        block = text.index(f"\n[package.{'.'.join(tables)}]\n", block)
    return text.index(f"\n{key} = [", block) + 1


def _insert_entry(text: str, start: int, entry: str) -> Splice:
    """Insert an entry into a list, which is on one line if it has one entry."""
    inline = INLINE.match(text, start)
    if inline is None:
        return _insert_sorted(text, start, f"    {entry},\n")
    lines = "".join(f"    {item},\n" for item in sorted([inline[1], entry]))
    return Splice(inline.start(1), inline.end(1), f"\n{lines}")


def _insert_sorted(text: str, start: int, line: str) -> Splice:
    """Insert a line into a sorted list that starts below the next line."""
    end = text.index("\n]\n", start) + 1
    for match in DEPENDENCY.finditer(text, start, end):
        if match[1] > NAME:
            return Splice(match.start(), match.start(), line)
    return Splice(end, end, line)


def _expected(
    data: Mapping[str, Any],
    project: Mapping[str, Any],
    target: _Target,
    requirement: Mapping[str, str],
    texts: Mapping[str, str],
) -> Any:
    """Return the data that the edited file has to have."""
    expected = copy.deepcopy(dict(data))
    packages: list[Any] = expected["package"]
    [root] = [package for package in packages if package["source"] == project["source"]]
    if target.marker and "optional-dependencies" not in root:
        extra = target.locked[-1]
        root["optional-dependencies"] = {extra: []}
        root["metadata"]["provides-extras"] = [extra]
    dependencies, metadata = _nested(root, target.locked), _nested(root, target.metadata)
    dependencies.append({"name": NAME})
    metadata.append(requirement)
    for key in (dependencies, metadata):
        key.sort(key=lambda item: item["name"])
    for text in texts.values():
        packages += tomllib.loads(text)["package"]
    packages.sort(key=lambda package: package["name"])
    return expected
