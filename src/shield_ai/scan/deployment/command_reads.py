"""Find the scripts and configuration files, other than Python code, that read secret variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.production import path_use
from shield_ai.scan.deployment.recognize import file_format
from shield_ai.scan.files.walk import display_path, walk_all
from shield_ai.scan.text.parser_marks import MAX_SIZE
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

# A read of a variable in shell, JavaScript or Ruby: $NAME, env.NAME, ENV["NAME"], env("NAME").
READ = regex(
    rb"(?:\$[{(]?(?!printenv[ \t])|\benv\.|\bprintenv[ \t]{1,9}"
    rb"|(?:\bENV\[|\benviron\[|\benviron\.get\(|env\()[ \t]{0,9}\\?[\"'])"
    rb"(?P<name>[A-Za-z_][A-Za-z0-9_]{0,200})"
)
# Python code and copies of it (settings.py.bak), documents, assets, files that only developers use,
# and CI configuration.
NOT_SEARCHED = regex(
    r".*\.pyi?(?:[._-]\w{1,40}){0,3}|.*\.(?:md|rst|txt|adoc|html|css|svg|lock|map|min\.js)|(?:.*/)?(?:makefile|justfile)"
    r"|(?:.*/)?\.(?:env[^/]*|envrc|github/.*|gitlab/.*)",
    re.IGNORECASE,
)
# The platform, not the container, substitutes the references in these files.
PLATFORM_FORMATS = frozenset({"yaml", "json", "terraform", "systemd"})
# Dockerfile instructions that run in the container; the others run when the image is built.
RUNTIME_INSTRUCTION = regex(
    rb"(?im)^[ \t]*(?:cmd|entrypoint|healthcheck)\b(?:[^\n]*\\[ \t]*\r?\n)*[^\n]*$"
)

NOT_NEWLINE = regex(rb"[^\n]")


def find_command_reads(root: Path, names: Collection[str]) -> dict[str, list[str]]:
    """Return the first place in each file that reads a variable, as `path:line`, by variable.

    A file for development or for tests counts only if no other file reads the variable.

    Args:
        root: The app's folder.
        names: The variables to search for.

    Raises:
        SourceError: The folder can't be listed.
    """
    if not names:
        return {}
    read = reader(str(root))
    production: dict[str, list[str]] = {}
    development: dict[str, list[str]] = {}
    for entry in walk_all(root):
        file_kind = file_format(entry.path)
        if NOT_SEARCHED.fullmatch(entry.path) or file_kind in PLATFORM_FORMATS:
            continue
        raw = read(entry.path)
        if raw is None or len(raw) > MAX_SIZE or b"\0" in raw:
            continue
        if file_kind == "dockerfile":
            raw = _blank_build_steps(raw)
        use = path_use(entry.path, DeploymentKind.SHELL, ())
        found = development if use is Use.DEVELOPMENT else production
        for name, line in _first_lines(raw, names).items():
            found.setdefault(name, []).append(f"{display_path(entry.path)}:{line}")
    return development | production


def _first_lines(raw: bytes, names: Collection[str]) -> dict[str, int]:
    """Return the first line of a file that reads each variable."""
    lines: dict[str, int] = {}
    for match in READ.finditer(raw):
        name = match["name"].decode()
        if name in names and name not in lines:
            lines[name] = raw.count(b"\n", 0, match.start()) + 1
    return lines


def _blank_build_steps(raw: bytes) -> bytes:
    """Blank the lines of a Dockerfile that run when the image is built."""
    kept = bytearray(NOT_NEWLINE.sub(b" ", raw))
    for match in RUNTIME_INSTRUCTION.finditer(raw):
        kept[match.start() : match.end()] = match[0]
    return bytes(kept)
