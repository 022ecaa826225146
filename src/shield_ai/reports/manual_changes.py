"""Format the manual edits of a file since apply, with values hidden."""

from __future__ import annotations

import difflib

from shield_ai.model.printable import printable
from shield_ai.reports.masking.mask import mask, show


def edited_text(path: str, applied: bytes, current: bytes) -> str:
    """Format the difference between two versions of a file as a unified diff.

    Args:
        path: The relative path; its name decides how values are recognized.
        applied: The content that apply wrote.
        current: The content now.
    """
    diff = list(
        difflib.unified_diff(
            _masked_lines(path, applied),
            _masked_lines(path, current),
            f"{printable(path)} (after apply)",
            f"{printable(path)} (now)",
            n=1,
            lineterm="",
        )
    )
    if not diff:
        return f"{printable(path)}: differs only in a value or in line endings"
    return "\n".join(diff)


def _masked_lines(path: str, content: bytes) -> list[str]:
    return [show(line) for line in mask(path, content).split(b"\n")]
