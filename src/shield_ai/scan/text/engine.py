"""Every credential of a tree: one pass over its files, in this process or, for a large tree, in several."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.edit import Skipped
from shield_ai.scan.files.file_class import is_archive, unquoted, worth_reading
from shield_ai.scan.files.suppressions import has_ignores, ignores
from shield_ai.scan.text.detector import Detector
from shield_ai.scan.text.prefilter import prefilter
from shield_ai.scan.text.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.scan.files.suppressions import Ignore
    from shield_ai.scan.rules.pattern import Pattern

    Tell = Callable[[int, int], None]

LARGEST = 20_000_000  # bytes; larger files are data, and are named as not looked at
HEAD = 8192  # bytes in which a NUL tells a binary file, as git does it
UTF16 = (b"\xff\xfe", b"\xfe\xff")
AVERAGE = 10_000  # bytes of a file, about
SLOW = "the rule {} takes too long here and was stopped: write {{0,200}} for its * and +"
OFTEN = 256  # files between two words about progress
MANY = 12_000  # files from which other processes are worth their start


def silent(_done: int, _of: int) -> None:
    """Tell nobody."""


class Seen(NamedTuple):
    """What was found in some files."""

    findings: list[Finding]
    skipped: list[Skipped]
    ignores: dict[str, list[Ignore]]  # the comments that accept findings, by path
    # which of `worth.ALL` match a Python file; those that were not asked lack
    worth: dict[str, tuple[bool, ...]]


def look(detector: Detector, path: str, raw: bytes, seen: Seen) -> None:
    """Look at one file's bytes, and add what is there."""
    if raw[:2] in UTF16:
        raw = raw.decode("utf-16", "replace").encode()
    if b"\0" in raw[:HEAD]:
        return
    candidates = detector.prefilter.look(raw, bare=unquoted(path))
    seen.findings.extend(detector.look(path, raw, candidates))
    seen.skipped.extend(
        Skipped(path=path, line=0, name="", reason=SLOW.format(rule)) for rule in detector.slow()
    )
    if candidates.worth is not None and path.endswith(".py"):
        seen.worth[path] = candidates.worth
    if candidates.ignores is not False and has_ignores(raw):
        seen.ignores[path] = ignores(raw)


def credentials(
    paths: Sequence[str],
    read: Callable[[str], bytes | None],
    patterns: Iterable[Pattern],
    *,
    root: str = "",
    jobs: int = 1,
    tell: Tell = silent,
) -> Seen:
    """Scan files.

    Args:
        paths: Relative, with slashes.
        read: Gives the bytes of each; None where it can't.
        patterns: What to look for.
        root: Where they lie on disk; needed for more than one process.
        jobs: How many processes to use, at most.
        tell: Is told now and then how many files are done, and of how many.
    """
    patterns = tuple(patterns)
    if jobs > 1 and root and len(paths) >= MANY:
        return _shared(paths, patterns, root, jobs, tell)
    return _scan(paths, read, patterns, AVERAGE * len(paths), tell)


def _scan(
    paths: Sequence[str],
    read: Callable[[str], bytes | None],
    patterns: tuple[Pattern, ...],
    size: int,
    tell: Tell = silent,
) -> Seen:
    tokens = Tokens(rule for pattern in patterns for rule in pattern.rules)
    detector = Detector(patterns, prefilter(tokens, size))
    seen = Seen([], [], {}, {})
    for done, path in enumerate(paths):
        if not done % OFTEN:
            tell(done, len(paths))
        if not worth_reading(path):
            if is_archive(path):
                seen.skipped.append(
                    Skipped(
                        path=path,
                        line=0,
                        name="archive",
                        reason="an archive: unpack it to look inside",
                    )
                )
            continue
        raw = read(path)
        if raw is None:
            seen.skipped.append(Skipped(path=path, line=0, name="", reason="can't be read"))
        elif len(raw) > LARGEST:
            seen.skipped.append(
                Skipped(path=path, line=0, name="", reason=f"larger than {LARGEST // 1_000_000} MB")
            )
        else:
            look(detector, path, raw, seen)
    tell(len(paths), len(paths))
    return seen


def _shared(
    paths: Sequence[str], patterns: tuple[Pattern, ...], root: str, jobs: int, tell: Tell
) -> Seen:
    """Split the files between processes, which read them themselves."""
    # small trees start without it
    from concurrent.futures import ProcessPoolExecutor

    size = max(1, -(-len(paths) // (jobs * 4)))
    parts = [paths[at : at + size] for at in range(0, len(paths), size)]
    whole = Seen([], [], {}, {})
    done = 0
    with ProcessPoolExecutor(jobs) as pool:
        try:
            for part in pool.map(_part, [root] * len(parts), parts, [patterns] * len(parts)):
                whole.findings.extend(part.findings)
                whole.skipped.extend(part.skipped)
                whole.ignores.update(part.ignores)
                whole.worth.update(part.worth)
                done += size
                tell(min(done, len(paths)), len(paths))
        except BaseException:
            # Ctrl-C need not wait for what nobody will see
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return whole


def _part(root: str, paths: Sequence[str], patterns: tuple[Pattern, ...]) -> Seen:
    return _scan(paths, reader(root), patterns, LARGEST)


def _all(handle: int, size: int) -> bytes:
    """Read a file, at most a little more than the largest that is looked at.

    Args:
        handle: Of the file.
        size: What it says of itself: one that grows, and those of /proc, say too little.
    """
    asked = min(size, LARGEST) + 1
    raw = os.read(handle, asked)
    while len(raw) == asked and asked <= LARGEST and (more := os.read(handle, LARGEST + 1 - asked)):
        raw += more
        asked = len(raw)
    return raw


def reader(root: str) -> Callable[[str], bytes | None]:
    """Return what reads the regular files below a folder; see `_all` for how much of each."""
    base = root.rstrip("/") + "/" if root else ""

    def read(path: str) -> bytes | None:
        try:
            handle = os.open(
                path if path.startswith("/") else base + path, os.O_RDONLY | os.O_NONBLOCK
            )
        except OSError:
            return None
        try:
            about = os.fstat(handle)
            return _all(handle, about.st_size) if stat.S_ISREG(about.st_mode) else b""
        except OSError:
            return None
        finally:
            os.close(handle)

    return read
