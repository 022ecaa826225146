"""Run all rewrites of the app's Python files."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Edit, FileChange
from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project.python_source import Source, file_change
from shield_ai.project.secret_map import client_name, expected_map, read_map
from shield_ai.rewrite.project.runtime_copy import provides_map
from shield_ai.rewrite.python.accessor_names import accessor_names
from shield_ai.rewrite.python.fixer import FileContext, find_python_fixers
from shield_ai.rewrite.python.fixers.db_backend import skipped_databases
from shield_ai.rewrite.python.imports.import_style import ImportStyle
from shield_ai.rewrite.python.split_edits import split_edits
from shield_ai.rewrite.python.wrap.run import wrap_secrets
from shield_ai.rewrite.python.wrap.wrap_options import WrapOptions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import FoundSite


class PythonChanges(msgspec.Struct, kw_only=True):
    """The changes of all Python files."""

    files: list[FileChange] = []
    skipped: list[Skipped] = []
    removed: list[str] = []  # variables whose hardcoded values were removed
    engines: set[str] = set()  # the database engines in the settings

    def extend(self, other: PythonChanges) -> None:
        """Add the changes of other files."""
        self.files += other.files
        self.skipped += other.skipped
        self.removed += other.removed
        self.engines |= other.engines


def rewrite_python(
    manifest: Manifest,
    sites: Sequence[FoundSite],
    calls: Sequence[tuple[str, int, int]],
    read: FileReader,
    accessor_import: str,
    options: WrapOptions | None = None,
) -> PythonChanges:
    """Rewrite each Python file that reads a secret or calls the runtime.

    Args:
        manifest: The secrets to move.
        sites: The findings of the whole app that can be rewritten, each with its site.
        calls: Path, line and column of each call of get_secret() or another function of the
            runtime.
        read: Returns the bytes of a file.
        accessor_import: The line that imports get_secret().
        options: The options for all files, except the code style, which is looked up per file.
    """
    sites_by_path: defaultdict[str, list[FoundSite]] = defaultdict(list)
    for finding, site in sites:
        sites_by_path[finding.path].append((finding, site))
    calls_by_path: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for path, line, column in calls:
        calls_by_path[path].append((line, column))
    edited = [
        path for path, found in sites_by_path.items() if any(not site.reason for _, site in found)
    ]
    rewriter = Rewriter(manifest, read, accessor_import, options or WrapOptions(), edited)
    for path in sorted({*sites_by_path, *calls_by_path, *rewriter.shared_bases}):
        rewriter.rewrite_file(path, sites_by_path[path], calls_by_path[path])
    changes = rewriter.changes
    changes.skipped += skipped_databases(manifest, rewriter.found_databases)
    return changes


class Rewriter:
    """Rewrite files one by one and collect the changes."""

    def __init__(
        self,
        manifest: Manifest,
        read: FileReader,
        accessor_import: str,
        options: WrapOptions,
        edited: Sequence[str],
    ) -> None:
        self.changes = PythonChanges()
        self.found_databases: set[str] = set()
        self._manifest = manifest
        self._read = read
        module = accessor_import.split()[1]
        self._options = options._replace(has_map=provides_map(read, manifest, module))
        self._map = read_map(read, manifest.app.runtime)  # the map file before this rewrite
        # For example, it was not committed.
        self._lacks_map = self._options.has_map and read(manifest.app.runtime) is None
        if self._map is not None:
            client = client_name(read(manifest.app.runtime))
            self._options = self._options._replace(client=client)
        # Without the client of a map file, each settings class lists its secrets.
        can_share = self._options.has_map and bool(self._options.client)
        self.shared_bases = self._options.shared.bases if can_share else {}
        self._subclasses = self._options.shared.subclasses if can_share else {}
        self._imports = ImportStyle(manifest, read, accessor_import, self._options, edited)

    def rewrite_file(self, path: str, sites: list[FoundSite], calls: list[tuple[int, int]]) -> None:
        """Rewrite one file, or skip it if its code is nested too deeply.

        Args:
            path: The file.
            sites: The sites in it.
            calls: Line and column of each call of a function of the runtime in it.
        """
        previous_changes = self.changes
        self.changes = PythonChanges()
        try:
            self._rewrite_file(path, sites, calls)
        except RecursionError:
            self.changes = PythonChanges(skipped=[SkipId.TOO_DEEP.reason().entry(path)])
        previous_changes.extend(self.changes)
        self.changes = previous_changes

    def _rewrite_file(
        self, path: str, sites: list[FoundSite], calls: list[tuple[int, int]]
    ) -> None:
        raw = self._read(path) or b""
        source = Source.from_bytes(path, raw)
        style = self._imports.code_style(path)
        wrapped = wrap_secrets(
            source,
            sites,
            self._manifest,
            self._imports.line(source),
            self._options._replace(
                style=style,
                shared_bases=self.shared_bases.get(path, frozenset()),
                subclasses=self._subclasses.get(path, frozenset()),
            ),
        )
        self.changes.skipped += wrapped.skipped
        self.changes.removed += wrapped.removed
        found = sites if wrapped.edits else []
        context = self._context(source, found, calls, style.width(source))
        edits = [*wrapped.edits, *self._fix(context, wrapped.edits)]
        if edits:
            # A plan shows the text that its edits replace: values and comments stay out of it.
            edits = split_edits(source, edits)
            self.changes.files.append(file_change(path, raw, edits, source.encoding))

    def _context(
        self,
        source: Source,
        wrapped: list[FoundSite],
        calls: list[tuple[int, int]],
        width: int,
    ) -> FileContext:
        names = accessor_names(source, self._imports.line(source))
        known = self._map
        if known is None and names.imported and self._lacks_map:
            known = expected_map(self._manifest)
        return FileContext(
            source=source,
            manifest=self._manifest,
            read=self._read,
            names=names,
            sites=[site for _, site in wrapped],
            calls=calls,
            known=known,
            has_map=self._options.has_map,
            removal=self._options.removal,
            width=width,
        )

    def _fix(self, context: FileContext, wraps: Sequence[Edit]) -> list[Edit]:
        """Run the fixers, and return their edits."""
        edits: list[Edit] = []
        for fix in find_python_fixers():
            outcome = fix(context._replace(edits=(*wraps, *edits)))
            edits += outcome.edits
            self.changes.skipped += outcome.skipped
            self.changes.removed += outcome.removed
            self.changes.engines |= outcome.engines
            self.found_databases |= outcome.found
        return edits
