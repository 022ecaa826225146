"""Tests for the app's own suite: its secrets are read as before, and from AWS where that is switched on."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from shield_ai.rewrite.project.layout import module_of, root_of
from shield_ai.rewrite.project.stamp import State, look, stamp
from shield_ai.rewrite.project.template import render
from shield_ai.rewrite.project.text import (
    NOTHING,
    Outcome,
    create,
    replace,
    skip,
)

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import HasFolder, Read

NAMES = ("test_secrets.py", "test_aws_secrets.py")
WHAT = "tests"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A folder for the tests, and whether it has to become a package."""

    folder: str
    new: bool = False


def fix(
    read: Read, manifest: Manifest, has_folder: HasFolder | None = None, module: str = ""
) -> Outcome:
    """Write the tests where the app's own ones are found, and keep them up to date while nobody edits them."""
    anchor = _anchor(manifest)
    if not anchor or not manifest.secret:
        return NOTHING
    root = root_of(read, anchor, module)
    module = "shield_ai.runtime" if manifest.app.runtime == "package" else module_of(root, anchor)
    if not all(part.isidentifier() for part in module.split(".")):
        return skip(
            manifest.app.runtime, f"no tests were written: {module} is no name that can be imported"
        )
    place = _place(read, anchor, root, has_folder)
    for name in NAMES:
        path = f"{place.folder}/{name}" if place.folder else name
        raw = read(path)
        state, _ = look(raw, WHAT)
        if state is State.EDITED:
            return skip(path, "the tests were edited by hand and are left as they are")
        if state is State.FOREIGN:
            continue
        text = _content(manifest, module, module_of(root, path))
        if raw is not None:
            return (
                NOTHING
                if raw.replace(b"\r\n", b"\n") == text.encode()
                else ([replace(path, raw, text)], [])
            )
        return [
            *([create(f"{place.folder}/__init__.py", "")] if place.new else []),
            create(path, text),
        ], []
    return skip(path, "a file of this name is there already; no tests were written")


def _anchor(manifest: Manifest) -> str:
    """Return the module that the tests are about, to find the app's root by."""
    if manifest.app.runtime != "package":
        return manifest.app.runtime
    return next(iter(manifest.app.settings), "")


def _place(read: Read, anchor: str, root: str, has_folder: HasFolder | None) -> Place:
    """Choose a folder in which a new file can't change how the app's own tests are found.

    To make a package of a folder of tests that is none would change how pytest imports all of them, and a package
    `tests` would hide a module `tests.py`.
    """
    tests = f"{root}/tests" if root else "tests"
    if read(f"{tests}/__init__.py") is not None or read(f"{tests}/conftest.py") is not None:
        return Place(folder=tests)
    beside = str(PurePosixPath(anchor).parent)
    if read(f"{tests}.py") is not None or has_folder is None:
        return Place(folder="" if beside == "." else beside)
    return Place(folder=tests, new=not has_folder(tests))


def _content(manifest: Manifest, module: str, place: str) -> str:
    reads = [
        (secret.name, field, variable)
        for secret in manifest.secret
        for variable, field in secret.variables().items()
    ]
    return stamp(WHAT, "py", render("test_secrets.py.j2", module=module, place=place, reads=reads))
