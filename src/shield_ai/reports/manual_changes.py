"""Format the manual edits of a file since apply, with values hidden."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from shield_ai.model.printable import printable
from shield_ai.reports.masking.mask import mask, show

if TYPE_CHECKING:
    from collections.abc import Collection


def manual_changes_text(
    path: str, applied: bytes, current: bytes, keep: Collection[str] = ()
) -> str:
    """Format the difference between two versions of a file as a unified diff.

    Args:
        path: The relative path; its name decides how values are recognized.
        applied: The content that apply wrote.
        current: The content now.
        keep: Names that are not values and can be shown.
    """
    diff = list(
        difflib.unified_diff(
            _masked_lines(path, applied, keep),
            _masked_lines(path, current, keep),
            f"{printable(path)} (after apply)",
            f"{printable(path)} (now)",
            n=1,
            lineterm="",
        )
    )
    if not diff:
        return f"{printable(path)}: differs only in a value or in line endings"
    return "\n".join(diff)


def _masked_lines(path: str, content: bytes, keep: Collection[str]) -> list[str]:
    return [show(line) for line in mask(path, content, keep).split(b"\n")]
