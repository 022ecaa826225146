"""Find names of variables in deployment files that are written with escapes or in UTF-16."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.occurrences import name_regex

if TYPE_CHECKING:
    import re

# Escapes of YAML, JSON, HCL and Bash, and continued lines, which can split a name.
ESCAPE = regex(
    rb"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(?P<octal>[01][0-7]{2})"
    rb"|[ \t]*\r?\n[ \t]*)|(?<=\w)[\"']{1,2}(?=\w)"
)
ESCAPE_DIRECTIVE = regex(rb"(?im)\A(?:\#[^\n]*\n)*\#[ \t]*escape[ \t]*=[ \t]*`")
CONTINUED_WITH_BACKTICK = regex(rb"`[ \t]*\r?\n[ \t]*")


def has_hidden_names(raw: bytes, names: frozenset[str]) -> bool:
    """Return whether a file writes a name in another encoding than UTF-8, or with escapes.

    Args:
        raw: The file.
        names: The variables of the secrets.
    """
    plain = raw.replace(b"\0", b"")  # of UTF-16
    plain = ESCAPE.sub(_unescape, plain)
    if ESCAPE_DIRECTIVE.match(raw):
        plain = CONTINUED_WITH_BACKTICK.sub(b"", plain)
    if plain == raw:
        return False
    pattern = name_regex(names)
    return len(pattern.findall(plain)) > len(pattern.findall(raw))


def _unescape(match: re.Match[bytes]) -> bytes:
    digits = match[1] or match[2] or match[3]
    if not digits and not match["octal"]:
        return b""
    code = int(digits, 16) if digits else int(match["octal"], 8)
    return chr(code).encode("utf-8", "surrogatepass") if code < 0x110000 else match[0]
