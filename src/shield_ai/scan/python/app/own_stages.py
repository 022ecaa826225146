"""Find out whether an app reads DJANGO_ENV itself, with other values than those of the runtime.

    os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("DJANGO_ENV", "settings.dev")

To such an app, DJANGO_ENV=production has another meaning, or none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.layout import is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import is_copied_file

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader

NAME = b"DJANGO_ENV"
READ = regex(rb"[\"']DJANGO_ENV[\"']")
PRODUCTION = regex(rb"(?i)[\"']production[\"']")


def has_own_stages(paths: Collection[str], read: FileReader, app_packages: tuple[str, ...]) -> bool:
    """Return whether the app reads DJANGO_ENV, and its code does not name the value "production".

    A module called `production`, which the app can import by the value, also counts as such a name.

    Args:
        paths: The Python files of the app.
        read: Returns the bytes of a file; None if it can't be read.
        app_packages: The packages with test-like names that belong to the app.
    """
    is_read = False
    for path in paths:
        if is_copied_file(path) or is_test(path, app_packages):
            continue
        raw = read(path) or b""
        if path.endswith("production.py") or (NAME in raw and PRODUCTION.search(raw)):
            return False
        is_read = is_read or bool(READ.search(raw))
    return is_read
