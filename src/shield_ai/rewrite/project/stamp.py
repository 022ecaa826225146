"""Write and read the stamp, a comment at the start of a generated file.

It contains a checksum, which shows whether the file was edited. Users can add comment lines above
it, such as a license.
"""

from __future__ import annotations

import enum
import hashlib

from shield_ai.project.perf.lazy_regex import regex

COMMENTS = {"py": ("# ", ""), "md": ("<!-- ", " -->")}
# Without \r, at which Python also ends a line, and without another encoding: either could change
# what Python runs, and the checksum would still match.
COMMENT = r"(?:#|<!--)(?![^\n]*coding[:=](?!\s*utf-?8(?![-\w.])))[^\r\n\0]*\n"
STAMP = regex(
    rf"\A(?P<header>(?:{COMMENT}|\n){{0,40}}?)"
    r"(?:# |<!-- )shield-ai (?P<name>[a-z]+)(?: (?P<version>\S+))? "
    r"sha256:(?P<digest>[0-9a-f]{32})(?: -->)?\n"
)


class State(enum.Enum):
    """The state of a file that was, or would be, generated."""

    ABSENT = enum.auto()
    OURS = enum.auto()  # as it was generated, by this or another version
    EDITED = enum.auto()  # generated, and edited since
    FOREIGN = enum.auto()  # not generated


def stamp(name: str, syntax: str, body: str, version: str = "") -> str:
    """Put the stamp before a body.

    Args:
        name: The kind of content, such as "runtime" or "tests"; lower-case letters.
        syntax: The syntax of the comment, "py" or "md".
        body: The text below the stamp.
        version: The version of the copied content, if it has one.
    """
    opening, closing = COMMENTS[syntax]
    parts = ["shield-ai", name]
    if version:
        parts.append(version)
    parts.append(f"sha256:{_digest(body)}")
    return f"{opening}{' '.join(parts)}{closing}\n{body}"


def read_stamp(raw: bytes | None, name: str) -> tuple[State, str]:
    """Return the state of a file, and the version in its stamp, "" without a version.

    Differences in line endings are ignored, because Git may convert them.
    """
    if raw is None:
        return State.ABSENT, ""
    text = _text(raw)
    match = STAMP.match(text)
    if match is None or match["name"] != name:
        return State.FOREIGN, ""
    body = text[match.end() :]
    state = State.OURS if _digest(body) == match["digest"] else State.EDITED
    return state, match["version"] or ""


def has_valid_stamp(raw: bytes) -> bool:
    """Return whether a file has a stamp of any kind, and was not edited since."""
    match = STAMP.match(_text(raw))
    return match is not None and read_stamp(raw, match["name"])[0] is State.OURS


def body_of(raw: bytes) -> str:
    """Return the text below the stamp, with normalized line endings."""
    text = _text(raw)
    match = STAMP.match(text)
    return text[match.end() :] if match else text


def header_of(raw: bytes | None) -> str:
    """Return the comment lines above the stamp, with normalized line endings."""
    match = STAMP.match(_text(raw or b""))
    return match["header"] if match else ""


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("\r\n", "\n")


def _digest(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:32]
