"""Mark the reads that only development or tests need: production has no such secret in AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.cross_file import READ_SHAPES

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.finding import Finding

# DEV_TO_API_KEY is a key of the site dev.to.
DEVELOPMENT_VARIABLE = regex(r"(?:DEV_(?!TO_)|TEST_)")
# Projects also use local_settings.py in production.
DEVELOPMENT_SETTINGS = regex(
    r"(?:^|/)(?:settings|config|conf)/(?:dev|development|local|tests?|testing|ci)\.py$"
    r"|(?:^|/)(?:settings|config)_(?:dev|development|tests?|testing|ci)\.py$"
    r"|(?:^|/)(?:dev|development|tests?|testing|ci)_(?:settings|config)\.py$"
)
PRODUCTION_SETTINGS = regex(r"(?:^|.*[/_])prod(?:uction)?(?:_(?:settings|config))?\.py$")


def mark_development_reads(
    findings: list[Finding], manifest_variables: Collection[str], files: Collection[str]
) -> list[Finding]:
    """Add a reason to each read of a variable that production does not set.

    Args:
        findings: All findings of the app.
        manifest_variables: Variables named in shield.toml; their reads are not marked.
        files: The app's Python files.
    """
    used = {*manifest_variables, *_variables_outside(findings, _development_files(files))}
    return [_mark(finding, used, manifest_variables) for finding in findings]


def _development_files(files: Collection[str]) -> set[str]:
    """Return the settings for development and tests beside settings for production."""
    folders = {path.rpartition("/")[0] for path in files if PRODUCTION_SETTINGS.match(path)}
    return {
        path
        for path in files
        if path.rpartition("/")[0] in folders and DEVELOPMENT_SETTINGS.search(path)
    }


def _variables_outside(findings: list[Finding], files: set[str]) -> set[str]:
    """Return the variables that are read, or tested for, outside some files."""
    variables: set[str] = set()
    for finding in findings:
        if finding.site and finding.path not in files:
            variables.update(finding.site.variables, finding.site.others)
    return variables


def _mark(finding: Finding, used: set[str], manifest_variables: Collection[str]) -> Finding:
    site = finding.site
    if not site or site.shape not in READ_SHAPES or site.reason or not site.variable:
        return finding
    if site.variable not in used:
        reason = SkipId.DEVELOPMENT_FILE.reason()
    elif site.variable not in manifest_variables and DEVELOPMENT_VARIABLE.match(site.variable):
        reason = SkipId.DEVELOPMENT_NAME.reason()
    else:
        return finding
    return msgspec.structs.replace(finding, site=msgspec.structs.replace(site, reason=reason))
