"""Find out whether a project uses DJANGO_ENV, and the app reads it with values of the runtime.

    os.environ["DJANGO_SETTINGS_MODULE"] = os.environ.get("DJANGO_ENV", "settings.dev")

To this app, DJANGO_ENV=production has another meaning, or none.
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
WORD = regex(rb"\bDJANGO_ENV\b")
# Files that can name a variable: code, env files, deployment files and documents.
TEXTS = regex(
    r"(?i)\.(py|env|ya?ml|toml|cfg|ini|conf|sh|json|md|rst|adoc|txt|tf|tfvars|service|j2|tpl)$"
    r"|(^|/)(\.env|[\w.-]*Dockerfile|Procfile|Makefile|Justfile|README)[^/]*$"
)
READ = regex(rb"[\"']DJANGO_ENV[\"']")
PRODUCTION = regex(rb"(?i)[\"'](production)[\"']")
# Code that changes the case of the value accepts it in any case.
CHANGES_CASE = regex(rb"DJANGO_ENV[\"'][^\n]{0,200}\.(?:lower|upper|casefold|capitalize|title)\(")
MODULE = regex(r"(?:^|[/_])production\.py$")
# With split_settings, include() loads a module by its path.
IMPORTS_BY_NAME = regex(rb"DJANGO_SETTINGS_MODULE|import_module|import_string|__import__|include\(")


def uses_django_env(
    paths: Collection[str], read: FileReader, app_packages: tuple[str, ...]
) -> bool:
    """Return whether a file names DJANGO_ENV, and the app does not read it with other values.

    Args:
        paths: The files of the project.
        read: Returns the bytes of a file; None if it can't be read.
        app_packages: The packages with test-like names that belong to the app.
    """
    texts = [path for path in sorted(paths) if TEXTS.search(path) and not is_copied_file(path)]
    if not any(_names_variable(read(path) or b"") for path in texts):
        return False
    python = [path for path in texts if path.endswith(".py")]
    return not _has_own_stages(python, read, app_packages)


def _names_variable(raw: bytes) -> bool:
    return NAME in raw and WORD.search(raw) is not None


def _has_own_stages(
    paths: Collection[str], read: FileReader, app_packages: tuple[str, ...]
) -> bool:
    """Return whether the app reads DJANGO_ENV, and its code does not name the value "production".

    Code that also names "Production", without changing the case of the value, may reject it.
    A module called `production` also counts as such a name if the app imports modules by the value.
    """
    reads = b""
    names: set[bytes] = set()
    for path in paths:
        raw = b"" if is_test(path, app_packages) else read(path) or b""
        if NAME not in raw:
            continue
        names.update(PRODUCTION.findall(raw.lower() if CHANGES_CASE.search(raw) else raw))
        reads += raw if READ.search(raw) else b""
    imports_production = IMPORTS_BY_NAME.search(reads) and any(map(MODULE.search, paths))
    return bool(reads) and names != {b"production"} and not imports_production
