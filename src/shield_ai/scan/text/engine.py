"""Scan files for credentials, in several processes for a large tree."""

from __future__ import annotations

import contextlib
import functools
import os
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.scan.files.file_class import (
    allows_unquoted,
    is_archive,
    is_scannable,
    is_text_by_name,
)
from shield_ai.scan.files.suppressions import find_suppressions, has_suppressions
from shield_ai.scan.text.detector import Detector
from shield_ai.scan.text.prefilter import create_prefilter
from shield_ai.scan.text.reader import MAX_SIZE, is_binary, reader, utf16_to_utf8
from shield_ai.scan.text.token_rules import CUSTOM_BUDGET, RegexRules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.scan.files.file_filter import Markers
    from shield_ai.scan.files.suppressions import Suppression
    from shield_ai.scan.rules.pattern import Pattern

    Progress = Callable[[int, int], None]  # files done, files in total

SAFE_PATH = "PYTHONSAFEPATH"
AVERAGE_SIZE = 10_000  # bytes of a file, estimated
PROGRESS_STEP = 256  # files
CHUNKS_PER_JOB = 4
MIN_FILES_FOR_POOL = 12_000  # the scan of a smaller tree takes less time than the start of a pool


def no_progress(_done: int, _total: int) -> None:
    """Report no progress."""


class CredentialScan(NamedTuple):
    """The results of a scan for credentials."""

    findings: list[Finding]
    skipped: list[Skipped]
    suppressions: dict[str, list[Suppression]]  # by path
    # By path; of the Python files that were searched. None if the prefilter finds no markers.
    markers: dict[str, Markers | None]

    def merge(self, other: CredentialScan) -> None:
        """Add the results of other files."""
        self.findings.extend(other.findings)
        self.skipped.extend(other.skipped)
        self.suppressions.update(other.suppressions)
        self.markers.update(other.markers)

    def skip(self, path: str, reason: SkipReason, name: str = "") -> None:
        """Record that a file was skipped."""
        self.skipped.append(reason.entry(path, name=name))


class Pool(NamedTuple):
    """The processes that can scan a tree."""

    root: str  # the folder of the files on disk
    jobs: int  # the maximum number of processes


def scan_credentials(
    paths: Sequence[str],
    read: FileReader,
    patterns: Iterable[Pattern],
    *,
    pool: Pool | None = None,
    progress: Progress = no_progress,
    custom_paths: AbstractSet[str] | None = None,
) -> CredentialScan:
    """Scan files for credentials.

    Args:
        paths: Relative paths with forward slashes.
        read: Returns the bytes of a file; None if it cannot be read.
        patterns: The patterns with the rules.
        pool: Allows several processes for a large tree.
        progress: Called from time to time with the numbers of files done and in total.
        custom_paths: The files that the rules of the app search; None for all.
    """
    patterns = tuple(patterns)
    if pool and pool.jobs > 1 and len(paths) >= MIN_FILES_FOR_POOL:
        return _scan_in_pool(paths, patterns, pool, progress, custom_paths)
    detector = create_detector(patterns, AVERAGE_SIZE * len(paths), custom_paths)
    return _scan_files(paths, read, detector, progress)


def create_detector(
    patterns: Sequence[Pattern],
    size: int,
    custom_paths: AbstractSet[str] | None = None,
    custom_budget: float = CUSTOM_BUDGET,
) -> Detector:
    """Return a detector with the prefilter that is fast for an amount of text.

    Args:
        patterns: The patterns with the rules.
        size: The expected amount of text, in bytes.
        custom_paths: The files that the rules of the app search; None for all.
        custom_budget: The seconds that the rules of the app may take.
    """
    rules = (rule for pattern in patterns for rule in pattern.rules)
    tokens = RegexRules(rules, custom_budget)
    return Detector(patterns, create_prefilter(tokens, size), custom_paths)


def _scan_files(
    paths: Sequence[str], read: FileReader, detector: Detector, progress: Progress = no_progress
) -> CredentialScan:
    result = CredentialScan([], [], {}, {})
    for done, path in enumerate(paths):
        if done % PROGRESS_STEP == 0:
            progress(done, len(paths))
        if is_scannable(path):
            _scan_file(detector, path, read(path), result)
        elif is_archive(path):
            result.skip(path, SkipId.ARCHIVE.reason(), name="archive")
    progress(len(paths), len(paths))
    return result


def _scan_file(detector: Detector, path: str, raw: bytes | None, result: CredentialScan) -> None:
    if raw is None:
        result.skip(path, SkipId.UNREADABLE.reason())
        return
    if len(raw) > MAX_SIZE:
        result.skip(path, SkipId.LARGER_THAN.reason(size=MAX_SIZE // 1_000_000))
        return
    raw = utf16_to_utf8(raw)
    if is_binary(path, raw):
        if is_text_by_name(path):
            result.skip(path, SkipId.BINARY.reason())
        return
    candidates = detector.prefilter.find_candidates(raw, unquoted=allows_unquoted(path))
    result.findings.extend(detector.find(path, raw, candidates))
    for problem in detector.take_problems():
        result.skip(path, problem)
    if path.endswith(".py"):
        result.markers[path] = candidates.markers
    if candidates.has_suppressions is not False and has_suppressions(raw):
        result.suppressions[path] = _find_suppressions(path, raw)


def _find_suppressions(path: str, raw: bytes) -> list[Suppression]:
    if not path.endswith(".ipynb"):
        return find_suppressions(raw)
    from shield_ai.scan.text.notebook_suppressions import cover_outputs

    return cover_outputs(raw, find_suppressions(raw))


def _scan_in_pool(
    paths: Sequence[str],
    patterns: tuple[Pattern, ...],
    pool: Pool,
    progress: Progress,
    custom_paths: AbstractSet[str] | None,
) -> CredentialScan:
    """Scan the files in several processes, each of which reads its files from disk."""
    from concurrent.futures import ProcessPoolExecutor

    chunk_count = pool.jobs * CHUNKS_PER_JOB
    size = max(1, -(-len(paths) // chunk_count))  # rounded up
    chunks = [paths[at : at + size] for at in range(0, len(paths), size)]
    custom_chunks: list[AbstractSet[str] | None] = []
    for chunk in chunks:
        custom_chunks.append(None if custom_paths is None else custom_paths & set(chunk))
    scan_chunk = functools.partial(_scan_chunk, pool.root, patterns)
    result = CredentialScan([], [], {}, {})
    done = 0
    with _safe_import_path(), ProcessPoolExecutor(pool.jobs) as executor:
        try:
            for scan in executor.map(scan_chunk, chunks, custom_chunks):
                result.merge(scan)
                done += size
                progress(min(done, len(paths)), len(paths))
        except BaseException:
            # Do not wait for the remaining chunks after Ctrl-C.
            executor.shutdown(wait=False, cancel_futures=True)
            raise
    return result


@contextlib.contextmanager
def _safe_import_path() -> Iterator[None]:
    """Keep new Python processes from importing modules of the current folder.

    Where the pool does not fork, as by default on macOS and from Python 3.14 on, it starts
    `python -c`, which has the current folder on its import path.
    """
    before = os.environ.get(SAFE_PATH)
    os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[SAFE_PATH]
        else:
            os.environ[SAFE_PATH] = before


def _scan_chunk(
    root: str,
    patterns: tuple[Pattern, ...],
    paths: Sequence[str],
    custom_paths: AbstractSet[str] | None,
) -> CredentialScan:
    # With this size, the process uses hyperscan even for a few files.
    budget = CUSTOM_BUDGET / CHUNKS_PER_JOB
    detector = create_detector(patterns, MAX_SIZE, custom_paths, budget)
    return _scan_files(paths, reader(root), detector)
