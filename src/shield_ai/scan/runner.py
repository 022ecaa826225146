"""All that `shield scan` shows: the app's secrets and the credentials of every file, of folders, files or the index."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.edit import Skipped
from shield_ai.model.errors import ManifestError, SourceError
from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.model.naming import MANIFEST
from shield_ai.scan.files.suppressions import accepted
from shield_ai.scan.files.walk import is_dotenv, readable, walk_all
from shield_ai.scan.python.app_scan import Scan, scan, scan_files
from shield_ai.scan.python.findings import number
from shield_ai.scan.rules import pattern
from shield_ai.scan.text.engine import (
    LARGEST,
    Seen,
    credentials,
    reader,
    silent,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shield_ai.scan.rules.pattern import Pattern
    from shield_ai.scan.text.engine import Tell

STDIN = "-"
UNKNOWN = "git can't say whether it has the .env files: git status says why"
# What CSEC-34 says of a value is not said again by the pattern of credentials.
LITERAL = "CSEC34.literal"
SAME = frozenset({LITERAL, "CSEC34.literal-default", "CSEC34.dotenv"})


class Survey(NamedTuple):
    """What there is to show."""

    findings: list[Finding]
    unseen: list[Skipped]  # files that could not be looked at
    hidden: int  # findings of low confidence
    read: Callable[[str], bytes | None]
    patterns: list[Pattern]  # those of the app, besides ours
    accepted: int = 0  # findings that comments accept


def survey(
    paths: Sequence[Path],
    *,
    everything: bool = False,
    staged: bool = False,
    jobs: int = 1,
    tell: Tell = silent,
) -> Survey:
    """Scan what a user names.

    Args:
        paths: Folders and files, or "-" for the standard input; what is found in one folder is named relative to it.
        everything: Also findings of low confidence.
        staged: What git would commit of these paths, as it lies in the index.
        jobs: How many processes a large tree may take.
        tell: Is told now and then how many files are done, and of how many.

    Raises:
        SourceError: A path does not exist, or there is no repository.
    """
    if staged:
        found = [_staged(paths)]
    elif len(paths) == 1 and is_folder(paths[0]):
        found = [_folder(paths[0], "", jobs, tell)]
    else:
        found = _several(paths, jobs, tell)
    own = {made.id: made for part in found for made in part.patterns}
    return _joined(found, everything=everything)._replace(patterns=list(own.values()))


def is_folder(path: Path) -> bool:
    """Whether it is a folder, as far as anybody may know."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_there(path: Path) -> bool:
    """Whether there is such a file; one that nobody may know of is, and can't be read."""
    try:
        path.lstat()
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)
    return True


class _Part(NamedTuple):
    """What was found below one path."""

    app: Scan | None
    seen: Seen
    prefix: str
    read: Callable[[str], bytes | None]
    tracked: set[str]
    patterns: list[Pattern]


def _folder(root: Path, prefix: str, jobs: int, tell: Tell) -> _Part:
    entries = list(walk_all(root))
    read = reader(str(root))
    every = [entry.path for entry in entries]
    own = list(pattern.own(root))
    seen = credentials(
        every, read, [pattern.credentials(), *own], root=str(root), jobs=jobs, tell=tell
    )
    app = scan(root, [entry.path for entry in entries if entry.own], _named(read), seen.worth)
    dotenvs = [path for path in every if is_dotenv(path.rpartition("/")[2])]
    in_git = _in_git(root, dotenvs)
    if in_git is None:
        seen.skipped.append(Skipped(path=".git", line=0, name="", reason=UNKNOWN))
    return _Part(app, seen, prefix, read, in_git or set(), own)


def _in_git(root: Path, paths: list[str]) -> set[str] | None:
    if not paths:
        return set()
    # starts git: most folders need none
    from shield_ai.project.git_objects import tracked

    return tracked(root, paths)


def _named(read: Callable[[str], bytes | None]) -> set[str]:
    """Return the variables that shield.toml names; a file that is wrong names none, and the other commands say so."""
    raw = read(MANIFEST)
    if raw is None:
        return set()
    from shield_ai.model.manifest import parse  # most folders have none

    with contextlib.suppress(ManifestError, UnicodeDecodeError):
        return {
            variable
            for secret in parse(raw.decode("utf-8-sig")).secret
            for variable in secret.variables()
        }
    return set()


def _several(paths: Sequence[Path], jobs: int, tell: Tell) -> list[_Part]:
    parts, files = [], []
    for path in paths:
        if str(path) == STDIN:
            parts.append(_stdin())
        elif is_folder(path):
            parts.append(_folder(path, path.as_posix().rstrip("/") + "/", jobs, tell))
        elif _is_there(path):
            files.append(path.as_posix())
        else:
            raise SourceError(
                f"{path} does not exist", "give folders or files, or - for the standard input"
            )
    if files:
        parts.append(_files(files, reader("."), Path()))
    return parts


def _files(files: list[str], read: Callable[[str], bytes | None], root: Path) -> _Part:
    # a text, no file
    within = [path for path in files if not os.path.isabs(path) and not path.startswith("../")]  # noqa: PTH117
    own = list(pattern.own(root))
    seen = credentials(files, read, [pattern.credentials(), *own])
    app = (
        scan_files(root.resolve().name, within, read, worth=seen.worth)
        if any(p.endswith(".py") or is_dotenv(p.rpartition("/")[2]) for p in within)
        else None
    )
    return _Part(app, seen, "", read, set(), own)


def _stdin() -> _Part:
    try:
        raw = sys.stdin.buffer.read(LARGEST + 1)
    except OSError as error:
        words = f"the standard input can't be read: {error.strerror}"
        raise SourceError(words, "pipe the text into it, as git diff | shield scan -") from None

    def read(_path: str) -> bytes:
        return raw

    own = list(pattern.own(Path()))
    return _Part(
        None, credentials(["stdin"], read, [pattern.credentials(), *own]), "", read, set(), own
    )


def _staged(paths: Sequence[Path]) -> _Part:
    from shield_ai.project import git_objects  # starts git

    roots = [path for path in paths if is_folder(path)]
    root = roots[0] if len(roots) == 1 and len(paths) == 1 else Path()
    ids = git_objects.staged(root)
    names = list(ids)
    if not (len(paths) == 1 and roots):
        wanted = {os.path.normpath(path) for path in paths}
        names = [
            name for name in names if any(name == w or name.startswith(f"{w}/") for w in wanted)
        ]
    objects = git_objects.Blobs(root)
    try:
        kept = {name: objects.read(ids[name], LARGEST) for name in names}
    finally:
        objects.close()
    part = _files(names, kept.get, root)
    return part._replace(tracked={name for name in names if is_dotenv(name.rpartition("/")[2])})


def _joined(parts: Iterable[_Part], *, everything: bool) -> Survey:
    findings: list[Finding] = []
    unseen: list[Skipped] = []
    hidden = comments = 0
    readers: dict[str, Callable[[str], bytes | None]] = {}
    for part in parts:
        own = list(part.app.findings) if part.app else []
        joined = _not_twice(own, part.seen.findings)
        every = [*joined, *_tracked(part.tracked, joined)]
        left, notes = _accepted(every, part.seen)
        shown = [f for f in left if everything or f.confidence is not Confidence.LOW]
        hidden += len(left) - len(shown)
        comments += len(every) - len(left)
        skips = [skip for skip in (part.app.skipped if part.app else ()) if not skip.line]
        known = {skip.path for skip in skips}
        skips += [skip for skip in part.seen.skipped if skip.path not in known]
        findings += [
            msgspec.structs.replace(f, path=readable(part.prefix + f.path))
            for f in [*shown, *notes]
        ]
        unseen += [
            msgspec.structs.replace(skip, path=readable(part.prefix + skip.path)) for skip in skips
        ]
        readers[part.prefix] = part.read

    def read(path: str) -> bytes | None:
        prefix = next((p for p in sorted(readers, key=len, reverse=True) if path.startswith(p)), "")
        return readers[prefix](path[len(prefix) :]) if prefix in readers else None

    return Survey(number(findings), unseen, hidden, read, [], comments)


def _not_twice(own: list[Finding], found: list[Finding]) -> list[Finding]:
    """Join what two patterns say of one value: the words of CSEC-34; a key of a known form keeps its severity."""
    taken = {
        (f.path, line): i
        for i, f in enumerate(own)
        if f.rule in SAME
        for line in range(f.line, f.end_line + 1)
    }
    left = []
    levels = list(Severity)
    for other in found:
        at = taken.get((other.path, other.line))
        if at is None:
            left.append(other)
        elif own[at].rule == LITERAL and levels.index(other.severity) > levels.index(
            own[at].severity
        ):
            own[at] = msgspec.structs.replace(own[at], severity=other.severity)
    return [*own, *left]


def _tracked(names: set[str], findings: list[Finding]) -> list[Finding]:
    """Say that a .env file with real values is in git."""
    rule = pattern.find_rule("CRED.tracked-dotenv")
    with_values = sorted(names & {f.path for f in findings if f.confidence is not Confidence.LOW})
    return (
        [_note(rule.id, path, 1, rule.text(path), rule.severity) for path in with_values]
        if rule
        else []
    )


def _accepted(findings: list[Finding], seen: Seen) -> tuple[list[Finding], list[Finding]]:
    """Take out what comments accept, and report comments that do nothing."""
    left = [f for f in findings if f.path not in seen.ignores]
    notes = []
    for path, comments in seen.ignores.items():
        kept, idle = accepted([f for f in findings if f.path == path], comments)
        left += kept
        notes += [
            _note("CRED.idle-ignore", path, comment.written, f"this comment {why}", Severity.LOW)
            for comment, why in idle
        ]
    return left, notes


def _note(rule: str, path: str, line: int, message: str, severity: Severity) -> Finding:
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
