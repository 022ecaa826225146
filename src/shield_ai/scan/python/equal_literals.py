"""Find the hardcoded secrets that repeat the value of a setting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Finding, Shape

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader

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
        if text and finding.site and "." not in finding.name:
            variables[finding.name, text] = finding.site.variable
    if not variables:
        return findings
    return [_merge(finding, variables, read) for finding in findings]


def _merge(finding: Finding, variables: dict[tuple[str, bytes], str], read: FileReader) -> Finding:
    text = _literal_value(finding, read)
    name = finding.name.rpartition(".")[2].upper()
    if not text or not finding.site or (name, text) not in variables:
        return finding
    site = msgspec.structs.replace(finding.site, variable=variables[name, text])
    return msgspec.structs.replace(finding, site=site)


def _literal_value(finding: Finding, read: FileReader) -> bytes:
    """Return the value of a literal that can be migrated, in its file; else an empty value."""
    site = finding.site
    if not site or site.shape is not Shape.LITERAL or site.reason or site.group:
        return b""
    text = (read(finding.path) or b"")[site.start : site.end].strip(b"\"'")
    return text if len(text) >= MIN_LENGTH else b""
