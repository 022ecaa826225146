"""Find the variables with a URL that a Helm chart builds from parts, such as a host and a tag."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.walk import walk_all
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from shield_ai.model.skip import SkipReason

# https://helm.sh/docs/topics/charts/
CHART = regex(r"(?:.*/)?Chart\.ya?ml")
TEMPLATE = regex(r".*\.(?:ya?ml|tpl)")
MAX_SIZE = 200_000  # bytes
_NAME = rb"(?P<name>[A-Z][A-Z0-9_]{1,80})[\"']?"
_VALUE = rb"[ \t]*(?:[>|]-?[ \t]*\r?\n[ \t]+)?(?P<value>[^\r\n]{1,1000})"
# An entry of a container, an entry of a ConfigMap or a Secret, or a line of a script in one.
ENTRIES = (
    regex(
        rb"(?m)^[ \t]{0,40}-[ \t]{1,40}name:[ \t]{0,40}[\"']?"
        + _NAME
        + rb"[ \t]{0,40}\r?\n[ \t]{1,40}value:"
        + _VALUE
    ),
    regex(rb"(?m)^[ \t]{0,40}[\"']?" + _NAME + rb":" + _VALUE),
    regex(rb"(?m)^[ \t]{0,40}(?:export[ \t]{1,40})?" + _NAME + rb"=" + _VALUE),
)
# A URL with a part that the chart or the shell inserts.
BUILT_URL = regex(rb"[\w}]://[^\r\n]{0,500}?(?:\{\{|\$[({A-Za-z_]|%[sdv])")
DEFINITION = regex(rb"\{\{-?[ \t]{0,40}define[ \t]{1,40}\"([\w.-]{1,200})\"")
INCLUDE = regex(rb"\b(?:include|template)[ \t]{1,40}\"([\w.-]{1,200})\"")


def find_chart_variables(root: Path) -> dict[str, SkipReason]:
    """Map such variables to the reason not to move them: their value changes with the release.

    Args:
        root: The app's folder.

    Raises:
        SourceError: The folder can't be listed.
    """
    paths = sorted(entry.path for entry in walk_all(root))
    read = reader(str(root))
    reasons: dict[str, SkipReason] = {}
    for templates in _templates_by_chart(paths):
        files = {path: (read(path) or b"")[:MAX_SIZE] for path in templates}
        for path, variable in _built_variables(files):
            reasons.setdefault(variable, SkipId.BUILT_BY_CHART.reason(path=path))
    return reasons


def _templates_by_chart(paths: Sequence[str]) -> Iterable[list[str]]:
    """Return the templates of each chart."""
    charts: dict[str, list[str]] = {
        f"{path.rpartition('/')[0]}/": [] for path in filter(CHART.fullmatch, paths)
    }
    for path in filter(TEMPLATE.fullmatch, paths) if charts else ():
        parent, folder, _ = f"/{path}".rpartition("/templates/")
        chart = f"{parent}/".removeprefix("/") or "/"
        if folder and chart in charts:
            charts[chart].append(path)
    return charts.values()


def _built_variables(files: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Yield path and variable of each URL that the templates of a chart build."""
    templates = {name for raw in files.values() for name in _url_templates(raw)}
    for path, raw in files.items():
        for variable in _variables(raw, templates):
            yield path, variable


def _url_templates(raw: bytes) -> Iterator[bytes]:
    """Yield the names of the named templates in a file that build a URL."""
    for match, following in itertools.pairwise([*DEFINITION.finditer(raw), None]):
        end = following.start() if following else len(raw)
        if match and BUILT_URL.search(raw, match.end(), end):
            yield match[1]


def _variables(raw: bytes, templates: set[bytes]) -> Iterator[str]:
    for entry in ENTRIES:
        for match in entry.finditer(raw):
            value = match["value"]
            if BUILT_URL.search(value) or not templates.isdisjoint(INCLUDE.findall(value)):
                yield match["name"].decode()
