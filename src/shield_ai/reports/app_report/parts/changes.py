"""Collect the changes of all applies, or the planned ones, with values hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.planned_edits import planned_edits
from shield_ai.project.runtime_names import is_copied_file
from shield_ai.reports.app_report.report_data import FileDiff, applied_diff
from shield_ai.reports.diff import diff_text, literal_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.journal.log import Journal


def file_diffs(app: AppContext, journal: Journal) -> tuple[FileDiff, ...]:
    """Return the changes of files, in the order in which the report shows them.

    Args:
        app: The app.
        journal: The loaded journal of the app; without edits, the planned changes are returned.
    """
    original = journal.original_files()
    diffs = _applied_diffs(app, journal, original) if original else _planned_diffs(app)
    return tuple(sorted(diffs, key=_diff_order))


def _applied_diffs(
    app: AppContext, journal: Journal, original: Mapping[str, str | None]
) -> Iterator[FileDiff]:
    keep = _known_names(app)
    for path, sha256 in sorted(original.items()):
        if is_copied_file(path):
            continue
        before = journal.backups.read(sha256) if sha256 else None
        yield applied_diff(path, before, app.tree.read(path) or b"", keep)


def _planned_diffs(app: AppContext) -> Iterator[FileDiff]:
    keep = _known_names(app)
    for file in planned_edits(app):
        if is_copied_file(file.path):
            continue
        if file.before is None:
            content = "".join(edit.replacement for edit in file.edits).encode()
            yield applied_diff(file.path, None, content, keep)
            continue
        spans = literal_spans(app.scan_result.findings, file.path)
        text = diff_text(file, app.tree.read(file.path), keep=keep, spans=spans, show_all=True)
        header = 2 if text.startswith("--- ") else 1  # "--- path" is missing if the file was empty
        yield FileDiff(path=file.path, lines=tuple(text.splitlines()[header:]))


def _diff_order(diff: FileDiff) -> tuple[bool, bool, str]:
    """Return a sort key: diffs of several lines first, then Python files, then by path."""
    return diff.is_one_line, not diff.path.endswith(".py"), diff.path


def _known_names(app: AppContext) -> set[str]:
    """Return the names in shield.toml: they are not values and can be shown."""
    names: set[str] = set()
    for secret in app.manifest.secret:
        fields = secret.fields or {}
        names.update((secret.name, *secret.variables(), *fields))
        names.update(f"{secret.name}:{field}" for field in fields)
    return names
