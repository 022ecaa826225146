"""Choose the folder of the generated tests."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.project.layout import is_test_settings
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader

TEST_FOLDER = regex(r"_?(?:unit_?)?tests?(?:_?unit)?")
UNIT_FOLDERS = ("unit", "unit_tests", "unittests")
TEST_MODULE = regex(r"test_\w+\.py|\w+_tests?\.py|tests\.py")
# Packages with modules that the whole app uses.
GENERAL = frozenset({"base", "common", "core", "lib", "main", "project", "shared", "util", "utils"})


def choose_folder(anchor: str, root: str, tests: Collection[str], run: Collection[str] = ()) -> str:
    """Return the folder for the tests: a folder of the app's tests, else that of the anchor.

    A new folder, or a new `__init__.py`, would change how the existing tests are collected. Where
    each part of the app has its own tests, none of them is the place for those of the whole app.

    Args:
        anchor: A module that the tests import.
        root: The folder on `sys.path` that contains it.
        tests: All Python files of the tests.
        run: The folders of tests that CI runs; empty for all.
    """
    if not run:
        return _choose_folder(anchor, root, tests)
    tested = [path for path in tests if _is_below(path, run)]
    folder = _choose_folder(anchor, root, tested)
    if _is_below(f"{folder}/", run):
        return folder
    modules = Counter(map(_outermost_test_folder, filter(_is_test_module, tested)))
    folders = [folder for folder in modules if _is_below(f"{folder}/", run)]
    best = max(sorted(folders or run), key=lambda folder: modules[folder])
    return _unit_tests_in(best, tested)


def _choose_folder(anchor: str, root: str, tests: Collection[str]) -> str:
    modules = Counter(map(_outermost_test_folder, filter(_is_test_module, tests)))
    # A folder such as tests/ with load tests only is not where unit tests are found.
    folders = sorted(
        folder
        for folder in {_outermost_test_folder(path) for path in tests} - {""}
        if modules[folder] or f"{folder}/__init__.py" in tests
    )
    if not folders:
        return _folder_beside(anchor)
    prefix = f"{root}/" if root else ""
    package = f"{prefix}{anchor.removeprefix(prefix).partition('/')[0]}"
    best = _best_folder(folders, modules, prefix, package)
    owner = best.rpartition("/")[0]
    is_own = owner in {"", root, package} or anchor.startswith(f"{owner}/")
    if is_own or _is_general(best, folders, modules):
        return _unit_tests_in(best, tests)
    return _folder_beside_with_tests(anchor, folders, modules)


def _best_folder(folders: Collection[str], modules: Counter[str], prefix: str, package: str) -> str:
    """Return the folder that is nearest to a package, then the most general or fullest one."""
    outermost = {"", prefix[:-1]}

    def order(folder: str) -> tuple[bool, bool, bool, bool, int, bool, int]:
        parent = folder.rpartition("/")[0]
        return (
            not folder.startswith(prefix),
            parent != package,
            parent not in outermost,
            not folder.startswith(f"{package}/"),
            folder.count("/"),
            parent.rpartition("/")[2] not in GENERAL or 4 * modules[folder] < modules.total(),
            -modules[folder],
        )

    return min(folders, key=order)


def _is_general(folder: str, folders: Collection[str], modules: Counter[str]) -> bool:
    """Return whether a folder is for the tests of the whole app, or contains nearly all tests."""
    owner = folder.rpartition("/")[0]
    is_usual = 2 * modules[""] <= modules.total()  # not most tests are in APP/tests.py
    contains_all = is_usual and all(other.startswith(f"{owner}/") for other in folders)
    has_most = 4 * modules[folder] >= 3 * modules.total()
    return contains_all or has_most or owner.rpartition("/")[2] in GENERAL


def _folder_beside_with_tests(anchor: str, folders: Collection[str], modules: Counter[str]) -> str:
    """Return the folder of tests beside a module, or else the folder in which the module is."""
    beside = _folder_beside(anchor)
    own = [folder for folder in folders if folder.rpartition("/")[0] == beside]
    return max(own, key=lambda folder: modules[folder], default=beside)


def tested_package(root: str, tests: Collection[str], paths: Collection[str]) -> str:
    """Return the package in a root with the most test modules, or the root if it has some itself.

    CI often runs the tests of packages that it names, not those in the root.

    Args:
        root: The folder on `sys.path` that contains the app.
        tests: All Python files of the tests.
        paths: All Python files of the app.
    """
    prefix = f"{root}/" if root else ""
    modules: Counter[str] = Counter()
    for path in filter(_is_test_module, tests):
        folder, slash, _ = path.removeprefix(prefix).partition("/")
        if path.startswith(prefix) and not slash:
            return root
        if path.startswith(prefix) and f"{prefix}{folder}/__init__.py" in paths:
            modules[f"{prefix}{folder}"] += 1
    return max(sorted(modules), key=lambda folder: modules[folder], default=root)


def can_import(read: FileReader, folder: str, root: str, paths: Collection[str]) -> bool:
    """Return whether tests in a folder can import modules of the app's root.

    Outside the root, they can if an existing test does: the root is then in `sys.path`.

    Args:
        read: Returns the bytes of a file of the app.
        folder: The folder of the tests.
        root: The folder on `sys.path` that contains the app.
        paths: All Python files of the app.
    """
    prefix = f"{root}/"
    if not root or f"{folder}/".startswith(prefix):
        return True
    inner = [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
    modules = {path.partition("/")[0].removesuffix(".py") for path in inner}
    names = "|".join(sorted(re.escape(name) for name in modules if not TEST_FOLDER.fullmatch(name)))
    if not names:
        return False
    statement = re.compile(rf"^\s*(?:from|import) (?:{names})\b".encode(), re.MULTILINE)
    tests = [path for path in paths if path.startswith(f"{folder}/")]
    return any(statement.search(read_optional(read, path) or b"") for path in tests)


def _is_below(path: str, folders: Collection[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)


def _folder_beside(anchor: str) -> str:
    """Return the nearest folder above a module in which a test does not look like settings."""
    folder = anchor.rpartition("/")[0]
    while is_test_settings(f"{folder}/test_secrets.py"):
        folder = folder.rpartition("/")[0]
    return folder


def _outermost_test_folder(path: str) -> str:
    """Return the outermost folder of a path that is named like a test folder; "" without one."""
    parts = path.split("/")[:-1]
    for number, part in enumerate(parts, 1):
        if TEST_FOLDER.fullmatch(part):
            return "/".join(parts[:number])
    return ""


def _unit_tests_in(folder: str, tests: Collection[str]) -> str:
    """Return the subfolder of the unit tests, unless test modules are directly in the folder."""
    folders = {path.rpartition("/")[0] for path in filter(_is_test_module, tests)}
    if folder in folders:
        return folder
    for name in UNIT_FOLDERS:
        unit = f"{folder}/{name}"
        if any(f"{path}/".startswith(f"{unit}/") for path in folders):
            return unit
    return folder


def _is_test_module(path: str) -> bool:
    return bool(TEST_MODULE.fullmatch(path.rpartition("/")[2]))
