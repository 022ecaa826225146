"""Find secrets that the code only names in lists or calls, and reads in an unknown way.

    REQUIRED = ("APP_SECRET_KEY", "API_TOKEN")
    values = {name: env.get(name) for name in REQUIRED}

A file such as .env.example shows that these are variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_secret
from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.app.example_values import EXAMPLE_NAME, MAX_SIZE
from shield_ai.scan.python.app.named_variables import find_named, reads_environment
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped

ASSIGNED = regex(rb"(?m)^[ \t]*(?:export )?([A-Z][A-Z0-9_]{1,100})[ \t]?=")
# Reads in other programs, for example in a script beside the app.
ELSEWHERE = frozenset(
    {
        SkipId.OTHER_APP,
        SkipId.OUTSIDE_APP,
        SkipId.OUTSIDE_PACKAGES,
        SkipId.SCRIPT,
        SkipId.SEPARATE_SCRIPT,
    }
)


def find_listed_variables(
    scanned: Iterable[str],
    paths: Iterable[str],
    read: FileReader,
    sites: Sequence[FoundSite],
    excluded: Collection[str],
) -> Iterator[Skipped]:
    """Yield an entry for each secret of a .env file that the code names, but never reads directly.

    Args:
        scanned: The scanned Python files.
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
        sites: All sites of the app.
        excluded: Variables that are not secrets, or are already read through the runtime.
    """
    in_file: dict[str, set[str]] = {}
    for finding, site in sites:
        in_file.setdefault(finding.path, set()).update(site.variables)
    variables = _variables_in_env_files(paths, read) - set(excluded) - _read_directly(sites)
    for path in sorted(scanned) if variables else ():
        raw = read(path) or b""
        searched = variables - in_file.get(path, set())
        if not searched or not reads_environment(raw):
            continue
        lines = LineIndex(raw)
        for name, start in find_named(raw, searched, [], searched, searched).items():
            line, _ = lines.position(start)
            yield SkipId.COMPUTED_NAME.reason().entry(path, line, name)


def _read_directly(sites: Sequence[FoundSite]) -> set[str]:
    """Return the variables that the app itself reads."""
    found: set[str] = set()
    for _, site in sites:
        if site.shape in READ_SHAPES and not (site.reason and site.reason.id in ELSEWHERE):
            found.update(site.variables)
    return found


def _variables_in_env_files(paths: Iterable[str], read: FileReader) -> set[str]:
    """Return the variables in .env files and their examples that have secret-like names."""
    found: set[str] = set()
    for path in paths:
        name = path.rpartition("/")[2]
        if name != ".env" and not ("env" in name and EXAMPLE_NAME.fullmatch(name)):
            continue
        raw = read(path) or b""
        if len(raw) <= MAX_SIZE:
            found.update(match.decode() for match in ASSIGNED.findall(raw))
    return {name for name in found if is_secret(name)}
