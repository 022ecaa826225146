"""Read the lines of pip's requirements files, and add a requirement to them."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.dependencies.line_style import in_style_of
from shield_ai.rewrite.project.dependencies.sections import end_of_production, ends_with_section
from shield_ai.rewrite.project.dependencies.sorted_position import sorted_position
from shield_ai.rewrite.project.dependencies.version_form import choose_pin, with_version
from shield_ai.rewrite.project.dependencies.version_pins import outdated_dependency
from shield_ai.rewrite.project.dependencies.wanted_requirements import NAME, requirement_name
from shield_ai.rewrite.project.file_edits import (
    Outcome,
    append_lines,
    encoding_problem,
    insertion_change,
    skip_file,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.rewrite.project.dependencies.wanted_requirements import Wanted

LOGICAL_LINE = regex(rb"(?:\\\r?\n|[^\n])*\n?")  # with its continuation lines
# Another file, another option, or the package in the folder, perhaps with extras.
NO_REQUIREMENT = regex(
    rb"-(?!e|-editable)|(?:(?:-e|--editable)[ \t=]*)?\.(?:\[[^]\n]*\])?/?(?:[ \t]|$)"
)
# The name of a distribution in the path of a wheel or the URL of a repository.
NAME_IN_URL = regex(r"(?:egg=|/)([A-Za-z0-9_.]+)(?=[-@&\[\s.]|$)")


def add_requirement(path: str, raw: bytes, wanted: Wanted) -> Outcome:
    """Insert a requirement in the sort order of a file, or else below those of production."""
    lines = requirement_lines(raw)
    requirement, bound = next(iter(wanted.items()))
    texts = [line.text for line in lines]
    problem = outdated_dependency(texts, requirement_name(requirement))
    if problem:
        return skip_file(path, problem)
    if not bound.known:
        bound = bound._replace(known=choose_pin(requirement, texts, bound.python))
    text = in_style_of(texts, requirement, with_version(requirement, bound, texts)) + "\n"
    at = _sorted_place(lines, requirement_name(requirement))
    if at is None:
        at = end_of_production(raw, lines)
    if at is None or encoding_problem(raw):
        return append_lines(path, raw, text, gap=ends_with_section(raw))
    return [insertion_change(path, raw, at, text)], []


class RequirementLine(NamedTuple):
    """A requirement with its continuation lines."""

    start: int
    end: int
    name: str
    text: str


def requirement_lines(raw: bytes) -> list[RequirementLine]:
    """Return the requirements of a file, with their positions."""
    lines = []
    start = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
    for match in LOGICAL_LINE.finditer(raw, start):
        text = match[0].decode("utf-8", "replace")
        name = NAME.match(text)
        if name:
            lines.append(RequirementLine(match.start(), match.end(), name[1], text))
    return lines


def _sorted_place(lines: Sequence[RequirementLine], name: str) -> int | None:
    """Return the offset of a new requirement; None if it comes last or the lines are not sorted."""
    position = sorted_position([line.name for line in lines], name)
    if position is None or position == len(lines):
        return None
    return lines[position - 1].end if position else lines[0].start


def required_names(raw: bytes) -> set[str]:
    """Return the normalized names of the distributions that a requirements file installs."""
    names: set[str] = set()
    for line in raw.decode("utf-8-sig", "replace").splitlines():
        code = re.sub(r"(?:^|\s)#.*", "", line)
        names |= {canonicalize_name(match[1]) for match in NAME_IN_URL.finditer(code)}
        names.add(requirement_name(code))
    return names - {""}


def only_includes(raw: bytes) -> bool:
    """Return whether a requirements file only includes others, or only installs the app itself."""
    lines = [line.strip() for line in raw.removeprefix(codecs.BOM_UTF8).splitlines()]
    entries = [line for line in lines if line and not line.startswith(b"#")]
    return bool(entries) and all(map(NO_REQUIREMENT.match, entries))
