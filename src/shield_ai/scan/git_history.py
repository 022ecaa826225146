"""Credentials that were ever committed: each blob of a repository once, oldest commit first.

What was in the history once has to be rotated, not only moved: every clone has it.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.edit import Skipped
from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Confidence
from shield_ai.project.git_objects import GIT, Blobs, is_shallow
from shield_ai.scan.files.file_class import worth_reading
from shield_ai.scan.files.walk import readable
from shield_ai.scan.python.findings import number
from shield_ai.scan.rules import pattern
from shield_ai.scan.text.detector import Detector, Lines, finding_of
from shield_ai.scan.text.engine import HEAD, LARGEST, SLOW
from shield_ai.scan.text.prefilter import prefilter
from shield_ai.scan.text.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shield_ai.model.finding import Finding
    from shield_ai.scan.rules.pattern import Pattern

MARK = b"\x01"  # begins the line of a commit
# Whatever the user has set: with showRoot off, git leaves out the first commit; a signature is not ours to check.
ROOTS = ("-c", "log.showRoot=true", "-c", "log.showSignature=false")
SHALLOW = "the clone is shallow: its older commits are not here, git fetch --unshallow brings them"
LOST = "its version of commit {} can't be read, or is larger than {} MB"
# With -c, a merge shows the files that differ from all of its parents.
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


class Version(NamedTuple):
    """A file's content, where it came first."""

    blob: str
    path: str
    commit: str
    date: str  # of the author, ISO 8601


class Past(NamedTuple):
    """What a history has."""

    findings: list[Finding]
    unseen: list[Skipped]  # versions that could not be looked at
    patterns: list[Pattern]  # those of the app, besides ours


def history(root: Path, *, everything: bool = False) -> Past:
    """Scan every version of every file below a folder; each secret is found once, where it came first.

    Args:
        root: In the repository.
        everything: Also findings of low confidence.

    Raises:
        SourceError: There is no repository, or it is broken.
    """
    own = list(pattern.own(root))
    patterns = [pattern.credentials(), *own]
    tokens = Tokens(rule for made in patterns for rule in made.rules)
    detector = Detector(patterns, prefilter(tokens, LARGEST))
    found: dict[tuple[str, bytes], Finding] = {}
    in_head_values: set[bytes] = set()
    unseen: list[Skipped] = [_skip(".", SHALLOW)] if is_shallow(root) else []
    now = _now(root)
    blobs = Blobs(root)
    try:
        for version in versions(root):
            if not worth_reading(version.path):
                continue
            raw = blobs.read(version.blob, LARGEST)
            if raw is None:
                unseen.append(
                    _skip(version.path, LOST.format(version.commit[:10], LARGEST // 1_000_000))
                )
            if raw is None or b"\0" in raw[:HEAD]:
                continue
            lines = Lines(raw)
            hits = detector.hits(version.path, raw)
            unseen += [_skip(version.path, SLOW.format(rule)) for rule in detector.slow()]
            for hit in hits:
                value = raw[hit.start : hit.end]
                if version.blob in now:
                    in_head_values.add(value)
                if (hit.rule.id, value) not in found and (
                    everything or hit.confidence is not Confidence.LOW
                ):
                    finding = finding_of(version.path, hit, lines)
                    found[hit.rule.id, value] = msgspec.structs.replace(
                        finding, commit=version.commit, date=version.date
                    )
    finally:
        blobs.close()
    told = [
        _told(finding, in_head=value in in_head_values) for (_, value), finding in found.items()
    ]
    return Past(number(told), unseen, own)


def _skip(path: str, reason: str) -> Skipped:
    return Skipped(path=readable(path), line=0, name="", reason=reason)


def _told(finding: Finding, *, in_head: bool) -> Finding:
    state = "still there" if in_head else "taken out since"
    message = f"{finding.message}; committed on {finding.date[:10]} in {finding.commit[:10]}, {state}: rotate it"
    return msgspec.structs.replace(
        finding, path=readable(finding.path), message=message, in_head=in_head
    )


def versions(root: Path) -> Iterator[Version]:
    """Yield each blob of the history once, with the first commit that brought it.

    Raises:
        SourceError: git can't read the history.
    """
    process = subprocess.Popen(
        [*GIT, *ROOTS, "-C", str(root), "-c", "core.quotePath=off", "log", *LOG, "--", "."],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    seen: set[str] = set()
    commit = date = ""
    with process:
        for line in process.stdout or ():
            if line.startswith(MARK):
                commit, _, date = line[1:].decode().strip().partition(" ")
            elif line.startswith(b":"):
                head, _, path = line.rstrip(b"\n").partition(b"\t")
                parts = head.decode().split()
                blob = parts[-2]
                if (
                    blob.strip("0")
                    and blob not in seen
                    and not parts[head.count(b":")].startswith("160")
                ):
                    seen.add(blob)
                    yield Version(
                        blob, path.decode("utf-8", "surrogateescape").strip('"'), commit, date
                    )
    if process.returncode:
        raise SourceError(
            f"{root} is in no git repository, or git can't read it", "git log says more"
        )


def _now(root: Path) -> set[str]:
    """Return the blobs of the newest commit."""
    answer = subprocess.run(
        [*GIT, "-C", str(root), "ls-tree", "-r", "HEAD"], capture_output=True, check=False
    )
    # mode, kind, id
    return {
        line.split()[2].decode() for line in answer.stdout.splitlines() if line.count(b" ") >= 2
    }
