"""Collect the findings of a scan of the app, and the commit that was scanned."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project import git
from shield_ai.reports.app_report.report_data import MaskedFinding, mask_findings
from shield_ai.scan.runner import scan_paths

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.model.skip import Skipped


class CodeScan(NamedTuple):
    """The findings of a scan; the other fields are those of ReportData."""

    findings: tuple[MaskedFinding, ...]
    unreadable: tuple[Skipped, ...]
    archives: tuple[str, ...]
    suppressed: int
    in_ignored_files: int
    commit: str
    repository: str


def scan_code(root: Path) -> CodeScan:
    """Scan the app as `shield scan` does.

    Args:
        root: The app's folder.
    """
    result = scan_paths((root,), jobs=os.cpu_count() or 1)
    return CodeScan(
        findings=mask_findings(result.counted_findings, result.read),
        unreadable=tuple(skip for skip in result.skipped if skip.name != "archive"),
        archives=tuple(skip.path for skip in result.skipped if skip.name == "archive"),
        suppressed=result.suppressed,
        in_ignored_files=len(result.findings) - len(result.counted_findings),
        commit=_describe_commit(root),
        repository=git.remote_name(root),
    )


def _describe_commit(root: Path) -> str:
    """Return the short hash of the app's commit, and + for uncommitted changes; "" outside git."""
    commit = git.checked_out_commit(root)
    if commit and git.changed_files(root):
        return f"{commit}+"
    return commit
