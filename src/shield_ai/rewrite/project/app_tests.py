"""Generate tests for the app's test suite that read each secret, with and without AWS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.layout import is_test
from shield_ai.project.runtime_names import runtime_package
from shield_ai.rewrite.code_style import read_code_style
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, create_or_replace, skip
from shield_ai.rewrite.project.layout import is_template, module_of, root_of
from shield_ai.rewrite.project.secret_map import STEP, MapStyle, dict_entry, settings_quote
from shield_ai.rewrite.project.stamp import State, read_stamp, stamp
from shield_ai.rewrite.project.template import render
from shield_ai.rewrite.python.imports import import_lines

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.code_style import CodeStyle
    from shield_ai.rewrite.project.fixer import FixContext

NAMES = ("test_secrets.py", "test_aws_secrets.py")
WHAT = "tests"
SINGLE_QUOTE = re.compile(r'(?<!")"(?!")')  # not of a docstring; the template has no other quotes
TEST_FOLDERS = ("tests", "test")


def fix(context: FixContext) -> Outcome:
    """Write the tests if shield.toml asks for them."""
    if "tests" not in context.manifest.app.generate:
        return NOTHING
    module = context.app.test_module or context.module
    return write_tests(context.read, context.manifest, context.app.paths, module)


def write_tests(
    read: FileReader, manifest: Manifest, paths: Collection[str] = (), module: str = ""
) -> Outcome:
    """Create or update the tests, unless they were edited or the app has no tests.

    Args:
        read: Returns the bytes of a file of the app, None if it does not exist.
        manifest: The secrets that the tests read.
        paths: All Python files of the app.
        module: Dotted name by which the settings import the runtime; derived from the path if "".
    """
    anchor = _module_path(manifest)
    if not anchor or not manifest.secret:
        return NOTHING
    root = root_of(read, anchor, module)
    module = "shield_runtime" if manifest.app.runtime == "package" else module_of(root, anchor)
    if is_template(read, module, paths):
        return NOTHING  # a test could only name the package that startproject renames
    if not all(part.isidentifier() for part in module.split(".")):
        return skip(manifest.app.runtime, SkipId.INVALID_MODULE_NAME.reason(module=module))
    folder = _choose_folder(anchor, root, paths)
    if folder is None or not _can_import(read, folder, root, paths):
        return NOTHING
    for name in NAMES:
        path = f"{folder}/{name}" if folder else name
        state, _ = read_stamp(read(path), WHAT)
        if state is State.EDITED:
            return skip(path, SkipId.EDITED.reason())
        if state is not State.FOREIGN:
            style = read_code_style(read, path)
            map_style = MapStyle.of("", style, settings_quote(read, manifest))
            text = _test_module_text(manifest, module, style, map_style)
            return create_or_replace(path, read(path), text)
    return skip(path, SkipId.TEST_EXISTS.reason())


def _module_path(manifest: Manifest) -> str:
    """Return the path of a module that is imported from the app's root."""
    if manifest.app.runtime != "package":
        return manifest.app.runtime
    return next(iter(manifest.app.settings), "")


def _choose_folder(anchor: str, root: str, paths: Collection[str]) -> str | None:
    """Return the folder for the tests; None if the app has no tests.

    This is a folder of the app's tests, or the folder of the runtime if the tests are only modules.
    A new folder, or a new `__init__.py`, would change how the existing tests are collected.
    """
    tests = [path for path in paths if is_test(path)]
    folders = {path.rpartition("/")[0] for path in tests}
    prefix = f"{root}/" if root else ""
    named = [folder for folder in folders if folder.rpartition("/")[2] in TEST_FOLDERS]
    named.sort(key=lambda folder: (not folder.startswith(prefix), folder.count("/"), folder))
    if named:
        return named[0]
    return anchor.rpartition("/")[0] if tests else None


def _can_import(read: FileReader, folder: str, root: str, paths: Collection[str]) -> bool:
    """Return whether tests in a folder can import modules of the app's root.

    Outside the root, they can if a test imports one: the root is then in `sys.path`.
    """
    prefix = f"{root}/"
    if not root or f"{folder}/".startswith(prefix):
        return True
    inner = [path.removeprefix(prefix) for path in paths if path.startswith(prefix)]
    modules = {path.partition("/")[0].removesuffix(".py") for path in inner} - {*TEST_FOLDERS}
    names = "|".join(sorted(map(re.escape, modules)))
    statement = re.compile(rf"^\s*(?:from|import) (?:{names})\b".encode(), re.MULTILINE)
    tests = [path for path in paths if path.startswith(f"{folder}/")]
    return any(statement.search(read(path) or b"") for path in tests)


def _import_lines(module: str, style: CodeStyle) -> list[str]:
    imports = {
        module: ["clear_secret_cache", "get_secret"],
        f"{runtime_package(module)}.testing": ["fake_secrets"],
    }
    lines = []
    for name in sorted(imports):
        lines += import_lines(name, imports[name], style)
    return lines


def _test_module_text(
    manifest: Manifest, module: str, style: CodeStyle, map_style: MapStyle
) -> str:
    entries = []
    for secret in manifest.secret:
        for variable, field in secret.variables().items():
            reference = f"{secret.name}:{field}" if field else secret.name
            entries.append(dict_entry(reference, variable, STEP, map_style))
    text = render(
        "test_secrets.py.j2",
        imports=_import_lines(module, style),
        has_map=manifest.app.runtime != "package",
        entries=entries,
        style=style,
    )
    return stamp(WHAT, "py", SINGLE_QUOTE.sub(map_style.quote, text))
