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
PRODUCTION = regex(rb"(?i)[\"'](production)[\"']")
# Code that changes the case of the value accepts it in any case.
CHANGES_CASE = regex(rb"DJANGO_ENV[\"'][^\n]{0,200}\.(?:lower|upper|casefold|capitalize|title)\(")
MODULE = regex(r"(?:^|[/_])production\.py$")
# With split_settings, include() loads a module by its path.
IMPORTS_BY_NAME = regex(rb"DJANGO_SETTINGS_MODULE|import_module|import_string|__import__|include\(")


def has_own_stages(paths: Collection[str], read: FileReader, app_packages: tuple[str, ...]) -> bool:
    """Return whether the app reads DJANGO_ENV, and its code does not name the value "production".

    Code that also names "Production", without changing the case of the value, may reject it.
    A module called `production` also counts as such a name if the app imports modules by the value.

    Args:
        paths: The Python files of the app.
        read: Returns the bytes of a file; None if it can't be read.
        app_packages: The packages with test-like names that belong to the app.
    """
    reads = b""
    names: set[bytes] = set()
    for path in paths:
        raw = b"" if is_copied_file(path) or is_test(path, app_packages) else read(path) or b""
        if NAME not in raw:
            continue
        names.update(PRODUCTION.findall(raw.lower() if CHANGES_CASE.search(raw) else raw))
        reads += raw if READ.search(raw) else b""
    imports_production = IMPORTS_BY_NAME.search(reads) and any(map(MODULE.search, paths))
    return bool(reads) and names != {b"production"} and not imports_production
