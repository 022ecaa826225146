"""Compare the hardcoded secrets of an app: equal ones can be one secret, different ones can't."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.development_files import PRODUCTION_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import SkipReason

    Values = dict[str, dict[str, bytes]]  # the value in each file, by variable

# A shorter value, such as "changeme", can belong to different secrets.
MIN_LENGTH = 16


def merge_equal_literals(findings: list[Finding], read: FileReader) -> list[Finding]:
    """Give a literal with the name and the value of a setting the setting's variable.

    `DEFAULTS = {"secret_key": "x"}` then belongs to the secret of `SECRET_KEY = "x"`.

    Args:
        findings: All findings of the app.
        read: Returns the content of a file.
    """
    variables: dict[tuple[str, bytes], str] = {}
    for finding in findings:
        text = _literal_value(finding, read)
        if len(text) >= MIN_LENGTH and finding.site and "." not in finding.name:
            variables[finding.name, text] = finding.site.variable
    if not variables:
        return findings
    return [_merge(finding, variables, read) for finding in findings]


def _merge(finding: Finding, variables: dict[tuple[str, bytes], str], read: FileReader) -> Finding:
    text = _literal_value(finding, read)
    name = finding.name.rpartition(".")[2].upper()
    if not finding.site or finding.site.group or (name, text) not in variables:
        return finding
    site = msgspec.structs.replace(finding.site, variable=variables[name, text])
    return msgspec.structs.replace(finding, site=site)


def mark_different_literals(
    findings: list[Finding], manifest_variables: Collection[str], read: FileReader
) -> list[Finding]:
    """Add a reason to the literals of one variable that have different values in different files.

    If one of the files has the settings for production, only the others stay.

    Args:
        findings: All findings of the app.
        manifest_variables: Variables named in shield.toml; their literals move.
        read: Returns the content of a file.
    """
    values: Values = {}
    for finding in findings:
        text = _literal_value(finding, read)
        if text and finding.site and finding.site.variable not in manifest_variables:
            values.setdefault(finding.site.variable, {}).setdefault(finding.path, text)
    marked = []
    for finding in findings:
        reason = _explain_different(finding, values)
        if reason and finding.site:
            site = msgspec.structs.replace(finding.site, reason=reason)
            finding = msgspec.structs.replace(finding, site=site)  # noqa: PLW2901
        marked.append(finding)
    return marked


def _explain_different(finding: Finding, values: Values) -> SkipReason | None:
    if not finding.site or finding.site.shape is not Shape.LITERAL or finding.site.reason:
        return None
    values_by_path = values.get(finding.site.variable, {})
    if len(set(values_by_path.values())) < 2:
        return None
    production = [path for path in values_by_path if PRODUCTION_SETTINGS.match(path)]
    if len(production) != 1:
        return SkipId.CODE_DIFFERS.reason(variable=finding.site.variable)
    if finding.path in production:
        return None
    case = SkipId.DEVELOPMENT_VALUE_OVERWRITTEN
    return case.reason(path=production[0], setting=finding.name)


def _literal_value(finding: Finding, read: FileReader) -> bytes:
    """Return the value of a literal that can be migrated, in its file; else an empty value."""
    site = finding.site
    if not site or site.shape is not Shape.LITERAL or site.reason:
        return b""
    return (read(finding.path) or b"")[site.start : site.end].strip(b"\"'")
