"""Find where Django's SECRET_KEY comes from if it is neither a literal nor read from a variable."""

from __future__ import annotations

import ast
import functools
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import string_constant
from shield_ai.scan.python.readers.ast_walk import name_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.readers.project import Project

KEY = "SECRET_KEY"
KEYS = frozenset({KEY, "DJANGO_SECRET_KEY"})
READS = ("open(", ".read()", ".readline()", ".read_text(", ".read_bytes(")
GENERATORS = (
    "SystemRandom(",
    "generate_secret_key(",
    "get_random_secret_key(",
    "get_random_string(",
    "random.choice",
    "token_bytes(",
    "token_hex(",
    "token_urlsafe(",
    "urandom(",
    "uuid4(",
)
EXEC = ("exec", "execfile")
# A file that django-split-settings includes, without a pattern or a parameter in its name.
INCLUDED = regex(r"(?!.*\.\.)\w[\w./-]{0,100}\.py")
MAX_STEPS = 3  # how many levels of names and functions are followed from SECRET_KEY


class _Code(NamedTuple):
    """What an expression or a function does."""

    reads_file: bool
    is_generator: bool  # of random values
    names: frozenset[str]


class KeySources:
    """The sources of SECRET_KEY in an app's settings modules, other than variables.

    Args:
        project: The app.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._assigned: list[Skipped] = []
        self._included: list[Skipped] = []  # files that are not in the app, or that exec() runs
        self._overrides: list[Skipped] = []  # modules that are not in the app
        self._library_imports: list[tuple[str, str]] = []

    def add(self, source: Source, star_imports: Iterable[str]) -> None:
        """Add a settings module.

        Args:
            source: The module.
            star_imports: The modules from which the settings module imports all names.
        """
        self._assigned += find_key_source(source)
        self._included += find_executed_settings(source)
        for path, line in find_missing_includes(source, self._project.python_files):
            self._add_missing(path, source.path, line)
        for module in star_imports:
            if self._is_library(module):
                self._library_imports.append((source.path, module))
            elif not self._project.find_module(module):
                self._add_missing(module, source.path)

    def _add_missing(self, module: str, path: str, line: int = 0) -> None:
        """Add a module that a settings module includes, and that is not in the app."""
        reason = SkipId.KEY_IN_LOCAL_SETTINGS.reason(module=module)
        self._included.append(reason.entry(path, line, KEY))
        reason = SkipId.LOCAL_SETTINGS.reason(module=module)
        self._overrides.append(reason.entry(path, line, KEY))

    def _is_library(self, module: str) -> bool:
        """Return whether a module belongs to a library; a local file that git ignores does not."""
        top = module.partition(".")[0]
        is_local = top == module and ("local" in top or "settings" in top)
        return not is_local and not any(
            self._project.find_module(name) for name in (top, module, module.rpartition(".")[0])
        )

    def entries(self, read: Collection[str], assigned: Collection[str]) -> Iterator[Skipped]:
        """Yield an entry for each source of SECRET_KEY that the scan did not find.

        Args:
            read: The settings and variables that the scan found.
            assigned: The settings with a value that is computed at run time.
        """
        if not KEYS.isdisjoint(read):
            yield from self._overrides
            return
        yield from self._assigned
        if self._assigned or not KEYS.isdisjoint(assigned):
            return
        if not self._library_imports:
            yield from self._included
            return
        path, _ = self._library_imports[0]
        modules = " or ".join(dict.fromkeys(module for _, module in self._library_imports))
        yield SkipId.LIBRARY_SETTINGS.reason(modules=modules).entry(path, name=KEY)


def find_key_source(source: Source) -> list[Skipped]:
    """Return an entry for each assignment of SECRET_KEY from a file or a random generator.

    Args:
        source: A settings module.
    """
    if KEY not in source.text:
        return []
    definitions = {name: _describe(node) for name, node in _definitions(source.tree)}
    find_origin = functools.cache(lambda code: _origin(code, definitions))
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(isinstance(target, ast.Name) and target.id == KEY for target in targets):
            skip_id = find_origin(_describe(node.value))
            if skip_id:
                found.append(skip_id.reason().entry(source.path, node.lineno, KEY))
    return found


def find_executed_settings(source: Source) -> list[Skipped]:
    """Return an entry for each call of exec(), which can set SECRET_KEY.

    Args:
        source: A settings module.
    """
    if "exec" not in source.text:
        return []
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in EXEC:
                entry = SkipId.KEY_IN_EXEC.reason().entry(source.path, node.lineno, KEY)
                found.append(entry)
    return found


def find_missing_includes(source: Source, files: Collection[str]) -> list[tuple[str, int]]:
    """Return each file that django-split-settings includes and that git ignores, and the line.

    Args:
        source: A settings module.
        files: The Python files of the app.
    """
    if "split_settings" not in source.text:
        return []
    folder = source.path.rpartition("/")[0]
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call) or name_of(node.func) not in {"include", "optional"}:
            continue
        for name in map(string_constant, node.args):
            path = f"{folder}/{name}" if folder else f"{name}"
            if name and INCLUDED.fullmatch(name) and path not in files:
                found.append((path, node.lineno))
    return found


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield each function and each assigned name, with its node."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value


def _describe(node: ast.AST) -> _Code:
    """Return what an expression or a function reads, generates and names."""
    text = ast.unparse(node)
    return _Code(
        reads_file=any(read in text for read in READS),
        is_generator=any(generator in text for generator in GENERATORS),
        names=frozenset(part.id for part in ast.walk(node) if isinstance(part, ast.Name)),
    )


def _origin(value: _Code, definitions: dict[str, _Code]) -> SkipId | None:
    """Return where a value comes from, following names and functions; None if unknown."""
    seen: set[str] = {KEY}
    level = [value]
    is_generated = False
    for _ in range(MAX_STEPS):
        if any(code.reads_file for code in level):
            return SkipId.KEY_FROM_FILE
        is_generated |= any(code.is_generator for code in level)
        names = {name for code in level for name in code.names}
        level = [definitions[name] for name in sorted(names - seen) if name in definitions]
        seen |= names
    return SkipId.KEY_GENERATED if is_generated else None
