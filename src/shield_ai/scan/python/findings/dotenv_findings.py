"""Create the findings of secrets in an env file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.finding import Confidence, Finding
from shield_ai.scan.files.walk import is_dotenv
from shield_ai.scan.rules.pattern import csec34_rules
from shield_ai.scan.text.dotenv import find_dotenv_secrets

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader


def dotenv_finding(path: str, line: int, text: str, name: str) -> Finding:
    """Return the finding of a secret in a .env file.

    Args:
        path: The file.
        line: The number of the line.
        text: The line.
        name: The variable.
    """
    rule = csec34_rules()["CSEC34.dotenv"]
    start, end = _dotenv_value_span(text.rstrip(), name)
    return Finding(
        rule=rule.id,
        path=path,
        line=line,
        column=start + 1,
        end_line=line,
        end_column=end + 1,
        severity=rule.severity,
        confidence=Confidence.HIGH,
        message=rule.text(name),
        name=name,
    )


def _dotenv_value_span(text: str, name: str) -> tuple[int, int]:
    """Return the columns, from 0, of a variable's value, or of its part on this line."""
    _, equals, rest = text.partition(name)[2].partition("=")
    if not equals:
        return 0, len(text)
    rest = rest.lstrip()
    start = len(text) - len(rest)
    if rest[:1] in ("'", '"'):
        closing = rest.find(rest[0], 1)
        end = start + closing if closing > 0 else len(text)
        return start + 1, end
    value = rest.partition(" #")[0].rstrip()
    # A shell takes the backslash as the continuation of the line.
    return start, start + len(value.removesuffix(" \\").rstrip())


def dotenv_findings(paths: list[str], read: FileReader) -> list[Finding]:
    """Return a finding for each secret in the .env files among the paths."""
    findings = []
    for path in paths:
        if not is_dotenv(path.rpartition("/")[2]):
            continue
        raw = read(path)
        if not raw:
            continue
        text = raw.decode("utf-8-sig", "replace")
        lines = text.split("\n")
        for line, name in find_dotenv_secrets(text):
            findings.append(dotenv_finding(path, line, lines[line - 1], name))
    return findings
