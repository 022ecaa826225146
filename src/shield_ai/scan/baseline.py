"""Record existing findings in a baseline file, so that later scans report only new ones.

An entry is a rule, a path, a name and a number of findings. It stays valid when lines move. It
contains neither a secret nor its hash, which could be used to guess the secret.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import ShieldError, SourceError
from shield_ai.model.invalid_input import INVALID_JSON
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from shield_ai.model.finding import Finding

VERSION = 1


class Entry(msgspec.Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """Known findings of one rule, path and name."""

    path: str
    rule: str
    name: str
    count: int = 1


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a baseline file."""

    version: int
    findings: tuple[Entry, ...]


def write_baseline(path: Path, findings: Iterable[Finding]) -> int:
    """Write a baseline file, and return the number of findings.

    Raises:
        SourceError: The file cannot be written.
    """
    counts = Counter((finding.path, finding.rule, finding.name) for finding in findings)
    entries = tuple(sorted(Entry(*key, count) for key, count in counts.items()))
    text = msgspec.json.format(msgspec.json.encode(Baseline(VERSION, entries)), indent=1)
    from shield_ai.project.safe_write import write_output

    try:
        write_output(path, text + b"\n")
    except OSError as error:
        hint = "check that the folder exists and that the disk has space"
        raise SourceError(f"{path} can't be written: {error.strerror}", hint) from None
    return counts.total()


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        ShieldError: The file is missing or invalid.
    """
    try:
        baseline = msgspec.json.decode(read_regular_file(path), type=Baseline)
    except OSError as error:
        hint = f"create it with shield scan --write-baseline {path}"
        raise SourceError(f"{path} can't be read: {error.strerror}", hint) from None
    except INVALID_JSON:
        raise ShieldError(
            f"{path} is not a valid baseline file",
            f"create it again with --write-baseline {path}",
        ) from None
    if baseline.version != VERSION:
        raise ShieldError(
            f"{path} has the unsupported baseline version {baseline.version}", "upgrade shield"
        )
    return baseline


def remove_known(findings: Iterable[Finding], baseline: Baseline) -> list[Finding]:
    """Return the findings that are not in a baseline.

    If more findings match an entry than its count, the last ones are returned.
    """
    known = Counter(
        {(entry.path, entry.rule, entry.name): entry.count for entry in baseline.findings}
    )
    new = []
    for finding in findings:
        key = (finding.path, finding.rule, finding.name)
        if known[key] > 0:
            known[key] -= 1
        else:
            new.append(finding)
    return new
