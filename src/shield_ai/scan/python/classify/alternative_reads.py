"""Find alternative secrets: an app needs only those that one branch of a condition reads."""

from __future__ import annotations

import collections
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.scan.python.classify.candidates import Candidate


def mark_alternatives(branches: Sequence[Sequence[Candidate]]) -> None:
    """Mark the reads in each branch if another branch reads other secrets instead.

    A variable that several branches read is skipped: the app needs it in each case.

    Args:
        branches: The reads of each branch that runs only if a variable is set.
    """
    counts: collections.Counter[str] = collections.Counter()
    for reads in branches:
        counts.update({read.variable for read in reads})
    own = [[read for read in reads if counts[read.variable] == 1] for reads in branches]
    alternatives = [reads for reads in own if _has_secret(reads)]
    if len(alternatives) > 1:
        for read in itertools.chain(*alternatives):
            read.is_guarded = read.has_alternative_branch = True


def _has_secret(reads: Sequence[Candidate]) -> bool:
    return any(read.is_secret_read() for read in reads)
