"""Find the license comment at the top of an app's modules."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.file_reader import read_optional
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import is_copied_file
from shield_ai.rewrite.project.import_names import root_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.rewrite.project.fixer import FixContext

# https://spdx.dev/learn/handling-license-info/, in the first five lines.
SPDX = regex(r"# SPDX-License-Identifier: [A-Za-z0-9.+() -]{1,80}\Z")
SPDX_LINES = 5
MAX_LINES = 40  # STAMP in stamp.py accepts at most 40 lines above the stamp
# Lines that apply to one file only: its interpreter, its encoding and its authors.
FILE_LINE = regex(r"#!|#.*coding[:=]|#\s*(?i:@?authors?|maintainers?|created by|written by)\b")
LICENSE_WORD = regex(r"(?i)copyright|licen[cs]e|\(c\)|©|rights reserved")
DIRECTIVE = regex(r"#\s*(?:noqa|pylint|flake8|mypy|ruff|isort|pyright|type|fmt|shield)\b")
YEARS = regex(r"\b(?:19|20)\d\d(?:\s*[-\N{EN DASH}]\s*(?:(?:19|20)\d\d|present))?\b")


class LicenseHeaders(NamedTuple):
    """The comments that new modules begin with, each ends with a newline; "" without one."""

    module: str = ""
    package: str = ""  # of a new `__init__.py`


NO_HEADERS = LicenseHeaders()


def license_headers(context: FixContext) -> LicenseHeaders:
    """Return the comments that most modules of the map file's package begin with.

    Comments that differ only in their years are the same; the result has the latest years.
    """
    folder, runtime = _package_folder(context), context.manifest.app.runtime
    texts: dict[str, str] = {}
    for path in context.app.paths:
        is_own = path.startswith(folder) and not is_copied_file(path) and path != runtime
        if is_own and "/migrations/" not in path:
            raw = read_optional(context.read, path) or b""
            texts[path] = raw.decode("utf-8-sig", "replace")
    modules = [text for text in texts.values() if text.strip()]
    packages = [text for path, text in texts.items() if path.endswith("/__init__.py")]
    return LicenseHeaders(_common_header(modules), _common_header(packages))


def _common_header(texts: list[str]) -> str:
    comments = _most_used(map(_first_comment, texts), len(texts))
    return comments or _most_used(map(_spdx_line, texts), len(texts))


def _package_folder(context: FixContext) -> str:
    path = context.manifest.app.runtime
    root = root_of(context.read, path, context.module)
    prefix = f"{root}/" if root else ""
    package = path.removeprefix(prefix).rpartition("/")[0].partition("/")[0]
    return f"{prefix}{package}/" if package else prefix


def _first_comment(text: str) -> str:
    """Return the comment at the top of a module if it has several lines or mentions a license."""
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            lines.append(line.rstrip())
        elif lines or line.strip():
            break
    lines = [line for line in lines if not FILE_LINE.match(line)]
    comment = "\n".join(lines)
    is_header = len(lines) > 1 or LICENSE_WORD.search(comment)
    if not is_header or len(lines) > MAX_LINES or "\ufffd" in comment:
        return ""
    return "" if any(map(DIRECTIVE.match, lines)) else comment


def _spdx_line(text: str) -> str:
    for line in text.split("\n")[:SPDX_LINES]:
        match = SPDX.match(line.rstrip())
        if match:
            return match[0]
    return ""


def _most_used(comments: Iterable[str], total: int) -> str:
    """Return the comment of at least half of the modules, with a newline; "" if there is none."""
    versions: dict[str, Counter[str]] = defaultdict(Counter)
    for comment in filter(None, comments):
        versions[YEARS.sub("YEAR", comment)][comment] += 1
    for found in versions.values():
        count = found.total()
        if count * 2 >= total and count >= min(total, 2):
            return f"{max(found, key=_years)}\n"
    return ""


def _years(comment: str) -> list[str]:
    """Return the last year of each range; "present" comes after all years."""
    return [match[0].replace("present", "9999")[-4:] for match in YEARS.finditer(comment)]
