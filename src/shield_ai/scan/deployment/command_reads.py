"""Find the scripts and configuration files that read the variables of secrets themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.recognize import file_format
from shield_ai.scan.files.walk import display_path, walk_all
from shield_ai.scan.text.engine import reader
from shield_ai.scan.text.structure import MAX_SIZE

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

READ = regex(
    rb"(?:\$[{(]?(?!printenv[ \t])|\benv\.|\bprintenv[ \t]{1,9}"
    rb"|(?:\bENV\[|\benviron\[|\benviron\.get\(|env\()[ \t]{0,9}\\?[\"'])"
    rb"(?P<name>[A-Za-z_][A-Za-z0-9_]{0,200})"
)
# Python code, texts, what only a developer runs, and files in which a read is that of the platform.
NOT_SEARCHED = regex(
    r".*\.(?:py|pyi|md|rst|txt|adoc|html|css|svg|lock|map|min\.js)|(?:.*/)?(?:makefile|justfile)"
    r"|(?:.*/)?\.(?:env[^/]*|envrc|github/.*|gitlab/.*)",
    re.IGNORECASE,
)
PLATFORM_FORMATS = frozenset({"yaml", "json", "terraform", "systemd"})
# Instructions that run in the container; the others run when the image is built.
RUNS = regex(rb"(?im)^[ \t]*(?:cmd|entrypoint|healthcheck)\b.*$")


def find_command_reads(root: Path, names: Collection[str]) -> dict[str, str]:
    """Return a place that reads each variable, as `path:line`, such as an entrypoint script.

    Args:
        root: The app's folder.
        names: The variables.

    Raises:
        SourceError: The folder can't be listed.
    """
    read = reader(str(root))
    found: dict[str, str] = {}
    for entry in walk_all(root):
        file_kind = file_format(entry.path)
        if NOT_SEARCHED.fullmatch(entry.path) or file_kind in PLATFORM_FORMATS:
            continue
        raw = read(entry.path)
        if raw is None or len(raw) > MAX_SIZE or b"\0" in raw:
            continue
        if file_kind == "dockerfile":
            raw = _without_build(raw)
        for match in READ.finditer(raw):
            name = match["name"].decode()
            if name in names and name not in found:
                line = raw.count(b"\n", 0, match.start()) + 1
                found[name] = f"{display_path(entry.path)}:{line}"
    return found


def _without_build(raw: bytes) -> bytes:
    """Return the instructions of a Dockerfile that run in the container, on the same lines."""
    lines = [line if RUNS.match(line) else b"" for line in raw.split(b"\n")]
    return b"\n".join(lines)
