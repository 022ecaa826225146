"""Find the modules whose values an app prefers to its secrets, as long as they exist.

try:
    from secrets_dict import JWT_SECRET
except ImportError:
    JWT_SECRET = get_secret("jwt-secret-value")
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.errors import SourceError
from shield_ai.model.file_reader import read_optional
from shield_ai.project.git_index import tracked_files
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.file_reader import FileReader

HANDLER = regex(rb"\bexcept\b[^\n]{0,100}\b(?:ImportError|ModuleNotFoundError)\b")
IMPORT_ERRORS = frozenset({"ImportError", "ModuleNotFoundError"})


class PreferredModule(NamedTuple):
    """A module of the app, and what another module prefers to take from it."""

    path: str
    names: tuple[str, ...]
    importer: str  # the path of the other module
    line: int  # of its import
    is_tracked: bool  # git tracks it: it is deployed with the app

    @property
    def text(self) -> str:
        """What happens, and what to do."""
        names = ", ".join(self.names)
        return (
            f"{self.importer}:{self.line}: takes {names} from {self.path} while that file exists,"
            " not from AWS: delete it, from images, too"
        )


def find_preferred_modules(app: AppContext) -> list[PreferredModule]:
    """Return the modules that an app prefers to its secrets."""
    read = app.tree.read
    variables = set(app.manifest.variables())
    found: list[PreferredModule] = []
    for path in sorted(_readers(app)):
        raw = read_optional(read, path) or b""
        if path.endswith(".py") and HANDLER.search(raw):
            found += _modules_preferred_by(path, raw, variables, read)
    tracked = tracked_files(app.tree.root, [module.path for module in found]) or set()
    return [module._replace(is_tracked=module.path in tracked) for module in found]


def _readers(app: AppContext) -> set[str]:
    """Return the files that read secrets, or will read them."""
    calls = {path for path, _, _ in app.scan_result.call_sites}
    return calls | {finding.path for finding, _ in app.sites}


def _modules_preferred_by(
    path: str, raw: bytes, variables: set[str], read: FileReader
) -> Iterator[PreferredModule]:
    try:
        nodes = list(ast.walk(Source.from_bytes(path, raw).tree))
    except SourceError:  # the report names the file
        return
    for block in nodes:
        if not isinstance(block, ast.Try):
            continue
        for statement, names in _imported_secrets(block, variables):
            module = _find_module(path, statement, read)
            if module:
                yield PreferredModule(module, names, path, statement.lineno, is_tracked=False)


def _imported_secrets(
    block: ast.Try, variables: set[str]
) -> Iterator[tuple[ast.ImportFrom, tuple[str, ...]]]:
    """Yield each import of a `try`, and the secrets that it takes from a module."""
    secrets = _secrets_in_handlers(block.handlers, variables)
    for statement in block.body:
        if isinstance(statement, ast.ImportFrom):
            imported = [alias.asname or alias.name for alias in statement.names]
            names = tuple(name for name in imported if name in secrets)
            if names:
                yield statement, names


def _secrets_in_handlers(handlers: Iterable[ast.ExceptHandler], variables: set[str]) -> set[str]:
    """Return the names that get the value of a secret if an import fails."""
    names: set[str] = set()
    for handler in filter(_catches_import_error, handlers):
        for node in ast.walk(handler):
            if isinstance(node, ast.Assign) and _reads_secret(node.value, variables):
                names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    caught = ast.walk(handler.type) if handler.type else ()
    return any(isinstance(node, ast.Name) and node.id in IMPORT_ERRORS for node in caught)


def _reads_secret(value: ast.expr, variables: set[str]) -> bool:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and node.value in variables:
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id.endswith("get_secret"):
                return True
    return False


def _find_module(importer: str, node: ast.ImportFrom, read: FileReader) -> str:
    """Return the path of an imported module of the app; "" for another module."""
    name = (node.module or "").replace(".", "/")
    folders = importer.split("/")[:-1]
    if node.level:
        starts = [folders[: len(folders) - node.level + 1]]
    else:
        starts = [folders[:depth] for depth in range(len(folders), -1, -1)]
    for start in starts if name else ():
        for suffix in (".py", "/__init__.py"):
            path = "/".join([*start, name + suffix])
            if read_optional(read, path) is not None:
                return path
    return ""
