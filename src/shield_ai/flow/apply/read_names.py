"""Find the names of variables that the code of settings reads, to show them in messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from pathlib import Path

MAX_FILES = 50
MAX_SIZE = 1_000_000  # bytes of a file
# For example: os.environ["NAME"], env.str("NAME"), get_config_value("NAME"), environ_name="NAME"
READ = regex(
    r"(?:(?i:\b[\w.]{0,60}(?:env|config)[\w.]{0,60})\s?[\[(]\s{0,40}"
    r"|\b[a-z_]{0,60}env[a-z_]{0,60}=)"  # a keyword argument
    r"[\"']([A-Z][A-Z0-9_]{1,60})[\"']"
)


def names_read_in(folder: Path) -> set[str]:
    """Return the names of variables that the Python files in a folder read.

    Args:
        folder: The folder of a settings module; its subfolders are not searched.
    """
    names: set[str] = set()
    for path in sorted(folder.glob("*.py"))[:MAX_FILES]:
        try:
            raw = read_regular_file(path, MAX_SIZE)
        except OSError:
            continue
        names.update(READ.findall(raw.decode("utf-8", "replace")))
    return names
