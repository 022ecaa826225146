"""Read the files of a repository outside the app, which is in a subfolder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.file_format import is_env_file
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.files.file_class import DOCUMENTS
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

MAX_FILES = 1000  # of one use; with more of them, nothing is known about any
ABOVE = regex(r"(?:\.\./)+")
DATA = regex(r"\.(?:json|toml|csv|lock|env)$")
# Variables that the official images of servers read themselves.
OF_SERVERS = regex(r"(?:POSTGRES|MYSQL|MARIADB|MONGO|REDIS|RABBITMQ|MINIO|ELASTIC)_.*")


def read_around(root: Path, path: str) -> bytes | None:
    """Return the bytes of a file; None if it can't be read or is a link to another folder.

    Args:
        root: The app's folder.
        path: The file, relative to it: `../../deploy.json`.
    """
    match = ABOVE.match(path)
    up = match[0] if match else ""
    return reader(str(root / up))(path.removeprefix(up))


def read_elsewhere(root: Path, paths: Collection[str], names: Collection[str]) -> set[str]:
    """Return the variables that code outside the app, or the image of a server, may read.

    Args:
        root: The app's folder.
        paths: The files outside the app that name a variable, except for deployment files.
        names: The variables.

    Returns:
        All variables if there are too many files, or a file can't be read or is too large.
    """
    pattern = re.compile(rb"\b(?:%s)\b" % "|".join(map(re.escape, names)).encode())
    found = {name for name in names if OF_SERVERS.fullmatch(name)}
    code = [path for path in paths if not _has_only_data(path)]
    for path in code:
        raw = read_around(root, path)
        if raw is None or len(raw) > MAX_SIZE or len(code) > MAX_FILES:
            return set(names)
        found.update(match.decode() for match in pattern.findall(raw))
    return found


def _has_only_data(path: str) -> bool:
    return bool(DATA.search(path) or DOCUMENTS.search(path)) or is_env_file(path)
