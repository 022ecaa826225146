"""Recognize files that another apply generated, for example one on the machine of a colleague.

They contain no edits of a person, and shield can generate them again.
"""

from __future__ import annotations

from shield_ai.project.secret_map import find_map_call
from shield_ai.rewrite.project import iam_policy
from shield_ai.rewrite.project.map_style import COMMENTS
from shield_ai.rewrite.project.stamp import has_valid_stamp, header_of


def is_generated(path: str, applied: bytes, now: bytes) -> bool:
    """Return whether shield generated a file, for the current or another shield.toml.

    Args:
        path: The path of the file.
        applied: The content that apply wrote.
        now: The current content.
    """
    if path == iam_policy.PATH:
        return iam_policy.is_generated_file(now)
    if has_valid_stamp(applied) and applied.split() == now.split():
        return True  # a formatter changed it
    if has_valid_stamp(now):
        return header_of(now) == header_of(applied)
    around = _around_mapping(applied)
    return around is not None and around == _around_mapping(now)


def _around_mapping(raw: bytes) -> tuple[bytes, bytes] | None:
    """Return the text before and after the call that creates the client in a map file.

    Only the arguments of the call depend on shield.toml. None if the file has no such call, or if
    the call contains a comment that shield did not write: a person has edited it.
    """
    found = find_map_call(raw.replace(b"\r\n", b"\n"))
    if found is None:
        return None
    call = found.source.segment(found.call)
    for comment in COMMENTS:
        call = call.replace(comment, "")
    if "#" in call:
        return None
    start, end = found.source.span(found.call)
    return found.source.raw[:start], found.source.raw[end:]
