"""The first line of a file that is ours: it tells one that we may update from one that somebody has edited."""

from __future__ import annotations

import enum
import hashlib
import re

COMMENTS = {"py": ("# ", ""), "md": ("<!-- ", " -->")}
LINE = re.compile(
    r"\A(?:# |<!-- )shield-ai (?P<what>[a-z]+)(?: (?P<version>\S+))? sha256:(?P<digest>[0-9a-f]{32})"
)


class State(enum.Enum):
    """Whose a file is."""

    ABSENT = enum.auto()
    OURS = enum.auto()  # as we wrote it, in this or another version
    EDITED = enum.auto()  # ours once, and edited since
    FOREIGN = enum.auto()


def stamp(what: str, kind: str, body: str, version: str = "") -> str:
    """Put the line before a body.

    Args:
        what: What the file is, one word.
        kind: `py` or `md`, for the comment.
        body: All that follows.
        version: Of what is copied.
    """
    opening, closing = COMMENTS[kind]
    words = " ".join(
        ["shield-ai", what, *([version] if version else []), f"sha256:{_digest(body)}"]
    )
    return f"{opening}{words}{closing}\n{body}"


def look(raw: bytes | None, what: str) -> tuple[State, str]:
    """Return whose a file is, and the version in its first line. Line ends don't count: git may change them."""
    if raw is None:
        return State.ABSENT, ""
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    match = LINE.match(text)
    if match is None or match["what"] != what:
        return State.FOREIGN, ""
    body = text.partition("\n")[2]
    return (State.OURS if _digest(body) == match["digest"] else State.EDITED), match[
        "version"
    ] or ""


def body_of(raw: bytes) -> str:
    """Return what follows the first line; line ends don't count."""
    return raw.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n")[2]


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:32]
