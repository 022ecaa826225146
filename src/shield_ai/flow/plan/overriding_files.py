"""Name the files whose values win over AWS, such as those that Flask loads after the settings.

https://flask.palletsprojects.com/en/stable/config/#configuring-from-python-files
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.updated_settings import updated_settings_steps
from shield_ai.flow.preferred_modules import find_preferred_modules
from shield_ai.model.file_reader import read_optional
from shield_ai.project.layout import is_test
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.file_reader import FileReader

SETTINGS = regex(rb"\.config\.from_object\(")
LOADER = regex(
    rb"(?m)^[^#\n]{1,200}\.config\.(?P<function>from_envvar|from_pyfile|from_file|from_json)\("
    rb"\s{0,9}[\"'](?P<name>[\w./-]{1,200})[\"']"
)
STEP = (
    "{path}:{line}: {function}() loads {name} after the settings: its values override those from"
    " AWS, so remove the moved ones there"
)


def overriding_file_steps(app: AppContext) -> Iterator[str]:
    """Yield a line for each file whose values win over those from AWS."""
    scan = app.scan_result
    yield from _loaded_after_settings(scan.files, scan.facts.settings, app.tree.read)
    yield from (module.text for module in find_preferred_modules(app))
    yield from updated_settings_steps(app)


def _loaded_after_settings(
    paths: Collection[str], settings: Collection[str], read: FileReader
) -> Iterator[str]:
    """Yield a line for each call that loads a configuration file other than the app's settings.

    Args:
        paths: The Python files that were scanned.
        settings: The settings files, which the plan rewrites.
        read: Returns the bytes of a file of the app.
    """
    for path in paths:
        if is_test(path):
            continue
        raw = read_optional(read, path) or b""
        first = SETTINGS.search(raw)
        for match in LOADER.finditer(raw, first.start()) if first else ():
            name = match["name"].decode()
            if not any(file.endswith(name) for file in settings):
                function = match["function"].decode()
                line = raw.count(b"\n", 0, match.start("function")) + 1
                yield STEP.format(path=path, line=line, function=function, name=name)
