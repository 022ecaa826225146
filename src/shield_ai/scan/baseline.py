"""A baseline: the findings that were there when a project began to use shield, so that only new ones count.

An entry is a rule, a path, a name and how many such findings there are. It stays the same when lines move, and it holds
no value and nothing that is computed from one, so that nobody can guess a value by it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import ShieldError, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from shield_ai.model.finding import Finding


class Entry(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """Findings that are accepted."""

    path: str
    rule: str
    name: str
    count: int = 1


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    version: int
    findings: tuple[Entry, ...]


def write(path: Path, findings: Iterable[Finding]) -> int:
    """Write a baseline of findings, and return how many they are.

    Raises:
        SourceError: The file can't be written.
    """
    counts = Counter((f.path, f.rule, f.name) for f in findings)
    entries = tuple(sorted(Entry(*key, count) for key, count in counts.items()))
    text = msgspec.json.format(msgspec.json.encode(Baseline(1, entries)), indent=1)
    from shield_ai.project.tree import put  # most scans write no file

    try:
        put(path, text + b"\n")
    except OSError as error:
        hint = "name a file in a folder that exists, and has room"
        raise SourceError(f"{path} can't be written: {error.strerror}", hint) from None
    return counts.total()


def read(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        ShieldError: There is none, or it is wrong.
    """
    try:
        made = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        hint = f"make one with shield scan --write-baseline {path}"
        raise SourceError(f"{path} can't be read: {error.strerror}", hint) from None
    except msgspec.DecodeError as error:
        raise ShieldError(
            f"{path} is no baseline: {error}", f"make it anew with --write-baseline {path}"
        ) from None
    if made.version != 1:
        raise ShieldError(
            f"{path} is a baseline of version {made.version}", "a newer shield reads it"
        )
    return made


def new(findings: Iterable[Finding], baseline: Baseline) -> list[Finding]:
    """Return the findings that a baseline does not have; of more than it counts, the last ones."""
    left = Counter(
        {(entry.path, entry.rule, entry.name): entry.count for entry in baseline.findings}
    )
    found = []
    for finding in findings:
        key = (finding.path, finding.rule, finding.name)
        if left[key] > 0:
            left[key] -= 1
        else:
            found.append(finding)
    return found
