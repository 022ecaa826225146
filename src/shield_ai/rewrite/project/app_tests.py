"""Generate tests for the app's test suite that read each secret, with and without AWS."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from shield_ai.rewrite.project.layout import module_of, root_of
from shield_ai.rewrite.project.stamp import State, read_stamp, stamp
from shield_ai.rewrite.project.template import render
from shield_ai.rewrite.project.text import NOTHING, Outcome, create, create_or_replace, skip

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import HasFolder, Read

NAMES = ("test_secrets.py", "test_aws_secrets.py")
WHAT = "tests"


class Folder(msgspec.Struct, frozen=True, kw_only=True):
    """The folder of the generated tests."""

    path: str
    needs_init: bool = False  # to become a package


def write_tests(
    read: Read, manifest: Manifest, has_folder: HasFolder | None = None, module: str = ""
) -> Outcome:
    """Create or update the tests, unless they were edited.

    Args:
        read: Returns the bytes of a file of the app, None if it does not exist.
        manifest: The secrets to read.
        has_folder: Tells whether the app has a folder; without it, the tests go beside the runtime.
        module: Dotted name by which the settings import the runtime; derived from the path if "".
    """
    anchor = _module_path(manifest)
    if not anchor or not manifest.secret:
        return NOTHING
    root = root_of(read, anchor, module)
    module = "shield_runtime" if manifest.app.runtime == "package" else module_of(root, anchor)
    if not all(part.isidentifier() for part in module.split(".")):
        reason = f"tests not written: {module} is not a valid module name"
        return skip(manifest.app.runtime, reason)
    folder = _choose_folder(read, anchor, root, has_folder)
    for name in NAMES:
        path = f"{folder.path}/{name}" if folder.path else name
        state, _ = read_stamp(read(path), WHAT)
        if state is State.EDITED:
            return skip(path, "edited manually; delete the file to generate it again")
        if state is not State.FOREIGN:
            text = _test_module_text(manifest, module, module_of(root, path))
            return _write_test_module(read, folder, path, text)
    return skip(path, "tests not written: a file with this name already exists")


def _write_test_module(read: Read, folder: Folder, path: str, text: str) -> Outcome:
    raw = read(path)
    changes, skipped = create_or_replace(path, raw, text)
    if raw is None and folder.needs_init:
        changes = [create(f"{folder.path}/__init__.py", ""), *changes]
    return changes, skipped


def _module_path(manifest: Manifest) -> str:
    """Return the path of a module that is imported from the app's root."""
    if manifest.app.runtime != "package":
        return manifest.app.runtime
    return next(iter(manifest.app.settings), "")


def _choose_folder(read: Read, anchor: str, root: str, has_folder: HasFolder | None) -> Folder:
    """Choose a folder in which a new file does not change how the app's tests are collected.

    A new `__init__.py` would change how pytest imports the existing tests of a folder, and a new
    package `tests` would hide a module `tests.py`.
    """
    tests = f"{root}/tests" if root else "tests"
    if read(f"{tests}/__init__.py") is not None or read(f"{tests}/conftest.py") is not None:
        return Folder(path=tests)
    if read(f"{tests}.py") is not None or has_folder is None:
        parent = str(PurePosixPath(anchor).parent)
        return Folder(path="" if parent == "." else parent)
    return Folder(path=tests, needs_init=not has_folder(tests))


def _test_module_text(manifest: Manifest, module: str, test_module: str) -> str:
    reads = []
    for secret in manifest.secret:
        for variable, field in secret.variables().items():
            reads.append((secret.name, field, variable))
    text = render("test_secrets.py.j2", module=module, test_module=test_module, reads=reads)
    return stamp(WHAT, "py", text)
