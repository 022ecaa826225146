"""Find the variables that the documentation of an app shows as URLs with a login.

    SCRAPYD_URL=https://user:password@scrapyd.example.com

The name alone does not tell that such a URL is a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.layout import is_env_example
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader

README = regex(r"(?i)readme(?:\.(?:md|rst|txt|adoc))?")
# The user and the password can be placeholders: https://<user>:<password>@host
LOGIN = regex(rb"\b[a-z][a-z0-9+.-]{1,20}://[^\s/@:]{1,60}:[^\s/@]{1,60}@")
NAME = regex(rb"\b[A-Z][A-Z0-9_]{0,60}_(?:URL|URI|ENDPOINT|SERVER)\b")
MAX_DISTANCE = 200  # bytes between a variable and its value, on one line
MAX_SIZE = 200_000  # bytes
MESSAGE = "{} shows {} as a URL with a login"


def find_documented_logins(paths: Iterable[str], read: FileReader) -> dict[str, str]:
    """Map variables to the description of the place that shows their login.

    Args:
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
    """
    found: dict[str, str] = {}
    for path in sorted(paths):
        if README.fullmatch(path) or is_env_example(path):
            raw = read(path) or b""
            if len(raw) <= MAX_SIZE:
                for variable in _variables_with_login(raw):
                    found.setdefault(variable, MESSAGE.format(path, variable))
    return found


def _variables_with_login(raw: bytes) -> Iterator[str]:
    for login in LOGIN.finditer(raw):
        start = max(raw.rfind(b"\n", 0, login.start()) + 1, login.start() - MAX_DISTANCE)
        names = list(NAME.finditer(raw, start, login.start()))
        if names and b"://" not in raw[names[-1].end() : login.start()]:
            yield names[-1][0].decode()
