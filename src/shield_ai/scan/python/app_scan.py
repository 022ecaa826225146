"""Scan the Python and .env files of an app for secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.output_options import OUTPUT
from shield_ai.project.app_name import choose_app_name
from shield_ai.project.layout import is_test
from shield_ai.project.runtime_names import copied_folder, is_copied_file
from shield_ai.scan.files.walk import display_path, is_python
from shield_ai.scan.python.app.app_facts import collect_facts, open_files
from shield_ai.scan.python.app.app_paths import AppPaths, find_app_paths
from shield_ai.scan.python.app.app_scanner import AppScanner
from shield_ai.scan.python.app.complete import (
    assign_fingerprints,
    complete_findings,
    invalid_names,
    not_migratable,
    not_read_directly,
)
from shield_ai.scan.python.findings.dotenv_findings import dotenv_findings
from shield_ai.scan.python.scan import Scan
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.scan.files.file_filter import Markers


def scan_app(
    root: Path,
    paths: list[str] | None = None,
    manifest_variables: Collection[str] = (),
    markers: Mapping[str, Markers | None] | None = None,
    ignored: Collection[str] = (),
    other_reads: Sequence[Finding] = (),
) -> Scan:
    """Scan an app's folder.

    Args:
        root: The folder.
        paths: The app's files; by default, the folder is searched for them.
        manifest_variables: Variables in shield.toml; they count as secrets.
        markers: The markers of the Python files that were already searched, by path.
        ignored: Variables that shield.toml ignores; their reads are not fixable.
        other_reads: Reads in files outside the app, for example in migrations; only with `paths`.
    """
    read = reader(str(root))
    if paths is None:
        selected = find_app_paths(root, read)
    else:
        selected = AppPaths(paths, (), tuple(other_reads))
    for path in selected.paths:
        OUTPUT.log_file(str(root / path))
    name = choose_app_name(root, read)
    found = scan_files(name, selected.paths, read, manifest_variables, markers, ignored)
    # The app's configuration gets these settings from variables.
    settings = {finding.name for finding in found.findings if finding.rule == "CSEC34.environ-read"}
    others = [other for other in selected.findings if other.env or other.name not in settings]
    return msgspec.structs.replace(
        found,
        findings=tuple(assign_fingerprints([*found.findings, *others])),
        unscanned=(*selected.skipped, *found.unscanned),
    )


def scan_files(
    name: str,
    paths: list[str],
    read: FileReader,
    manifest_variables: Collection[str] = (),
    markers: Mapping[str, Markers | None] | None = None,
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
    files = open_files(valid_paths, read, markers or {})
    facts = collect_facts(name, files)
    scanner = AppScanner(files, facts, manifest_variables, ignored)
    for path in valid_paths:
        if is_copied_file(path) or is_test(path, facts.app_packages):
            continue
        if is_python(path, read):
            scanner.scan_file(path)
    collected = scanner.collected
    skipped = [*invalid_names(paths), *scanner.skipped, *collected.unresolved]
    related = scanner.related_sites()
    config_reads = collected.config_reads(related, scanner.scanned)
    others = [
        *scanner.other_findings(related),
        *collected.literal_defaults(),
        *config_reads,
        *dotenv_findings(valid_paths, read),
    ]
    findings, sites = complete_findings(related, others, files.python())
    excluded = {*ignored, *collected.context.migrated, *collected.context.reserved}
    listed = not_read_directly(sites, scanner.scanned, valid_paths, read, excluded)
    skipped += [
        *listed,
        *not_migratable(sites, scanner.scanned, read, collected.moved_variables(sites)),
        *collected.library_reads(sites),
    ]
    return Scan(
        findings=tuple(findings),
        sites=tuple(sites),
        skipped=tuple(sorted(skipped, key=lambda skip: (skip.path, skip.line, skip.name))),
        unresolved=(*collected.unresolved, *listed),
        files=tuple(scanner.scanned),
        facts=facts,
        harmless=tuple(collected.harmless),
        file_reads=tuple(collected.file_reads(config_reads)),
        constants=tuple(collected.constants),
        python_files=tuple(path for path in files.python() if not is_copied_file(path)),
        call_sites=tuple(collected.calls),
        served=tuple(collected.served),
        called_variables=frozenset(collected.called_variables),
        migrated=collected.migrated_variables(),
        kept=collected.kept_variables(sites),
        secret_calls=tuple(collected.secret_calls),
        copies=tuple(sorted({folder[:-1] for path in paths if (folder := copied_folder(path))})),
        unscanned=tuple(collected.django_key(sites)) if facts.django else (),
    )
