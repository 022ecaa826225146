"""Read the options of Black, ruff and flake8 from a project's configuration files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from shield_ai.project.ini_file import parse_ini
from shield_ai.project.pyproject_file import PYPROJECT, parse_toml
from shield_ai.rewrite.config_folders import folders_above

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader

    Table = dict[str, Any]

MAX_EXTENDED = 5  # configurations of ruff that extend each other
TABLE_LEVELS = 3  # of ruff's options, such as lint.isort.sections
RUFF_FILES = (".ruff.toml", "ruff.toml", PYPROJECT)  # in the order of ruff
FLAKE8_FILES = ("setup.cfg", "tox.ini", ".flake8")  # in the order of flake8
# The lists that add to those of an extended configuration, unless there is a list `select`.
ADDED_RULES = frozenset({"ignore", "extend-select", "extend-ignore"})


def pyproject_tool(raw: bytes | None, name: str) -> Table | None:
    """Return the options of a tool in a pyproject.toml; None without its table.

    Args:
        raw: The bytes of the file.
        name: The name of the tool.
    """
    tools = parse_toml(raw).get("tool")
    table = tools.get(name) if isinstance(tools, dict) else None
    return table if isinstance(table, dict) else None


def black_options(read: FileReader, folder: str) -> Table | None:
    """Return Black's options in the pyproject.toml of a folder; None without its table.

    Their names have underscores: like Black, this accepts `line_length` for `line-length`.

    Args:
        read: Returns the bytes of a file of the app; None if it does not exist.
        folder: The folder, with a trailing slash if it is not the app's.
    """
    table = pyproject_tool(read(folder + PYPROJECT), "black")
    if table is None:
        return None
    return {name.replace("-", "_"): value for name, value in table.items()}


def ruff_options(read: FileReader, folder: str) -> Table | None:
    """Return ruff's options in a folder, and those that they extend; None without any.

    https://docs.astral.sh/ruff/settings/#extend

    Args:
        read: Returns the bytes of a file of the app; None if it does not exist.
        folder: The folder, with a trailing slash if it is not the app's.
    """
    tables = (_ruff_table(read, folder + name) for name in RUFF_FILES)
    table = next((table for table in tables if table is not None), None)
    if table is None:
        return None
    options = table
    for _ in range(MAX_EXTENDED):
        extended = table.get("extend")
        if not isinstance(extended, str) or "\0" in extended:
            break
        path = posixpath.normpath(folder + extended)
        table = _ruff_table(read, path) or {}
        folder = f"{path.rpartition('/')[0]}/".lstrip("/")
        # The folders in `src` are relative to the extended file: where they are is not followed.
        inherited = {**table, "src": None} if "src" in table else table
        options = _with_extended(options, inherited)
    return options


def _ruff_table(read: FileReader, path: str) -> Table | None:
    raw = read(path)
    if raw is None:
        return None
    return pyproject_tool(raw, "ruff") if path.endswith(PYPROJECT) else parse_toml(raw)


def _with_extended(table: Table, extended: Table, levels: int = TABLE_LEVELS) -> Table:
    """Return options with those of an extended configuration that they do not replace.

    Args:
        table: The options.
        extended: The options of the extended configuration.
        levels: How many levels of tables are merged.
    """
    merged = dict(extended)
    if "select" in table:
        merged = {key: value for key, value in merged.items() if key not in ADDED_RULES}
    for key, value in table.items():
        old = merged.get(key)
        if levels and isinstance(value, dict) and isinstance(old, dict):
            merged[key] = _with_extended(value, old, levels - 1)
        elif key in ADDED_RULES and isinstance(value, list) and isinstance(old, list):
            merged[key] = [*old, *value]
        else:
            merged[key] = value
    return merged


def flake8_options(read: FileReader, path: str) -> dict[str, str] | None:
    """Return the nearest configuration of flake8, by names with underscores; None if not found."""
    for folder in folders_above(path):
        for name in FLAKE8_FILES:
            parser = parse_ini(read(folder + name))
            if parser.has_section("flake8"):
                return {key.replace("-", "_"): text for key, text in parser["flake8"].items()}
    return None
