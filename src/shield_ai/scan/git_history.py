"""Scan the git history for credentials, oldest commit first.

Each blob is scanned once, or twice if it is first in a test and later in another file. A secret
that was ever committed must be rotated, because every clone contains it.
"""

from __future__ import annotations

from itertools import tee
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Confidence
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.project import git_process
from shield_ai.project.git_objects import BlobReader, is_shallow
from shield_ai.project.own_repository import require_own_repository
from shield_ai.scan.files.file_class import is_non_production, is_scannable
from shield_ai.scan.files.walk import display_path
from shield_ai.scan.python.app.complete import assign_fingerprints
from shield_ai.scan.rules.pattern import credential_pattern, load_app_patterns
from shield_ai.scan.text.changed_region import PreviousVersions, changed_region
from shield_ai.scan.text.engine import create_detector
from shield_ai.scan.text.grading import grade
from shield_ai.scan.text.hits import FileFindings
from shield_ai.scan.text.reader import MAX_SIZE, is_binary, utf16_to_utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shield_ai.model.finding import Finding, Severity
    from shield_ai.scan.rules.pattern import Pattern
    from shield_ai.scan.text.hits import Hit

COMMIT_MARK = b"\x01"  # at the beginning of a commit's line
# With -c, a merge lists the files that differ from all of its parents.
LOG = (
    "--all",
    "--reverse",
    "--raw",
    "-c",
    "--no-renames",
    "--no-abbrev",
    "--relative",
    "--format=%x01%H %aI",
)
SUBMODULE_MODE = "160"


class FileVersion(NamedTuple):
    """A blob, and the first commit that contains it at a path of its class."""

    blob: str
    path: str
    commit: str
    date: str  # of the author, ISO 8601


class HistoryScan(NamedTuple):
    """The results of `shield scan --history`."""

    findings: list[Finding]
    skipped: list[Skipped]  # versions that could not be scanned
    patterns: list[Pattern]  # of the app


def scan_history(
    root: Path,
    *,
    include_low_confidence: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> HistoryScan:
    """Scan every version of every file in a folder.

    Each secret is reported once: where it occurs first with its highest severity.

    Args:
        root: A folder in a repository.
        include_low_confidence: Whether to include findings of low confidence.
        progress: Called with the number of commits read so far, and the total.

    Raises:
        SourceError: The folder is not in a git repository, its .git points elsewhere, or git cannot
            read the history.
        ShieldError: A custom pattern is invalid.
    """
    require_own_repository(root)
    app_patterns = list(load_app_patterns(root))
    scanner = _HistoryScanner(
        [credential_pattern(), *app_patterns],
        _head_blobs(root),
        include_low_confidence=include_low_confidence,
    )
    if is_shallow(root):
        scanner.skip(".", SkipId.SHALLOW_CLONE.reason())
    blobs = BlobReader(root)
    try:
        versions, requested = tee(file_versions(root, progress))
        contents = blobs.read_all((version.blob for version in requested), MAX_SIZE)
        for version, content in zip(versions, contents, strict=True):
            scanner.scan(version, content)
    finally:
        blobs.close()
    return HistoryScan(scanner.findings(), scanner.skipped, app_patterns)


class _HistoryScanner:
    """Scans file versions and keeps the first of the most severe findings of each secret."""

    def __init__(
        self, patterns: list[Pattern], head_blobs: set[str], *, include_low_confidence: bool
    ) -> None:
        self.skipped: list[Skipped] = []
        self._detector = create_detector(patterns, MAX_SIZE)
        self._head_blobs = head_blobs
        self._include_low_confidence = include_low_confidence
        self._found: dict[tuple[str, bytes], Finding] = {}  # by rule and value
        self._head_values: set[bytes] = set()
        self._previous = PreviousVersions()

    def skip(self, path: str, reason: SkipReason) -> None:
        """Record that a file was skipped."""
        self.skipped.append(reason.entry(display_path(path)))

    def scan(self, version: FileVersion, raw: bytes | None) -> None:
        """Scan a version.

        Args:
            version: The version.
            raw: Its content; None if it cannot be read.
        """
        if raw is None:
            case = SkipId.VERSION_UNREADABLE
            reason = case.reason(commit=version.commit[:10], size=MAX_SIZE // 1_000_000)
            self.skip(version.path, reason)
            return
        raw = utf16_to_utf8(raw)
        if is_binary(version.path, raw):
            return
        hits = self._hits(version, raw)
        for problem in self._detector.take_problems():
            self.skip(version.path, problem)
        new = []
        for hit in hits:
            value = raw[hit.start : hit.end]
            if version.blob in self._head_blobs:
                self._head_values.add(value)
            if not self._include_low_confidence and hit.confidence is Confidence.LOW:
                continue
            if self._is_new((hit.rule.id, value), hit.severity):
                new.append(hit)
        if new:
            self._add(version, raw, new)

    def _add(self, version: FileVersion, raw: bytes, hits: list[Hit]) -> None:
        """Keep the findings of a version that are new, or more severe than those before."""
        file = FileFindings(version.path, raw)
        findings = grade([file.create(hit) for hit in hits], lambda _path: raw)
        for hit, finding in zip(hits, findings, strict=True):
            key = hit.rule.id, raw[hit.start : hit.end]
            if self._is_new(key, finding.severity):
                self._found[key] = msgspec.structs.replace(
                    finding, commit=version.commit, date=version.date
                )

    def _is_new(self, key: tuple[str, bytes], severity: Severity) -> bool:
        """Return whether a finding is new, or more severe than those before."""
        known = self._found.get(key)
        return known is None or severity.rank > known.severity.rank

    def _hits(self, version: FileVersion, raw: bytes) -> list[Hit]:
        """Search the part of a version that differs from the previous version of the file.

        All of a new file is searched, and of each file in HEAD, which shows whether a secret is
        still there.
        """
        previous = self._previous.replace(version.path, raw)
        if previous is None or version.blob in self._head_blobs:
            return self._detector.hits(version.path, raw)
        return self._detector.hits_in(version.path, raw, changed_region(previous, raw))

    def findings(self) -> list[Finding]:
        """Return the findings, with the commit in their messages."""
        return assign_fingerprints(
            [
                _describe(finding, in_head=value in self._head_values)
                for (_, value), finding in self._found.items()
            ]
        )


def _describe(finding: Finding, *, in_head: bool) -> Finding:
    state = "still in HEAD" if in_head else "removed since"
    commit = f"committed on {finding.date[:10]} in {finding.commit[:10]}"
    return msgspec.structs.replace(
        finding,
        path=display_path(finding.path),
        message=f"{finding.message}; {commit}, {state}: rotate it",
        in_head=in_head,
    )


def _count_commits(root: Path) -> int:
    # A timeout only means that the repository is large.
    _, output = git_process.run(root, "rev-list", "--count", "--all", "--", ".", is_search=True)
    return int(output) if output.strip().isdigit() else 0


def file_versions(
    root: Path, progress: Callable[[int, int], None] | None = None
) -> Iterator[FileVersion]:
    """Yield each blob of the history once, with the first commit that contains it.

    A blob is yielded again if it was a test, an example or documentation, and becomes another file.
    Files that are not scanned are left out.

    Args:
        root: A folder in a repository.
        progress: Called with the number of commits read so far, and the total.

    Raises:
        SourceError: git cannot read the history, or does not answer.
    """
    process = git_process.start(root, "-c", "log.showRoot=true", "log", *LOG, "--", ".")
    output = git_process.Stream(process, "log", git_process.LOG_TIMEOUT)
    seen = _SeenBlobs()
    commit = date = ""
    total = _count_commits(root) if progress else 0
    done = 0
    with process:
        while line := output.readline():
            if line.startswith(COMMIT_MARK):
                done += 1
                if progress:
                    progress(done, max(done, total))
                commit, _, date = line[1:].decode().strip().partition(" ")
            elif line.startswith(b":"):
                blob, path = _parse_raw_line(line)
                if blob and seen.add(blob, path):
                    yield FileVersion(blob, path, commit, date)
    if progress:
        progress(done, done)
    if process.returncode:
        raise SourceError(
            f"{root} is not in a git repository, or git can't read it", "run git log for details"
        )


class _SeenBlobs:
    """The blobs that were yielded, by the class of their paths, which determines the severity."""

    def __init__(self) -> None:
        self._production: set[str] = set()
        self._others: set[str] = set()
        self._blobs_by_path: dict[str, set[str] | None] = {}  # None if the path is not scanned

    def add(self, blob: str, path: str) -> bool:
        """Add a blob; return whether it must be scanned at this path."""
        if blob in self._production:
            return False
        if path not in self._blobs_by_path:
            self._blobs_by_path[path] = self._blobs_for(path)
        blobs = self._blobs_by_path[path]
        if blobs is None or blob in blobs:
            return False
        blobs.add(blob)
        return True

    def _blobs_for(self, path: str) -> set[str] | None:
        if not is_scannable(path):
            return None
        return self._others if is_non_production(path) else self._production


def _parse_raw_line(line: bytes) -> tuple[str, str]:
    """Return the blob and the path of a line of `git log --raw`.

    The blob is empty if the file was deleted or is a submodule. A merge has a line with several
    colons, one for each parent. https://git-scm.com/docs/diff-format
    """
    head, _, path = line.rstrip(b"\n").partition(b"\t")
    fields = head.decode().split()
    blob = fields[-2]
    mode = fields[head.count(b":")]
    if not blob.strip("0") or mode.startswith(SUBMODULE_MODE):
        return "", ""
    return blob, git_process.unquote(path).decode("utf-8", "surrogateescape")


def _head_blobs(root: Path) -> set[str]:
    """Return the IDs of the blobs in HEAD; none if there is no commit."""
    output = git_process.read(root, "ls-tree", "-r", "HEAD") or b""
    blobs = set()
    for line in output.splitlines():
        fields = line.split()  # mode, type, blob, path
        if line.count(b" ") >= 2:
            blobs.add(fields[2].decode())
    return blobs
