"""Generate tests that read each secret with and without AWS, in the app's test suite."""

from __future__ import annotations

import fnmatch
import re
from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.file_reader import read_optional
from shield_ai.model.skip import SkipId
from shield_ai.project.layout import is_test
from shield_ai.rewrite.project.app_test_text import STAMP_NAME, render_tests
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, create_or_replace, skip_file
from shield_ai.rewrite.project.import_names import is_template, module_of, root_of
from shield_ai.rewrite.project.license_header import license_headers
from shield_ai.rewrite.project.map_style import MapStyle, settings_quote
from shield_ai.rewrite.project.stamp import State, header_of, read_stamp
from shield_ai.rewrite.project.tested_settings import find_tested_classes
from shield_ai.rewrite.project.tests_folder import can_import, choose_folder, tested_package
from shield_ai.rewrite.python.imports.import_groups import read_grouped_style

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.project.fixer import FixContext

STEMS = ("secrets", "aws_secrets")
# The names of test modules; the first is that of pytest and unittest.
NAME_STYLES = ("test_{}.py", "{}_test.py", "{}_tests.py")
FILE_NAMES = frozenset(style.format(stem) for style in NAME_STYLES for stem in STEMS)
IMPORTS_PYTEST = re.compile(rb"(?m)^(?:import|from) pytest\b")
# A requirement on its own line, also below `deps`, or a table such as [tool.pytest.ini_options].
NAMES_PYTEST = re.compile(rb"(?m)^[ \t]*(?:[\"']?pytest\b|\[(?:tool\.)?(?:tool:)?pytest\b)")
PYTEST_FILES = (
    *("pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", "Pipfile", "requirements.txt"),
    *("requirements-dev.txt", "requirements_dev.txt", "dev-requirements.txt"),
    *("requirements-test.txt", "requirements/dev.txt", "requirements/test.txt"),
    *("requirements/local.txt", "requirements/development.txt", "requirements/tests.txt"),
)
PYTEST_CODE = re.compile(rb"(?m)^(?:import pytest|from pytest import|(?:async )?def test_)")


class Tested(NamedTuple):
    """What the tests cover, and where tests are run."""

    fields: Collection[tuple[str, str]] = ()  # path and variable of pydantic fields from AWS
    folders: Collection[str] = ()  # the folders of tests that CI runs; empty for all


ALL_FOLDERS = Tested()


def fix(context: FixContext) -> Outcome:
    """Generate the tests if shield.toml enables them."""
    if "tests" not in context.manifest.app.generate:
        return NOTHING
    module = context.app.test_module or context.module
    header = license_headers(context).module
    app = context.app
    tested = Tested(app.settings_fields, app.tested_folders)
    return plan_tests(context.read, context.manifest, app.paths, module, header, tested)


def plan_tests(
    read: FileReader,
    manifest: Manifest,
    paths: Collection[str] = (),
    module: str = "",
    header: str = "",
    tested: Tested = ALL_FOLDERS,
) -> Outcome:
    """Return the edit that creates or updates the generated tests.

    Generated tests that were edited are skipped. An app without other tests gets none.

    Args:
        read: Returns the bytes of a file of the app; None if it does not exist.
        manifest: The secrets that the tests read.
        paths: All Python files of the app.
        module: The dotted name by which settings import the runtime; "" derives it from the path.
        header: The comment with which the app's modules begin, such as a license; may be "".
        tested: What the tests cover, and where tests are run.
    """
    anchor = _module_path(manifest)
    if not anchor or not manifest.secret:
        return NOTHING
    root = root_of(read, anchor, module)
    is_package = manifest.app.runtime == "package"
    imported = "shield_runtime" if is_package else module_of(root, anchor)
    if is_template(read, imported, paths):
        return NOTHING  # the tests would import the package, which startproject renames
    if not all(part.isidentifier() for part in imported.split(".")):
        return skip_file(manifest.app.runtime, SkipId.INVALID_MODULE_NAME.reason(module=imported))
    tests = [path for path in paths if is_test(path)]
    path, state = _choose_path(read, anchor, root, tests, paths, tested.folders)
    if not path:
        return NOTHING
    if state is State.EDITED:
        return skip_file(path, SkipId.EDITED.reason())
    if state is State.FOREIGN:
        return skip_file(path, SkipId.TEST_EXISTS.reason())
    with_map = (*paths, manifest.app.runtime)  # the first apply creates the map file
    style = read_grouped_style(read, path, with_map, root, imported.partition(".")[0])
    map_style = MapStyle.of("", style, settings_quote(read, manifest))
    template = "test_secrets.py.j2"
    if _prefers_pytest(read, path, tests) or (style.prefers_pytest and _has_pytest(read, tests)):
        template = "test_secrets_pytest.py.j2"
    classes = find_tested_classes(read, tested.fields, manifest, root)
    text = render_tests(template, manifest, imported, style, map_style, classes)
    raw = read(path)
    return create_or_replace(path, raw, (header_of(raw) if raw else header) + text)


def _module_path(manifest: Manifest) -> str:
    """Return the path of the map file, or else of a settings module; "" if there is none."""
    if manifest.app.runtime != "package":
        return manifest.app.runtime
    return next(iter(manifest.app.settings), "")


def _choose_path(
    read: FileReader,
    anchor: str,
    root: str,
    tests: Collection[str],
    paths: Collection[str],
    folders: Collection[str],
) -> tuple[str, State]:
    """Return the path of the existing or new generated tests, and the state of the file.

    The path is "" if the app has no tests, or if generated ones could not import the app.
    """
    existing = _find_generated(read, tests)
    if existing or not tests:
        return existing or ("", State.ABSENT)
    folder = choose_folder(anchor, root, tests, folders)
    if folder == root and root not in folders:
        folder = tested_package(root, tests, paths)
    if not can_import(read, folder, root, paths):
        return "", State.ABSENT
    path = ""
    prefix = f"{folder}/" if folder else ""
    # pytest can't import two modules of the same name unless they are in packages.
    taken = set() if read(f"{prefix}__init__.py") is not None else _file_names(tests)
    style = _name_style(tests)
    # The tests of aws_secrets.py are called test_aws_secrets.py.
    stems = sorted(STEMS, key=lambda stem: stem != PurePosixPath(anchor).stem)
    for stem in stems:
        name = style.format(stem)
        path = f"{prefix}{name}"
        if read(path) is None and name not in taken:
            return path, State.ABSENT
    return path, State.FOREIGN


def _find_generated(read: FileReader, tests: Collection[str]) -> tuple[str, State] | None:
    """Return the path and the state of tests that shield generated earlier; None without any."""
    for path in sorted(tests):
        if path.rpartition("/")[2] in FILE_NAMES:
            state, _ = read_stamp(read_optional(read, path), STAMP_NAME)
            if state in {State.OURS, State.EDITED}:
                return path, state
    return None


def _name_style(tests: Collection[str]) -> str:
    """Return the most frequent style of the names of the app's test modules."""
    counts = Counter(
        style
        for name in _file_names(tests)
        for style in NAME_STYLES
        if fnmatch.fnmatch(name, style.format("*"))
    )
    return max(NAME_STYLES, key=lambda style: counts[style])


def _file_names(paths: Collection[str]) -> set[str]:
    return {path.rpartition("/")[2] for path in paths}


def _has_pytest(read: FileReader, tests: Collection[str]) -> bool:
    """Return whether the project requires or configures pytest, or imports it in a test."""
    if any(IMPORTS_PYTEST.search(read_optional(read, path) or b"") for path in tests):
        return True
    return any(NAMES_PYTEST.search(read_optional(read, path) or b"") for path in PYTEST_FILES)


def _prefers_pytest(read: FileReader, path: str, tests: Collection[str]) -> bool:
    """Return whether more test modules are for pytest than have a TestCase, first beside a path."""
    folder = path.rpartition("/")[0]
    beside = [test for test in tests if test.rpartition("/")[0] == folder and test != path]
    return (_pytest_balance(read, beside) or _pytest_balance(read, tests)) > 0


def _pytest_balance(read: FileReader, tests: Collection[str]) -> int:
    """Return the number of modules for pytest, minus that of modules with a TestCase."""
    balance = 0
    for path in tests:
        raw = read_optional(read, path) or b""
        if b"TestCase" in raw:
            balance -= 1
        elif PYTEST_CODE.search(raw):
            balance += 1
    return balance
