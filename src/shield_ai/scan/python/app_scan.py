"""Scan the Python and .env files of an app for secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Finding
from shield_ai.model.output_options import OUTPUT
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.project.app_name import choose_app_name
from shield_ai.project.layout import AppFacts, is_test
from shield_ai.project.python_source import Source, source_problem
from shield_ai.project.runtime_names import copied_folder, is_copied_file
from shield_ai.scan.files.file_filter import find_markers
from shield_ai.scan.files.walk import display_path, walk_all
from shield_ai.scan.python.app_facts import AppFiles, collect_facts
from shield_ai.scan.python.compare_literals import mark_different_literals, merge_equal_literals
from shield_ai.scan.python.cross_file import (
    RESERVED,
    ProjectContext,
    apply_context,
    collection_texts,
)
from shield_ai.scan.python.development import explain_literals, mark_development_reads
from shield_ai.scan.python.development_files import development_files
from shield_ai.scan.python.example_values import find_public_variables
from shield_ai.scan.python.file_reads import find_file_reads
from shield_ai.scan.python.findings import (
    assign_fingerprints,
    create_findings,
    dotenv_findings,
    is_probably_label,
    missing_runtime_finding,
)
from shield_ai.scan.python.key_source import KeySources
from shield_ai.scan.python.project import Project
from shield_ai.scan.python.related_reads import select_related_reads
from shield_ai.scan.python.remaining_defaults import find_remaining_defaults
from shield_ai.scan.python.secret_calls import SecretCall
from shield_ai.scan.python.skipped_folders import select_app_paths
from shield_ai.scan.python.statement_filter import StatementFilter
from shield_ai.scan.python.visitor import SecretVisitor
from shield_ai.scan.text.engine import reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader
    from shield_ai.scan.files.file_filter import Markers


MAX_SIZE = 2_000_000  # bytes; hand-written Python files are smaller


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """The results of a scan, sorted by path and line."""

    findings: tuple[Finding, ...]
    skipped: tuple[Skipped, ...]
    unresolved: tuple[Skipped, ...] = ()  # of these, the reads of unknown variables
    files: tuple[str, ...]  # the scanned Python files
    facts: AppFacts
    # Path, line and column of each get_secret call; a file that defines a settings source
    # also has an entry with line 0 and column 0.
    calls: tuple[tuple[str, int, int], ...] = ()
    harmless: tuple[Skipped, ...] = ()  # values with a secret-like name that are not secrets
    file_reads: tuple[Skipped, ...] = ()  # secrets that the settings take from a file
    python_files: tuple[str, ...] = ()  # of the app, including tests
    constants: tuple[Finding, ...] = ()  # constants that remain beside migrated secrets
    migrated: tuple[str, ...] = ()  # variables that the code reads through the runtime
    unscanned: tuple[Skipped, ...] = ()  # code outside the scan that reads secrets
    secret_calls: tuple[SecretCall, ...] = ()
    copies: tuple[str, ...] = ()  # the folders of copies of the runtime, which are not scanned


def scan(
    root: Path,
    paths: list[str] | None = None,
    manifest_variables: Collection[str] = (),
    markers: Mapping[str, Markers] | None = None,
    ignored: Collection[str] = (),
) -> Scan:
    """Scan an app's folder.

    Args:
        root: The folder.
        paths: The app's files; by default, the folder is searched for them.
        manifest_variables: Variables in shield.toml; they count as secrets.
        markers: The markers of the Python files that were already searched, by path.
        ignored: Variables that shield.toml ignores; their reads are not fixable.
    """
    read = reader(str(root))
    skipped: tuple[Skipped, ...] = ()
    if paths is None:
        paths, skipped = select_app_paths(walk_all(root), read)
    for path in paths:
        OUTPUT.log_file(str(root / path))
    name = choose_app_name(root, read("pyproject.toml"))
    found = scan_files(name, paths, read, manifest_variables, markers, ignored)
    return msgspec.structs.replace(found, unscanned=(*skipped, *found.unscanned))


def scan_files(
    name: str,
    paths: list[str],
    read: FileReader,
    manifest_variables: Collection[str] = (),
    markers: Mapping[str, Markers] | None = None,
    ignored: Collection[str] = (),
) -> Scan:
    """Scan the files of an app.

    Args:
        name: The name of the app.
        paths: The app's files, relative, with forward slashes.
        read: Returns the bytes of a file; None if it can't be read.
        manifest_variables: Variables in shield.toml; they count as secrets.
        markers: The markers of the Python files that were already searched, by path.
        ignored: Variables that shield.toml ignores; their reads are not fixable.
    """
    valid_paths = [path for path in paths if path == display_path(path)]
    files = AppFiles(set(valid_paths), read, markers or {})
    facts = collect_facts(name, files)
    scanner = _AppScanner(files, facts, manifest_variables, ignored)
    for path in valid_paths:
        if not path.endswith(".py") or is_copied_file(path):
            continue
        if not is_test(path, facts.app_packages):
            scanner.scan_file(path)
    skipped = [*_invalid_names(paths), *scanner.skipped, *scanner.unresolved]
    constants = tuple(scanner.constants)
    findings = assign_fingerprints(
        [
            *scanner.related_findings(),
            *_literal_defaults(constants),
            *dotenv_findings(valid_paths, read),
        ]
    )
    skipped += _not_migratable(findings)
    return Scan(
        findings=tuple(findings),
        skipped=tuple(sorted(skipped, key=lambda skip: (skip.path, skip.line, skip.name))),
        unresolved=tuple(scanner.unresolved),
        files=tuple(scanner.scanned),
        facts=facts,
        harmless=tuple(scanner.harmless),
        file_reads=tuple(scanner.file_reads),
        constants=constants,
        python_files=tuple(path for path in files.python() if not is_copied_file(path)),
        calls=tuple(scanner.calls),
        migrated=scanner.migrated_variables(),
        secret_calls=tuple(scanner.secret_calls),
        copies=tuple(sorted({folder[:-1] for path in paths if (folder := copied_folder(path))})),
        unscanned=tuple(scanner.django_key(findings)),
    )


class _AppScanner:
    """Scans Python files one by one and collects the results."""

    def __init__(
        self,
        files: AppFiles,
        facts: AppFacts,
        manifest_variables: Collection[str],
        ignored: Collection[str],
    ) -> None:
        self.findings: list[Finding] = []
        self.scanned: list[str] = []
        self.skipped: list[Skipped] = []
        self.unresolved: list[Skipped] = []
        self.constants: list[Finding] = []
        self.harmless: list[Skipped] = []
        self.file_reads: list[Skipped] = []
        self.calls: list[tuple[str, int, int]] = []
        self.secret_calls: list[SecretCall] = []
        self._files = files
        self._facts = facts
        self._manifest_variables = manifest_variables
        self._settings = set(facts.settings)
        self._project = Project(files.python(), facts, files.read, _without_exports(files.markers))
        public = find_public_variables(files.paths, files.read)
        reserved = {**dict.fromkeys(public, SkipId.PUBLIC_KEY.reason()), **RESERVED}
        for variable in manifest_variables:
            reserved.pop(variable, None)
        self._context = ProjectContext(ignored=frozenset(ignored), reserved=reserved)
        self._migrated: dict[str, set[str]] = {}  # variables of get_secret calls, by file
        self._key_sources = KeySources(self._project)
        self._without_runtime: set[str] = set()  # settings files that do not call get_secret

    def scan_file(self, path: str) -> None:
        """Scan one Python file."""
        in_settings = path in self._settings
        has_markers = self._has_markers(path, in_settings=in_settings)
        if has_markers is False and not self._manifest_variables:
            self.scanned.append(path)
            return
        raw = self._read(path)
        if raw is None:
            return
        self.scanned.append(path)
        if has_markers and not in_settings:
            self._parse_and_visit(path, raw, self._statement_filter(raw))
        elif has_markers or self._may_have_secrets(raw, in_settings=in_settings):
            self._parse_and_visit(path, raw)

    def _has_markers(self, path: str, *, in_settings: bool) -> bool | None:
        """Return whether a file may have secrets, by its markers; None if they are unknown."""
        markers = self._files.markers.get(path)
        return None if markers is None else markers.may_have_secrets(settings=in_settings)

    def _statement_filter(self, raw: bytes) -> StatementFilter | None:
        # shield.toml may name variables that no pattern of the filter matches.
        return None if self._manifest_variables else StatementFilter(raw)

    def related_findings(self) -> list[Finding]:
        """Return the findings of all files, after the checks that need the whole app."""
        development = development_files(self.scanned, self._settings, self._files.read)
        related = select_related_reads(
            mark_development_reads(
                self.findings,
                self._manifest_variables,
                development,
                self._migrated,
                explain_literals(self._settings, development),
            ),
            self._manifest_variables,
            self._context.computed_names,
            self._context.ignored | self._context.reserved.keys(),
            development,
        )
        merged = merge_equal_literals(related, self._files.read)
        findings = mark_different_literals(
            apply_context(merged, self._context), self._manifest_variables, self._files.read
        )
        affected = self._without_runtime & {finding.path for finding in findings}
        return findings + [missing_runtime_finding(path) for path in affected]

    def _read(self, path: str) -> bytes | None:
        raw = self._files.read(path)
        if raw is None:
            self._skip(path, SkipId.UNREADABLE.reason())
        elif len(raw) > MAX_SIZE:
            self._skip(path, SkipId.TOO_LARGE.reason())
            return None
        return raw

    def _may_have_secrets(self, raw: bytes, *, in_settings: bool) -> bool:
        if find_markers(raw).may_have_secrets(settings=in_settings):
            return True
        return any(name.encode() in raw for name in self._manifest_variables)

    def _parse_and_visit(
        self, path: str, raw: bytes, statement_filter: StatementFilter | None = None
    ) -> None:
        try:
            source = Source.from_bytes(path, raw)
            module = self._project.add(source)
            visitor = SecretVisitor(self._project, module, statement_filter)
            candidates = visitor.run()
            findings = create_findings(source, candidates, self._facts, self._files.paths)
            self._collect(source, visitor)
        except SourceError as error:
            self._skip(path, source_problem(path, error))
            return
        except RecursionError:  # the parser accepts deeper nesting than the visitors
            self._skip(path, SkipId.TOO_DEEP.reason())
            return
        self.findings += findings
        if path in self._settings and b"get_secret" not in raw:
            self._without_runtime.add(path)

    def _collect(self, source: Source, visitor: SecretVisitor) -> None:
        """Add what a visitor has collected in addition to its candidates."""
        path = source.path
        in_settings = path in self._settings
        self._context.migrated |= visitor.migrated
        self._migrated[path] = visitor.migrated
        self._context.computed_names |= visitor.computed_names
        for variable, reason in visitor.library_reads.items():
            if variable not in self._manifest_variables:
                self._context.reserved[variable] = reason
        if visitor.has_computed_read:
            self._context.computed_names |= collection_texts(source.tree)
        if in_settings:
            self.file_reads += find_file_reads(source)
            self._key_sources.add(source, visitor.module.star_imports)
            for node in visitor.unresolved_reads:
                reason = SkipId.COMPUTED_NAME.reason()
                self.unresolved.append(reason.entry(path, node.lineno))
            self._context.assigned_settings.append((path, visitor.assigned_settings))
        self.harmless += _harmless_values(source, visitor, in_settings=in_settings)
        self.secret_calls += visitor.secret_calls
        self.constants += find_remaining_defaults(source, visitor.accessor_calls)
        if visitor.has_settings_source:
            self.calls.append((path, 0, 0))
        for node, _ in visitor.accessor_calls:
            self.calls.append((path, node.lineno, node.col_offset))

    def migrated_variables(self) -> tuple[str, ...]:
        """Return the variables that the code reads through the runtime."""
        return tuple(sorted(self._context.migrated))

    def django_key(self, findings: list[Finding]) -> Iterator[Skipped]:
        """Yield entries that say where Django's SECRET_KEY comes from if it can't be moved."""
        read: set[str] = set(self._context.migrated)
        for finding in findings:
            if finding.site and not finding.site.reader.endswith(".setdefault"):
                read |= {finding.name, finding.env or ""}
        assigned: set[str] = set()
        for _, names in self._context.assigned_settings:
            assigned |= names
        if self._facts.django:
            yield from self._key_sources.entries(read, assigned)

    def _skip(self, path: str, reason: SkipReason) -> None:
        self.skipped.append(reason.entry(path))


def _invalid_names(paths: list[str]) -> list[Skipped]:
    """Report Python files with invalid names: imports, plans and the journal can't contain them."""
    skipped = []
    for path in paths:
        shown = display_path(path)
        if path != shown and path.endswith(".py"):
            skipped.append(SkipId.INVALID_FILE_NAME.reason().entry(shown))
    return skipped


def _without_exports(markers: Mapping[str, Markers]) -> set[str]:
    """Return the files that export no reader, except packages, which also export their modules."""
    paths = set()
    for path, found in markers.items():
        if not found.may_export_readers() and not path.endswith("__init__.py"):
            paths.add(path)
    return paths


def _harmless_values(
    source: Source, visitor: SecretVisitor, *, in_settings: bool
) -> Iterator[Skipped]:
    """Yield the values with a secret-like name that are not secrets, each name once.

    Outside the settings, only names in capitals are reported.
    """
    values = list(visitor.not_secrets)
    if not in_settings:
        reason = SkipId.HARMLESS_OUTSIDE_SETTINGS.reason()
        for candidate in visitor.candidates:
            if is_probably_label(candidate):
                values.append((candidate.node, candidate.target, reason))
    reported: set[str] = set()
    for node, full_name, reason in values:
        name = full_name.rstrip(".0123456789")
        if name not in reported and (in_settings or name.isupper()):
            reported.add(name)
            yield reason.entry(source.path, node.lineno, name)


def _literal_defaults(constants: Collection[Finding]) -> list[Finding]:
    """Return the hardcoded secrets among the remaining constants; no fixer rewrites them."""
    return [msgspec.structs.replace(finding, site=None) for finding in constants if not finding.env]


def _not_migratable(findings: list[Finding]) -> list[Skipped]:
    """Return an entry for each finding that no fixer can rewrite."""
    skipped = []
    for finding in findings:
        if finding.site and finding.site.reason:
            name = finding.env or finding.name
            skipped.append(finding.site.reason.entry(finding.path, finding.line, name))
    return skipped
