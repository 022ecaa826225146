"""Run `shield scan` on folders, files, the git index or standard input."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.errors import ManifestError, SourceError
from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.model.naming import MANIFEST
from shield_ai.scan.files.suppressions import apply_suppressions
from shield_ai.scan.files.walk import display_path, is_dotenv, walk_all
from shield_ai.scan.python.app_scan import Scan, scan, scan_files
from shield_ai.scan.python.findings import assign_fingerprints
from shield_ai.scan.rules import pattern
from shield_ai.scan.text.engine import (
    MAX_SIZE,
    CredentialScan,
    no_progress,
    reader,
    scan_credentials,
)
from shield_ai.scan.text.grading import grade
from shield_ai.scan.text.secret_names import mask_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shield_ai.model.edit import Skipped
    from shield_ai.scan.rules.pattern import Pattern
    from shield_ai.scan.text.engine import Progress

    ReadFile = Callable[[str], bytes | None]

STDIN = "-"
GIT_FAILED = "git can't tell whether .env files are committed: run git status"
LITERAL_RULE = "CSEC34.literal"
# A value that these rules report is not reported again as a credential.
VALUE_RULES = frozenset({LITERAL_RULE, "CSEC34.literal-default", "CSEC34.dotenv"})


class ScanResult(NamedTuple):
    """The results of `shield scan`."""

    findings: list[Finding]
    skipped: list[Skipped]  # files that could not be scanned
    hidden: int  # findings of low confidence that are not in `findings`
    read: ReadFile
    patterns: list[Pattern]  # of the app
    suppressed: int = 0  # findings with a suppression comment


class _PartResult(NamedTuple):
    """The results of a scan of one folder, or of some files."""

    app: Scan | None
    credentials: CredentialScan
    prefix: str  # of the paths in the report
    read: ReadFile
    tracked: set[str]  # the .env files in git
    patterns: list[Pattern]  # of the app


def scan_paths(
    paths: Sequence[Path],
    *,
    include_low_confidence: bool = False,
    staged: bool = False,
    jobs: int = 1,
    progress: Progress = no_progress,
) -> ScanResult:
    """Scan folders and files.

    Args:
        paths: Folders and files, or "-" for standard input. If there is only one folder, the
            paths in the results are relative to it.
        include_low_confidence: Whether to include findings of low confidence.
        staged: Scan the versions in the git index instead of the files.
        jobs: The maximum number of processes for a large tree.
        progress: Called from time to time with the numbers of files done and in total.

    Raises:
        SourceError: A path does not exist, or git cannot read the index.
    """
    if staged:
        parts = [_scan_index(paths)]
    elif len(paths) == 1 and is_folder(paths[0]):
        parts = [_scan_folder(paths[0], "", jobs, progress)]
    else:
        parts = _scan_several(paths, jobs, progress)
    patterns = {loaded.id: loaded for part in parts for loaded in part.patterns}
    result = _merge_parts(parts, include_low_confidence=include_low_confidence)
    return result._replace(patterns=list(patterns.values()))


def is_folder(path: Path) -> bool:
    """Like Path.is_dir(), but False if the path is inaccessible."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _exists(path: Path) -> bool:
    """Like Path.exists(), but True for inaccessible paths and broken links."""
    try:
        path.lstat()
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)
    return True


def _scan_folder(root: Path, prefix: str, jobs: int, progress: Progress) -> _PartResult:
    entries = list(walk_all(root))
    paths = [entry.path for entry in entries]
    read = reader(str(root))
    app_patterns = list(pattern.load_app_patterns(root))
    credentials = scan_credentials(
        paths,
        read,
        [pattern.credential_pattern(), *app_patterns],
        root=str(root),
        jobs=jobs,
        progress=progress,
    )
    app_paths = [entry.path for entry in entries if entry.is_app_file]
    app = scan(root, app_paths, _manifest_variables(read), credentials.markers)
    tracked = _tracked_files(root, [path for path in paths if _is_dotenv_path(path)])
    if tracked is None:
        credentials.skip(".git", GIT_FAILED)
        tracked = set()
    return _PartResult(app, credentials, prefix, read, tracked, app_patterns)


def _is_dotenv_path(path: str) -> bool:
    return is_dotenv(path.rpartition("/")[2])


def _tracked_files(root: Path, paths: list[str]) -> set[str] | None:
    """Return those of some files that are in git; None if git fails."""
    if not paths:
        return set()
    from shield_ai.project.git_objects import tracked_files

    return tracked_files(root, paths)


def _manifest_variables(read: ReadFile) -> set[str]:
    """Return the variables in shield.toml; none if it is invalid, which other commands report."""
    raw = read(MANIFEST)
    if raw is None:
        return set()
    from shield_ai.model.manifest_parser import parse

    variables: set[str] = set()
    with contextlib.suppress(ManifestError, UnicodeDecodeError):
        for secret in parse(raw.decode("utf-8-sig")).secret:
            variables.update(secret.variables())
    return variables


def _scan_several(paths: Sequence[Path], jobs: int, progress: Progress) -> list[_PartResult]:
    parts = []
    files = []
    for path in paths:
        if str(path) == STDIN:
            parts.append(_scan_stdin())
        elif is_folder(path):
            prefix = path.as_posix().rstrip("/") + "/"
            parts.append(_scan_folder(path, prefix, jobs, progress))
        elif _exists(path):
            files.append(path.as_posix())
        else:
            raise SourceError(
                f"{path} does not exist", "give files or folders, or - for standard input"
            )
    if files:
        parts.append(_scan_files(files, reader("."), Path()))
    return parts


def _scan_files(files: list[str], read: ReadFile, root: Path) -> _PartResult:
    app_patterns = list(pattern.load_app_patterns(root))
    credentials = scan_credentials(files, read, [pattern.credential_pattern(), *app_patterns])
    app = None
    below_root = [path for path in files if not path.startswith(("/", "../"))]
    if any(path.endswith(".py") or _is_dotenv_path(path) for path in below_root):
        app = scan_files(root.resolve().name, below_root, read, markers=credentials.markers)
    return _PartResult(app, credentials, "", read, set(), app_patterns)


def _scan_stdin() -> _PartResult:
    try:
        raw = sys.stdin.buffer.read(MAX_SIZE + 1)
    except OSError as error:
        raise SourceError(
            f"standard input can't be read: {error.strerror}",
            "pipe text into it, as in git diff | shield scan -",
        ) from None

    def read(_path: str) -> bytes:
        return raw

    app_patterns = list(pattern.load_app_patterns(Path()))
    patterns = [pattern.credential_pattern(), *app_patterns]
    return _PartResult(
        app=None,
        credentials=scan_credentials(["stdin"], read, patterns),
        prefix="",
        read=read,
        tracked=set(),
        patterns=app_patterns,
    )


def _scan_index(paths: Sequence[Path]) -> _PartResult:
    from shield_ai.project import git_objects

    has_one_folder = len(paths) == 1 and is_folder(paths[0])
    root = paths[0] if has_one_folder else Path()
    blobs = git_objects.staged_files(root)
    names = list(blobs)
    if not has_one_folder:
        wanted = {os.path.normpath(path) for path in paths}
        names = [name for name in names if _is_in_any(name, wanted)]
    objects = git_objects.BlobReader(root)
    try:
        files = {name: objects.read(blobs[name], MAX_SIZE) for name in names}
    finally:
        objects.close()
    part = _scan_files(names, files.get, root)
    return part._replace(tracked={name for name in names if _is_dotenv_path(name)})


def _is_in_any(name: str, paths: set[str]) -> bool:
    return any(name == path or name.startswith(f"{path}/") for path in paths)


def _merge_parts(parts: Iterable[_PartResult], *, include_low_confidence: bool) -> ScanResult:
    findings: list[Finding] = []
    skipped: list[Skipped] = []
    hidden = suppressed = 0
    readers: dict[str, ReadFile] = {}
    for part in parts:
        found = _part_findings(part)
        remaining, notes = _apply_suppressions(found, part.credentials)
        shown = remaining
        if not include_low_confidence:
            shown = [f for f in remaining if f.confidence is not Confidence.LOW]
        hidden += len(remaining) - len(shown)
        suppressed += len(found) - len(remaining)
        for finding in (*shown, *notes):
            path = display_path(part.prefix + finding.path)
            findings.append(msgspec.structs.replace(finding, path=path))
        for skip in _part_skipped(part):
            path = mask_tokens(display_path(part.prefix + skip.path))
            skipped.append(msgspec.structs.replace(skip, path=path))
        readers[part.prefix] = part.read
    return ScanResult(
        findings=assign_fingerprints(findings),
        skipped=skipped,
        hidden=hidden,
        read=_combine_readers(readers),
        patterns=[],
        suppressed=suppressed,
    )


def _combine_readers(readers: dict[str, ReadFile]) -> ReadFile:
    """Return a function that reads a file by its path in the report."""
    longest_first = sorted(readers, key=len, reverse=True)

    def read(path: str) -> bytes | None:
        for prefix in longest_first:
            if path.startswith(prefix):
                return readers[prefix](path[len(prefix) :])
        return None

    return read


def _part_findings(part: _PartResult) -> list[Finding]:
    app_findings = list(part.app.findings) if part.app else []
    findings = _merge_duplicates(app_findings, part.credentials.findings, part.tracked)
    findings = grade(findings, part.read)
    return [*findings, *_tracked_dotenv_findings(part.tracked, findings)]


def _part_skipped(part: _PartResult) -> list[Skipped]:
    """Return the skipped files of a part, each once; without skipped lines of files."""
    app_skipped = part.app.skipped if part.app else ()
    skipped = [skip for skip in app_skipped if not skip.line]
    paths = {skip.path for skip in skipped}
    return skipped + [skip for skip in part.credentials.skipped if skip.path not in paths]


def _merge_duplicates(
    app_findings: list[Finding], credential_findings: list[Finding], tracked: set[str]
) -> list[Finding]:
    """Remove the credentials that CSEC-34 reports too, but keep their higher severity.

    Args:
        app_findings: The findings of CSEC-34.
        credential_findings: The credentials.
        tracked: The .env files in git; the values of others keep their severity.
    """
    findings = list(app_findings)
    indexes: dict[tuple[str, int], int] = {}
    for index, finding in enumerate(findings):
        if finding.rule in VALUE_RULES:
            for line in range(finding.line, finding.end_line + 1):
                indexes[finding.path, line] = index
    others = []
    for credential in credential_findings:
        at = indexes.get((credential.path, credential.line))
        if at is None:
            others.append(credential)
        elif _may_be_worse(findings[at], tracked) and _is_worse(credential, findings[at]):
            findings[at] = msgspec.structs.replace(findings[at], severity=credential.severity)
    return [*findings, *others]


def _may_be_worse(finding: Finding, tracked: set[str]) -> bool:
    return finding.rule == LITERAL_RULE or finding.path in tracked


def _is_worse(finding: Finding, other: Finding) -> bool:
    levels = list(Severity)
    return levels.index(finding.severity) > levels.index(other.severity)


def _tracked_dotenv_findings(tracked: set[str], findings: list[Finding]) -> list[Finding]:
    """Report .env files in git that have findings."""
    rule = pattern.find_rule("CRED.tracked-dotenv")
    if rule is None:
        return []
    with_values = {f.path for f in findings if f.confidence is not Confidence.LOW}
    return [
        _file_finding(rule.id, path, 1, rule.text(path), rule.severity)
        for path in sorted(tracked & with_values)
    ]


def _apply_suppressions(
    findings: list[Finding], credentials: CredentialScan
) -> tuple[list[Finding], list[Finding]]:
    """Return the findings that are not suppressed, and findings about useless suppressions."""
    remaining = [f for f in findings if f.path not in credentials.suppressions]
    notes = []
    for path, comments in credentials.suppressions.items():
        kept, useless = apply_suppressions([f for f in findings if f.path == path], comments)
        remaining += kept
        for comment, problem in useless:
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
