"""Format findings as JUnit XML, which most CI systems show as test results.

https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from shield_ai.model.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import Skipped

NAME = "shield scan"


def junit(findings: Iterable[tuple[Finding, bool]], skipped: Iterable[Skipped] = ()) -> str:
    """Format findings as test cases.

    Args:
        findings: The findings of a scan, and whether each fails it; the others are skipped tests.
        skipped: The files that could not be scanned; each is an error.
    """
    suite = Element("testsuite", name=NAME)
    for finding, fails in findings:
        name = f"{finding.rule} at {finding.line}:{finding.column}"
        if finding.commit:
            name += f" in {finding.commit[:10]}"
        result = "failure" if fails else "skipped"
        _add(suite, result, (finding.path, name), (finding.severity, finding.message))
    for skip in skipped:
        name = f"not scanned: {skip.id}"
        if skip.line:
            name += f" at {skip.line}"
        _add(suite, "error", (skip.path, name), ("not scanned", skip.reason))
    if not len(suite):  # some CI systems reject a report without test cases
        SubElement(suite, "testcase", classname=NAME, name="no findings")
    numbers = {
        "tests": len(suite),
        "failures": len(suite.findall("*/failure")),
        "errors": len(suite.findall("*/error")),
        "skipped": len(suite.findall("*/skipped")),
    }
    for key, number in numbers.items():
        suite.set(key, str(number))
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _add(suite: Element, result: str, where: tuple[str, str], what: tuple[str, str]) -> None:
    """Add a test case. `printable()` replaces control characters, which XML can't contain.

    Args:
        suite: The test suite.
        result: The element of the result: failure, skipped or error.
        where: The path, and the name of the test case.
        what: The kind of the result, and the message.
    """
    path, name = where
    kind, message = what
    case = SubElement(suite, "testcase", classname=printable(path), name=printable(name))
    outcome = SubElement(case, result, type=kind, message=printable(message))
    outcome.text = printable(f"{path}: {name} ({kind}): {message}")
