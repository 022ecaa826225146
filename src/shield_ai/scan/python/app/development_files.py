"""Find the settings files of an app that only development or tests use."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.layout import is_test_settings
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import parse_expression
from shield_ai.scan.python.classify.stage_conditions import Stage, required_stage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.model.file_reader import FileReader

DEVELOPMENT_SETTINGS = regex(
    r"(?:^|/)(?:settings|config|conf)/(?:dev|development|devstack|local|tests?|testing|ci)\.py$"
    r"|(?:^|/)(?:settings|config)_(?:dev|development|tests?|testing|ci)\.py$"
    r"|(?:^|/)(?:dev|development|tests?|testing|ci)_(?:settings|config)\.py$"
)
PRODUCTION_SETTINGS = regex(r"(?:^|.*[/_])prod(?:uction)?(?:_(?:settings|config))?\.py$")
# Some projects also use these files in production: their imports decide.
LOCAL_SETTINGS = regex(r"(?:^|/)(?:local_settings|settings_local)\.py$")
STAR_IMPORT = regex(rb"from[ \t]+([\w.]*+)[ \t]+import[ \t]+\*")
TRY = regex(rb"try\s*:")
CONDITION = regex(rb"(?:el)?if\b(.*:.*)")


class StarImport(NamedTuple):
    """A star import of another settings file."""

    path: str  # the importing file
    target: str  # the imported file
    is_conditional: bool
    is_guarded: bool  # by a condition for development, or by a `try`, as an optional local file


def development_files(
    files: Collection[str], settings: Iterable[str], read: FileReader
) -> frozenset[str]:
    """Return the settings files that only development or tests use.

    Args:
        files: The app's Python files.
        settings: The app's settings files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    tests = {path for path in files if is_test_settings(path)}
    local = {path for path in files if LOCAL_SETTINGS.search(path)}
    named = tests | _beside_production(files)
    targets = named | local
    if not targets:
        return frozenset()
    imports: list[StarImport] = []
    for path in sorted({*settings, *named}):
        imports += _star_imports(path, read(path) or b"", targets)
    named |= _importers(imports, tests) | _guarded(imports, local)
    needed = {found.target for found in imports if _needs(found, named)}
    return frozenset(named - needed)


def _beside_production(files: Collection[str]) -> set[str]:
    """Return the development settings in folders that also have settings for production."""
    folders = {path.rpartition("/")[0] for path in files if PRODUCTION_SETTINGS.match(path)}
    named = (path for path in files if DEVELOPMENT_SETTINGS.search(path))
    return {path for path in named if path.rpartition("/")[0] in folders}


def _importers(imports: list[StarImport], tests: set[str]) -> set[str]:
    """Return the settings that extend those for tests."""
    importers = set()
    for found in imports:
        is_entry = found.path.endswith("__init__.py") or PRODUCTION_SETTINGS.match(found.path)
        if found.target in tests and not found.is_conditional and not is_entry:
            importers.add(found.path)
    return importers


def _guarded(imports: list[StarImport], local: set[str]) -> set[str]:
    """Return the local settings that only development imports."""
    guards: dict[str, list[bool]] = {}
    for found in imports:
        if found.target in local:
            guards.setdefault(found.target, []).append(found.is_guarded)
    return {path for path, guarded in guards.items() if all(guarded)}


def _needs(found: StarImport, development: set[str]) -> bool:
    """Return whether other settings always import a file."""
    return not found.is_conditional and found.path not in development


def _star_imports(path: str, raw: bytes, targets: Collection[str]) -> Iterator[StarImport]:
    """Yield the star imports of the targets in a file, with the lines that enclose each."""
    enclosing: list[tuple[int, bytes]] = []  # lines around the current one, by their indentation
    for line in raw.splitlines():
        text = line.strip()
        if not text or text.startswith(b"#"):
            continue
        indent = len(line) - len(line.lstrip())
        while enclosing and enclosing[-1][0] >= indent:
            enclosing.pop()
        found = STAR_IMPORT.match(text)
        target = _target(path, found[1].decode(), targets) if found else ""
        if target:
            is_guarded = _is_guard([text for _, text in enclosing])
            yield StarImport(path, target, indent > 0, is_guarded)
        enclosing.append((indent, text))


def _is_guard(lines: list[bytes]) -> bool:
    """Return whether the lines around an import, outermost first, exclude production.

    An `if` that names a development stage does, and a `try`, which projects use for an optional
    local file.
    """
    stages = set(map(_stage_of, lines))
    if Stage.PRODUCTION in stages:
        return False
    return Stage.DEVELOPMENT in stages or any(map(TRY.match, lines[-1:]))


def _stage_of(line: bytes) -> Stage | None:
    """Return the stage in which the condition in a line can be true; None without such a one."""
    found = CONDITION.match(line)
    # As the key of a dict, the condition ends at its colon, with or without a comment after it.
    node = parse_expression(f"{{{found[1].decode(errors='replace')}\n0}}") if found else None
    condition = node.keys[0] if isinstance(node, ast.Dict) else None
    return required_stage(condition) if condition else None


def _target(path: str, module: str, targets: Collection[str]) -> str:
    """Return the imported file if it is one of the targets; else ""."""
    name = module.lstrip(".")
    tail = name.replace(".", "/") + ".py"
    dots = len(module) - len(name)
    if dots:
        target = "/".join([*path.split("/")[:-dots], tail])
        return target if target in targets else ""
    return next((file for file in sorted(targets) if f"/{file}".endswith(f"/{tail}")), "")
