"""What somebody changed in a file since apply, with every value hidden."""

from __future__ import annotations

import difflib

from shield_ai.reports.mask import mask, show


def edited_text(path: str, ours: bytes, now: bytes) -> str:
    """Show a unified diff of two states of one file.

    Args:
        path: Relative path, which tells how values are found.
        ours: What apply left.
        now: What is there.
    """
    old, new = (
        [show(line) for line in mask(path, content).split(b"\n")] for content in (ours, now)
    )
    lines = list(
        difflib.unified_diff(
            old, new, f"{path} (as apply left it)", f"{path} (now)", n=1, lineterm=""
        )
    )
    return "\n".join(lines or [f"{path}: differs in a value or in its line ends"])
