"""Scan the Python files of an app one by one."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import SourceError
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.project.python_source import parse_by_any_python, source_problem
from shield_ai.scan.files.file_filter import find_markers
from shield_ai.scan.python.app.collected import Collected
from shield_ai.scan.python.app.library_reads import LibraryReads
from shield_ai.scan.python.app.related_sites import open_context, relate_sites
from shield_ai.scan.python.findings.from_candidates import create_findings, missing_runtime_finding
from shield_ai.scan.python.readers.project import Project
from shield_ai.scan.python.visit.statement_filter import StatementFilter
from shield_ai.scan.python.visit.visitor import SecretVisitor

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from shield_ai.model.finding import Finding
    from shield_ai.model.site import FoundSite, Site
    from shield_ai.project.layout import AppFacts
    from shield_ai.scan.files.file_filter import Markers
    from shield_ai.scan.python.app.app_facts import AppFiles

MAX_SIZE = 2_000_000  # bytes; hand-written Python files are smaller

# Names that occur in files that use the runtime.
RUNTIME_NAMES = (b"get_secret", b"SecretsManagerSource")


class AppScanner:
    """Scans Python files one by one and collects the results.

    Args:
        files: The app's files.
        facts: The app's layout.
        manifest_variables: Variables in shield.toml; they count as secrets.
        ignored: Variables that shield.toml ignores; their reads are not fixable.
    """

    def __init__(
        self,
        files: AppFiles,
        facts: AppFacts,
        manifest_variables: Collection[str],
        ignored: Collection[str],
    ) -> None:
        self._sites: list[FoundSite] = []
        self._without_site: list[Finding] = []
        self.scanned: list[str] = []
        self.skipped: list[Skipped] = []
        self._files = files
        self._facts = facts
        self._manifest_variables = manifest_variables
        self._settings = set(facts.settings)
        self._project = Project(files.python(), facts, files.read, _without_exports(files.markers))
        computed_reads = (raw for _, raw in files.with_marker("computed_read"))
        self._project.find_reading_names(computed_reads)
        context = open_context(files, manifest_variables, ignored)
        self._project.secrets_by_file = context.secrets_by_file.keys()
        self.collected = Collected(self._project, context, manifest_variables)
        self._library_reads = LibraryReads(self.collected, facts, files)
        self._without_runtime: set[str] = set()  # settings files that do not use the runtime

    def scan_file(self, path: str) -> None:
        """Scan one Python file."""
        in_settings = path in self._settings
        has_markers = self._has_markers(path, in_settings=in_settings)
        if has_markers is False and self._is_clean_without_markers(path):
            self.scanned.append(path)
            return
        raw = self._read(path)
        if raw is None:
            return
        self.scanned.append(path)
        if (has_markers or self._project.may_call_reader(raw)) and not in_settings:
            self._parse_and_visit(path, raw, self._statement_filter(raw))
        elif has_markers or self._may_have_secrets(raw, in_settings=in_settings):
            self._parse_and_visit(path, raw)

    def _has_markers(self, path: str, *, in_settings: bool) -> bool | None:
        """Return whether a file may have secrets, by its markers; None if they are unknown."""
        markers = self._files.markers.get(path)
        return None if markers is None else markers.may_have_secrets(in_settings=in_settings)

    def _is_clean_without_markers(self, path: str) -> bool:
        """Return whether a file neither names a variable nor calls a function that reads it."""
        may_call = bool(self._project.reading_names) and self._files.markers[path].quoted_name
        return not self._manifest_variables and not may_call

    def _statement_filter(self, raw: bytes) -> StatementFilter | None:
        # shield.toml may name variables that no pattern of the filter matches.
        return None if self._manifest_variables else StatementFilter(raw)

    def related_sites(self) -> list[FoundSite]:
        """Return the sites of all files, after the checks that need the whole app."""
        self._library_reads.add_aws_clients(self._sites, self.scanned, self._manifest_variables)
        return relate_sites(self._sites, self.collected, self.scanned, self._facts, self._files)

    def other_findings(self, related: Iterable[FoundSite]) -> list[Finding]:
        """Return the findings that have no code to rewrite.

        Args:
            related: From `related_sites`.
        """
        paths = {finding.path for finding, site in related if not _is_ignored(site)}
        paths.update(finding.path for finding in self._without_site)
        affected = sorted(self._without_runtime & paths)
        return self._without_site + ([missing_runtime_finding(affected)] if affected else [])

    def _read(self, path: str) -> bytes | None:
        raw = self._files.read(path)
        if raw is None:
            self._skip(path, SkipId.UNREADABLE.reason())
            return None
        if len(raw) > MAX_SIZE:
            self._skip(path, SkipId.TOO_LARGE.reason())
            return None
        return raw

    def _may_have_secrets(self, raw: bytes, *, in_settings: bool) -> bool:
        if find_markers(raw).may_have_secrets(in_settings=in_settings):
            return True
        return any(name.encode() in raw for name in self._manifest_variables)

    def _parse_and_visit(
        self, path: str, raw: bytes, statement_filter: StatementFilter | None = None
    ) -> None:
        try:
            cached = self._project.cached_source(path)
            source, error = (cached, None) if cached else parse_by_any_python(path, raw)
            if error:  # the file is scanned, but can't be rewritten
                self._skip(path, source_problem(path, error))
            module = self._project.add(source)
            visitor = SecretVisitor(self._project, module, statement_filter)
            candidates = visitor.run()
            entries = create_findings(
                source, candidates, visitor.migrated_reads, self._facts, self._files.paths
            )
            self.collected.add(source, visitor, in_settings=path in self._settings)
            self._library_reads.add(source, visitor.library_reads)
            self._library_reads.add_settings(visitor.resolver)
        except SourceError as problem:
            self._skip(path, source_problem(path, problem))
            return
        except RecursionError:  # the parser accepts deeper nesting than the visitors
            self._skip(path, SkipId.TOO_DEEP.reason())
            return
        except Exception as bug:  # noqa: BLE001  the findings of the other files must not be lost
            self._skip(path, SkipId.SCANNER_BUG.reason(error=_place_of(bug)))
            return
        for finding, site in entries:
            if site:
                reason = SkipId.NEWER_SYNTAX.reason() if error else site.reason
                self._sites.append((finding, msgspec.structs.replace(site, reason=reason)))
            else:
                self._without_site.append(finding)
        if path in self._settings and not any(name in raw for name in RUNTIME_NAMES):
            self._without_runtime.add(path)

    def _skip(self, path: str, reason: SkipReason) -> None:
        self.skipped.append(reason.entry(path))


def _place_of(bug: Exception) -> str:
    """Return the type of an error and the line that raised it; its message may have a value."""
    frame = traceback.extract_tb(bug.__traceback__)[-1]
    return f"{type(bug).__name__} in {Path(frame.filename).name}:{frame.lineno}"


def _without_exports(markers: Mapping[str, Markers]) -> set[str]:
    """Return the modules that export no function that reads variables.

    Packages are never included: their submodules may export one.
    """
    paths = set()
    for path, found in markers.items():
        if not found.may_export_readers() and not path.endswith("__init__.py"):
            paths.add(path)
    return paths


def _is_ignored(site: Site) -> bool:
    return site.reason is not None and site.reason.id is SkipId.IGNORED
