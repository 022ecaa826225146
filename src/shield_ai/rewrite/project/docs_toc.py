"""Find the place of a new page in the lists of Zensical and of Sphinx with MyST.

https://zensical.org/docs/setup/navigation/
https://myst-parser.readthedocs.io/en/latest/syntax/organising_content.html
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.dependencies.toml_insertion import is_toml

if TYPE_CHECKING:
    from typing import Any

TITLE = "AWS Secrets Manager"
HAS_NAV = regex(r"(?m)^[ \t]*(?:project\.)?nav[ \t]*=")
OTHER_FOLDER = regex(r"(?m)^[ \t]*docs_dir[ \t]*=(?![ \t]*[\"']docs[\"'])")
NAV = regex(r"(?m)^nav[ \t]*=[ \t]*\[[ \t]*\n")
TOCTREE = regex(
    r"(?m)^(?P<fence>`{3,9}|:{3,9})\{toctree\}[ \t]*\n"
    r"(?P<options>(?:(?:[ \t]*|:[\w-]+:.*)\n)*+)"
    r"(?P<entries>(?:(?!`{3}|:{3}).*\n)++)(?P=fence)[ \t]*$"
)
GLOB = regex(r"(?m)^:(?:glob|reversed):")


class Insertion(NamedTuple):
    """A new item of a list of pages, and its place in characters."""

    at: int
    text: str  # empty if the file does not list the pages


NO_LIST = Insertion(0, "")


def place_in_zensical(text: str, page: str) -> Insertion | None:
    """Return the insertion after the last item of `nav`; None if the page can't be added there.

    Args:
        text: zensical.toml.
        page: The path of the page in the folder of the documentation.
    """
    if OTHER_FOLDER.search(text) or not HAS_NAV.search(text):
        return NO_LIST
    start = NAV.search(text)
    end = text.find("\n]", start.end()) if start else -1
    if not start or end < 0:
        return None
    items = text[start.end() : end].rstrip()
    first = items.lstrip()
    indent = items[: len(items) - len(first)].rpartition("\n")[2]
    space = " " if first.startswith("{ ") else ""
    item = f'{indent}{{{space}"{TITLE}" = "{page}"{space}}}'
    at = start.end() + len(items)
    insertion = Insertion(at, f"\n{item}," if items.endswith(",") else f",\n{item}")
    before, after = _pages(items), _pages(items + insertion.text)
    return insertion if before and after == [*before, {TITLE: page}] else None


def _pages(items: str) -> list[Any]:
    """Return the items of a list; empty if it is invalid.

    Zensical supports TOML 1.1, in which inline tables can contain newlines; tomllib does not.
    """
    lines = [line for line in items.splitlines() if not line.lstrip().startswith("#")]
    line = f"nav = [{' '.join(lines)}]"
    pages = tomllib.loads(line)["nav"] if is_toml(line) else []
    return pages if isinstance(pages, list) else []


def place_in_toctree(text: str, page: str) -> Insertion:
    """Return the insertion after the last entry of the last toctree that lists its pages.

    Args:
        text: A page in MyST Markdown.
        page: The path of the new page, from the folder of the other page.
    """
    insertion = NO_LIST
    stem = page.removesuffix(".md")
    for match in TOCTREE.finditer(text):
        entries = match["entries"].rstrip().splitlines()
        if any(entry.strip().removesuffix(".md") == stem for entry in entries):
            return NO_LIST
        if entries and not GLOB.search(match["options"]):
            name = page if entries[-1].rstrip().endswith(".md") else stem
            at = match.start("entries") + len(match["entries"].rstrip())
            insertion = Insertion(at, f"\n{name}")
    return insertion
