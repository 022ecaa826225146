"""Merge the results of several scanned folders and files."""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.scan.files.suppressions import apply_suppressions
from shield_ai.scan.files.walk import display_path, is_dotenv
from shield_ai.scan.python.app.complete import assign_fingerprints
from shield_ai.scan.rules import pattern
from shield_ai.scan.text.grading import grade
from shield_ai.scan.text.secret_names import mask_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import Skipped
    from shield_ai.scan.python.scan import Scan
    from shield_ai.scan.rules.pattern import Pattern
    from shield_ai.scan.text.engine import CredentialScan


LITERAL_RULE = "CSEC34.literal"
# A value that these rules report is not reported again as a credential.
VALUE_RULES = frozenset({LITERAL_RULE, "CSEC34.literal-default", "CSEC34.dotenv"})
# A value can be inside this many other findings on its line, such as calls with defaults.
MAX_NESTED = 10


class ScanResult(NamedTuple):
    """The results of `shield scan`."""

    findings: list[Finding]
    skipped: list[Skipped]  # files that could not be scanned
    hidden: int  # findings of low confidence that are not in `findings`
    read: FileReader  # takes a path in `findings`
    patterns: list[Pattern]  # of the app
    suppressed: int = 0  # findings with a suppression comment
    unchanged: int = 0  # findings in lines that are not staged
    ignored: frozenset[str] = frozenset()  # the .env files that git ignores
    is_empty: bool = False  # the folders have no file that is scanned

    @property
    def counted_findings(self) -> list[Finding]:
        """The findings that count: without those in .env files that git ignores."""
        return [finding for finding in self.findings if finding.path not in self.ignored]


class PartResult(NamedTuple):
    """The results of the scan of one folder, or of some files."""

    app: Scan | None
    credentials: CredentialScan
    prefix: str  # of the paths in the report
    read: FileReader
    tracked: set[str]  # the .env files in git
    patterns: list[Pattern]  # of the app
    ignored: Collection[str] = ()  # the .env files that git ignores
    # For staged files: returns the changed lines of a file; None if all lines count as changed.
    changed: Callable[[str], Collection[int] | None] | None = None
    is_empty: bool = False  # a folder without a file that is scanned


def merge_parts(parts: Iterable[PartResult], *, include_low_confidence: bool) -> ScanResult:
    """Merge the results of several folders.

    Args:
        parts: The results.
        include_low_confidence: Whether to include findings of low confidence.
    """
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    hidden = suppressed = unchanged = 0
    ignored: set[str] = set()
    patterns: dict[str, Pattern] = {}  # by id
    readers: list[tuple[str, FileReader]] = []
    is_empty = True
    for part in parts:
        is_empty &= part.is_empty
        found = _part_findings(part)
        remaining, notes = _apply_suppressions(found, part.credentials)
        shown = remaining
        if not include_low_confidence:
            shown = [f for f in remaining if f.confidence is not Confidence.LOW]
        hidden += len(remaining) - len(shown)
        suppressed += len(found) - len(remaining)
        listed = [f for f in (*shown, *notes) if _is_changed(f, part.changed)]
        unchanged += len(shown) + len(notes) - len(listed)
        ignored.update(display_path(part.prefix + path) for path in part.ignored)
        for finding in listed:
            path = display_path(part.prefix + finding.path)
            findings.append(msgspec.structs.replace(finding, path=path))
        for skip in _part_skipped(part):
            path = mask_tokens(display_path(part.prefix + skip.path))
            skipped.append(msgspec.structs.replace(skip, path=path))
        patterns.update((loaded.id, loaded) for loaded in part.patterns)
        readers.append((part.prefix, part.read))
    return ScanResult(
        findings=assign_fingerprints(findings),
        skipped=skipped,
        hidden=hidden,
        read=_combine_readers(readers),
        patterns=list(patterns.values()),
        suppressed=suppressed,
        unchanged=unchanged,
        ignored=frozenset(ignored),
        is_empty=is_empty,
    )


def _is_changed(finding: Finding, changed: Callable[[str], Collection[int] | None] | None) -> bool:
    lines = changed(finding.path) if changed else None
    return lines is None or any(line in lines for line in range(finding.line, finding.end_line + 1))


def _combine_readers(readers: Iterable[tuple[str, FileReader]]) -> FileReader:
    """Return a function that reads a file by its path in the report.

    Args:
        readers: The prefix of the paths of each part, and the reader of the part. Standard input
            and named files have the same prefix.
    """
    longest_first = sorted(readers, key=lambda reader: len(reader[0]), reverse=True)

    def read(path: str) -> bytes | None:
        for prefix, read_part in longest_first:
            if path.startswith(prefix):
                raw = read_part(path.removeprefix(prefix))
                if raw is not None:
                    return raw
        return None

    return read


def _part_findings(part: PartResult) -> list[Finding]:
    app_findings = list(part.app.findings) if part.app else []
    findings = _merge_duplicates(app_findings, part.credentials.findings, part.tracked)
    findings = grade(findings, part.read, part.app.python_files if part.app else ())
    return [*findings, *_tracked_dotenv_findings(part.tracked, findings)]


def _part_skipped(part: PartResult) -> list[Skipped]:
    """Return the skipped files of a part, each once. Skipped expressions are left out."""
    app_skipped = part.app.skipped if part.app else ()
    skipped = [skip for skip in app_skipped if not skip.line]
    paths = {skip.path for skip in skipped}
    return skipped + [skip for skip in part.credentials.skipped if skip.path not in paths]


def _merge_duplicates(
    app_findings: list[Finding], credential_findings: list[Finding], tracked: set[str]
) -> list[Finding]:
    """Remove the credentials that CSEC-34 also reports, and keep the higher severity.

    Args:
        app_findings: The findings of CSEC-34.
        credential_findings: The credentials.
        tracked: The .env files in git; findings in other .env files keep their severity.
    """
    findings = list(app_findings)
    by_line = _ValuesByLine(findings)
    others = []
    for credential in credential_findings:
        at = by_line.find(credential)
        if at is None:
            others.append(_limit_dotenv_severity(credential, tracked))
        elif _may_raise_severity(findings[at], tracked):
            if credential.severity.rank > findings[at].severity.rank:
                findings[at] = msgspec.structs.replace(findings[at], severity=credential.severity)
    return [*findings, *others]


class _ValuesByLine:
    """The findings that contain a value, by the lines that they are on.

    Args:
        findings: All findings of CSEC-34.
    """

    def __init__(self, findings: Sequence[Finding]) -> None:
        self._findings = findings
        self._indexes: dict[tuple[str, int], list[int]] = {}
        for index, finding in enumerate(findings):
            if finding.rule in VALUE_RULES:
                for line in range(finding.line, finding.end_line + 1):
                    self._indexes.setdefault((finding.path, line), []).append(index)
        for indexes in self._indexes.values():
            indexes.sort(key=self._start)

    def find(self, credential: Finding) -> int | None:
        """Return the index of a finding that shares text with a credential; None without one."""
        indexes = self._indexes.get((credential.path, credential.line), [])
        end = (credential.end_line, credential.end_column)
        after = bisect.bisect_left(indexes, end, key=self._start)
        for index in reversed(indexes[max(0, after - MAX_NESTED) : after]):
            finding = self._findings[index]
            if (credential.line, credential.column) < (finding.end_line, finding.end_column):
                return index
        return None

    def _start(self, index: int) -> tuple[int, int]:
        return self._findings[index].line, self._findings[index].column


def _limit_dotenv_severity(finding: Finding, tracked: set[str]) -> Finding:
    """Limit a credential in a .env file outside of git to medium severity, as CSEC-34 does."""
    is_local = is_dotenv(finding.path.rpartition("/")[2]) and finding.path not in tracked
    if not is_local or finding.severity in {Severity.LOW, Severity.MEDIUM}:
        return finding
    return msgspec.structs.replace(finding, severity=Severity.MEDIUM)


def _may_raise_severity(finding: Finding, tracked: set[str]) -> bool:
    return finding.rule == LITERAL_RULE or finding.path in tracked


def _tracked_dotenv_findings(tracked: set[str], findings: list[Finding]) -> list[Finding]:
    """Report .env files in git that have findings."""
    rule = pattern.find_rule("CRED.tracked-dotenv")
    if rule is None:
        return []
    with_values = {f.path for f in findings if f.confidence is not Confidence.LOW}
    with_secrets = {f.path for f in findings if f.severity is not Severity.LOW}
    found = []
    for path in sorted(tracked & with_values):
        if path in with_secrets:
            found.append(_file_finding(rule.id, path, 1, rule.text(path), rule.severity))
        else:
            message = "a .env file with weak or example values is in git: rename it to .env.example"
            found.append(_file_finding(rule.id, path, 1, message, Severity.LOW))
    return found


def _apply_suppressions(
    findings: list[Finding], credentials: CredentialScan
) -> tuple[list[Finding], list[Finding]]:
    """Return the remaining findings, and a finding for each invalid or unused suppression."""
    remaining: list[Finding] = []
    by_path: dict[str, list[Finding]] = {path: [] for path in credentials.suppressions}
    for finding in findings:
        by_path.get(finding.path, remaining).append(finding)
    notes = []
    for path, comments in credentials.suppressions.items():
        unsuppressed, problems = apply_suppressions(by_path[path], comments)
        remaining += unsuppressed
        for comment, problem in problems:
            message = f"this comment {problem}"
            notes.append(
                _file_finding("CRED.idle-ignore", path, comment.comment_line, message, Severity.LOW)
            )
    return remaining, notes


def _file_finding(rule: str, path: str, line: int, message: str, severity: Severity) -> Finding:
    return Finding(
        rule=rule,
        path=path,
        line=line,
        column=1,
        end_line=line,
        end_column=1,
        severity=severity,
        confidence=Confidence.HIGH,
        message=message,
    )
