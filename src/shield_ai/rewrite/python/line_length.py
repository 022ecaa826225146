"""How long a line may be, as the app's formatter or linter is told."""

from __future__ import annotations

import configparser
import tomllib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shield_ai.rewrite import Read

DEFAULT = 88  # of black and ruff
MOST = 120  # what a linter tolerates is no aim


def line_length(read: Read, path: str) -> int:
    """Return the length for a file, from the nearest configuration; 0 where nothing says it."""
    folders = [str(parent) for parent in PurePosixPath(path).parents]
    for find in (_formatter, _linter):
        for folder in folders:
            if found := find(read, "" if folder == "." else f"{folder}/"):
                return found
    return 0


def _formatter(read: Read, folder: str) -> int:
    tool = _toml(read(f"{folder}pyproject.toml")).get("tool")
    tables = [tool.get("black"), tool.get("ruff")] if isinstance(tool, dict) else []
    tables += [
        _toml(raw)
        for name in ("ruff.toml", ".ruff.toml")
        if (raw := read(folder + name)) is not None
    ]
    lengths = [table.get("line-length", DEFAULT) for table in tables if isinstance(table, dict)]
    return next((length for length in lengths if isinstance(length, int)), 0)


def _toml(raw: bytes | None) -> dict[str, Any]:
    try:
        return tomllib.loads((raw or b"").decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}


def _linter(read: Read, folder: str) -> int:
    for name in (".flake8", "setup.cfg", "tox.ini"):
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string((read(folder + name) or b"").decode("utf-8-sig"))
            length = parser.get("flake8", "max-line-length", fallback="").split("#")[0].strip()
        except (configparser.Error, UnicodeDecodeError):
            continue
        if length.isdecimal():
            return min(int(length), MOST)
    return 0
