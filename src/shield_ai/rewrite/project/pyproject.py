"""Add dependencies to pyproject.toml and Pipfile: tomlkit works out the change, an insertion makes it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import tomlkit
from packaging.utils import canonicalize_name
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from shield_ai.rewrite.project.text import (
    NOTHING,
    Outcome,
    insert,
    left,
    skip,
    unreadable,
)

if TYPE_CHECKING:
    from shield_ai.rewrite import Read

BOM = "\ufeff"
LOCKS = {
    "poetry.lock": "poetry lock",
    "uv.lock": "uv lock",
    "pdm.lock": "pdm lock",
    "Pipfile.lock": "pipenv lock",
}


def fix_pyproject(path: str, read: Read, wanted: Mapping[str, str]) -> Outcome | None:
    """Add to `[project]` or to poetry's table; None where the file keeps no dependencies."""
    return _fix(path, read, wanted, _add_to_pyproject)


def fix_pipfile(path: str, read: Read, wanted: Mapping[str, str]) -> Outcome | None:
    """Add to `[packages]`."""
    return _fix(path, read, wanted, _add_to_pipfile)


def _fix(path: str, read: Read, wanted: Mapping[str, str], add: Any) -> Outcome | None:
    raw = read(path)
    if raw is None:
        return None
    if unreadable(raw, "é"):
        return skip(path, "it is no UTF-8, as TOML must be")
    text = raw.decode()
    plain = text.removeprefix(BOM).replace("\r\n", "\n")
    try:
        document = tomlkit.parse(plain)
        done = add(document, wanted)
    except TOMLKitError as error:
        return skip(path, f"it is no TOML: {str(error).rstrip('.')}")
    if done is not True:
        return done if done is None else NOTHING
    new = tomlkit.dumps(document)
    found = _insertion(plain, new)
    # tomlkit writes some arrays with comments back as no TOML at all.
    if found is None or not _is_toml(new):
        return skip(path, f"its layout can't be added to; add {', '.join(wanted)} by hand")
    at, addition = found
    change = insert(path, raw, _offset(text, at), addition)
    folder = path.removesuffix(path.rpartition("/")[2])
    locks = [
        (f"{folder}{lock}", how)
        for lock, how in LOCKS.items()
        if read(f"{folder}{lock}") is not None
    ]
    return [change], [
        left(lock, f"it is a lock; run `{how}` so that it follows {path}") for lock, how in locks
    ]


def _add_to_pyproject(document: Any, wanted: Mapping[str, str]) -> bool | None:
    """Return True when something was added, False when all is there, None when the file has no dependencies."""
    project, poetry = (
        _at(document, dict, "project"),
        _at(document, dict, "tool", "poetry", "dependencies"),
    )
    listed = _at(project, list, "dependencies")
    extras = [
        extra
        for extra in _at(project, dict, "optional-dependencies").values()
        if isinstance(extra, list)
    ]
    have = {
        _name(str(requirement))
        for requirement in [*listed, *(r for extra in extras for r in extra)]
    }
    if _key(wanted) in have | {_name(key) for key in poetry}:
        return False
    lines = [f"{name}{bound}" for name, bound in wanted.items()]
    if isinstance(listed, Array):
        for line in lines:
            listed.append(line)
        return True
    if poetry:
        return _add_to_table(poetry, wanted)
    if not project or "dependencies" in [*project, *_at(project, list, "dynamic")]:
        return None
    project.add("dependencies", lines)
    return True


def _add_to_pipfile(document: Any, wanted: Mapping[str, str]) -> bool | None:
    packages = _at(document, dict, "packages")
    if "packages" not in document:
        return None
    return (
        False
        if _key(wanted) in {_name(key) for key in packages}
        else _add_to_table(packages, wanted)
    )


def _at(table: Any, kind: type, *path: str) -> Any:
    """Walk into a document; an empty thing of the kind where there is none."""
    for key in path:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table if isinstance(table, kind) else kind()


def _add_to_table(table: Any, wanted: Mapping[str, str]) -> bool:
    for name, bound in wanted.items():
        plain, _, extra = name.rstrip("]").partition("[")
        value: Any = bound
        if extra:
            value = tomlkit.inline_table()
            value.update({"version": bound, "extras": [extra]})
        table.add(plain, value)
    return True


def _key(wanted: Mapping[str, str]) -> str:
    return _name(next(iter(wanted)))


def _name(requirement: str) -> str:
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
    return canonicalize_name(match[1]) if match else ""


def _is_toml(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _insertion(old: str, new: str) -> tuple[int, str] | None:
    """Return the one insertion that turns old into new, None where there is no such."""
    length = len(new) - len(old)
    at = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(old))
    return (at, new[at : at + length]) if length > 0 and old[at:] == new[at + length :] else None


def _offset(text: str, at: int) -> int:
    """Turn a place in the text without BOM and carriage returns into an offset on disk."""
    kept = re.finditer(r"\r\n|[^\ufeff]|(?<!\A)\ufeff", text, re.DOTALL)
    places = [match.start() for match in kept]
    return len(text[: places[at]].encode()) if at < len(places) else len(text.encode())
