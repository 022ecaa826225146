"""Find the reads of secrets from the settings of dynaconf: `settings.mail.api_key`."""

from __future__ import annotations

import ast
from collections import ChainMap
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.name_meaning import Meaning, may_be_auth_token
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import parse_by_any_python
from shield_ai.scan.python.app.bulk_reads import LOADERS, prefix_of
from shield_ai.scan.python.app.config_finding import create_finding
from shield_ai.scan.python.config.config_objects import Origin
from shield_ai.scan.python.config.config_read import ConfigRead
from shield_ai.scan.python.config.names import key_meaning
from shield_ai.scan.python.config.object_paths import ObjectPath, ObjectReads, validated_settings
from shield_ai.scan.python.readers.ast_walk import name_of, statements_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.model.finding import Finding
    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.readers.project import Project

LIBRARY = "dynaconf"
CLASSES = frozenset(name for name, loader in LOADERS.items() if loader.marker == LIBRARY)
# A file without such a name reads no secret. An attribute `auth` may be a token.
SECRET_KEY = regex(rb"(?i)secret|pass|pwd|token|key|cred|dsn|salt|auth|ur[li]|\bpw\b|webhook")
MAX_NAMES = 50  # of settings objects
MAX_IMPORTS = 3  # modules through which a name is imported


class DynaconfReads:
    """Collects the settings objects of an app, and finds the reads of secrets from them.

    Args:
        project: The modules of the app.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._objects: dict[tuple[str, str], ObjectPath] = {}  # by file and name
        self._names: set[str] = set()
        self._users: set[str] = set()  # files that import the library

    def add(self, source: Source) -> None:
        """Add the settings objects that a file creates.

        Args:
            source: The file.
        """
        if LIBRARY not in source.text:
            return
        self._users.add(source.path)
        for node in source.tree.body:
            created = created_settings(node.value) if isinstance(node, ast.Assign) else None
            if isinstance(node, ast.Assign) and created:
                self._objects |= {(source.path, name_of(name)): created for name in node.targets}

    def findings(self, paths: Iterable[str], other: Collection[tuple[str, int]]) -> list[Finding]:
        """Return the reads of secrets from the settings of dynaconf.

        Args:
            paths: The scanned files.
            other: The files and lines of other reads, which are not reported again.
        """
        if not self._users:
            return []
        self._names = {name for _, name in self._objects}
        found: list[Finding] = []
        for path in paths:
            raw = self._project.read(path) or b""
            if self._may_use_settings(path, raw) and SECRET_KEY.search(raw):
                found += self._findings_in(path, raw)
        return [finding for finding in found if (finding.path, finding.line) not in other]

    def _may_use_settings(self, path: str, raw: bytes) -> bool:
        # With many names, it is faster to parse each file.
        if path in self._users or len(self._names) > MAX_NAMES:
            return True
        return any(name.encode() in raw for name in self._names)

    def _findings_in(self, path: str, raw: bytes) -> Iterator[Finding]:
        try:
            source, _ = parse_by_any_python(path, raw)
            names, types = self._imported_names(source)
            reads = list(ObjectReads(types, created_settings).find(source.tree, ChainMap(names)))
            reads += validated_settings(source.tree, self._prefix_in(path))
        except (SourceError, RecursionError):  # not a Python file, or nested too deeply
            return
        reason = SkipId.READ_BY_LIBRARY.reason(function="Dynaconf")
        seen: set[tuple[int, str]] = set()
        for node, setting in reads:
            if not setting.keys:  # all settings, as in a loop over settings.as_dict().items()
                continue
            meaning = _meaning(setting.keys)
            key = ".".join(setting.keys)
            may_be_token = may_be_auth_token(key)
            if (meaning is Meaning.HARMLESS and not may_be_token) or (node.lineno, key) in seen:
                continue
            seen.add((node.lineno, key))
            is_certain = meaning is not Meaning.HARMLESS
            read = ConfigRead(node, key, Origin("Dynaconf"), is_certain=is_certain)
            yield create_finding(source, read, reason, setting.variable)

    def _prefix_in(self, path: str) -> str | None:
        """Return the prefix of the only settings object that a file creates; None otherwise."""
        prefixes = {created.prefix for (file, _), created in self._objects.items() if file == path}
        return prefixes.pop() if len(prefixes) == 1 else None

    def _imported_names(self, source: Source) -> tuple[dict[str, ObjectPath | None], set[str]]:
        """Return the settings objects that a module imports, and the classes of dynaconf."""
        names: dict[str, ObjectPath | None] = {}
        types: set[str] = set()
        for node in statements_in(source.tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            imported = {alias.asname or alias.name: alias.name for alias in node.names}
            if _is_from_library(node):
                types.update(name for name, origin in imported.items() if origin != "settings")
                settings = ObjectPath(f"{LOADERS['Dynaconf'].prefix}_")
                names |= {
                    name: settings for name, origin in imported.items() if origin == "settings"
                }
                continue
            for name, origin in imported.items():
                if origin in self._names:
                    names[name] = self._imported(source.path, node, origin)
        return names, types

    def _imported(
        self, path: str, node: ast.ImportFrom, name: str, depth: int = 0
    ) -> ObjectPath | None:
        """Return the settings object that a name is imported from; None for other names."""
        dotted = _absolute(self._project.facts.module(path), path, node)
        module = self._project.find_imported(path, dotted)
        if module is None or depth > MAX_IMPORTS:
            return None
        found = self._objects.get((module.source.path, name))
        if found:
            return found
        for other in module.source.tree.body:
            if isinstance(other, ast.ImportFrom):
                for alias in other.names:
                    if name == (alias.asname or alias.name):
                        return self._imported(module.source.path, other, alias.name, depth + 1)
        return None


def created_settings(value: ast.expr) -> ObjectPath | None:
    """Return the settings object that a call such as `Dynaconf()` creates; None for others."""
    if not isinstance(value, ast.Call) or name_of(value.func) not in CLASSES:
        return None
    return ObjectPath(prefix_of(value, LOADERS[name_of(value.func)]))


def _absolute(module: str, path: str, node: ast.ImportFrom) -> str:
    """Return the dotted name of the module in an import."""
    if not node.level:
        return node.module or ""
    levels = node.level - path.endswith("/__init__.py")
    parts = module.split(".")[: -levels or None]
    return ".".join([*parts, *filter(None, [node.module])])


def _is_from_library(node: ast.ImportFrom) -> bool:
    return not node.level and (node.module or "").partition(".")[0] == LIBRARY


def _meaning(keys: tuple[str, ...]) -> Meaning:
    """Return the meaning of a setting by its last key, or of a URL by its section: `redis.url`."""
    found = key_meaning(keys[-1])
    if found is Meaning.HARMLESS:
        section = key_meaning(".".join(keys[-2:]))
        return section if section in {Meaning.URL, Meaning.DSN} else found
    return found
