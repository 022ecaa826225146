"""Add a page to the navigation of MkDocs, Zensical, mdBook and Sphinx with MyST.

MkDocs and Sphinx report pages that are missing there, and mdBook does not build them.

https://www.mkdocs.org/user-guide/configuration/#nav
https://rust-lang.github.io/mdBook/format/summary.html
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import yaml

from shield_ai.model.file_reader import read_optional
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.dependencies.toml_insertion import BOM, byte_offset
from shield_ai.rewrite.project.docs_toc import (
    NO_LIST,
    TITLE,
    Insertion,
    place_in_toctree,
    place_in_zensical,
)
from shield_ai.rewrite.project.file_edits import encoding_problem, insertion_change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader

FOLDER = "docs"
SPHINX_CONFIG = f"{FOLDER}/conf.py"
INDEX = f"{FOLDER}/index.md"
MYST = regex(rb"[\"']myst_(?:parser|nb)[\"']")
MAX_SIZE = 100_000  # bytes
QUOTES = ("'", '"')
ITEM = regex(r"^[-*+] +\[[^]\n]+\]\([^)\n]*\)[ \t]*$")  # `- [Title](page.md)`
NESTED = regex(r"^(?:[ \t]+\S.*)?$")


class Navigation(NamedTuple):
    """How a new page gets into the navigation."""

    changes: list[FileChange]
    problem: str = ""  # the file that lists the pages in a form that can't be extended


def add_to_navigation(page: str, read: FileReader) -> Navigation:
    """Add a new page to the files that list the pages of the folder `docs`.

    Args:
        page: The path of the page in this folder.
        read: Returns the bytes of a file of the app, None if it does not exist.
    """
    changes: list[FileChange] = []
    for path, find_place in PLACES.items():
        raw = read(path)
        if raw is None or page.encode() in raw or not _lists_pages(path, read):
            continue
        if len(raw) > MAX_SIZE or encoding_problem(raw):
            return Navigation([], path)
        text = raw.decode().removeprefix(BOM).replace("\r\n", "\n")
        place = find_place(text, page)
        if place is None:
            return Navigation([], path)
        if place.text:
            at = byte_offset(raw.decode(), place.at)
            changes.append(insertion_change(path, raw, at, place.text))
    return Navigation(changes)


def _lists_pages(path: str, read: FileReader) -> bool:
    """Return whether a file is in use: an index in Markdown has a toctree only with MyST."""
    return path != INDEX or bool(MYST.search(read_optional(read, SPHINX_CONFIG) or b""))


def _line_at(text: str, at: int, line: str) -> Insertion:
    """Return the insertion of a line, at the start of a line or at the end of the file."""
    start = "" if text[:at].endswith("\n") else "\n"
    return Insertion(at, f"{start}{line}\n")


def _place_in_summary(text: str, page: str) -> Insertion | None:
    """Return the insertion after the last top-level item and its nested items; None without one."""
    bullet = ""
    end = at = 0
    for line in text.splitlines(keepends=True):
        content = line.rstrip("\r\n")
        start, at = at, at + len(line)
        if ITEM.match(content):
            bullet, end = content[0], at
        elif bullet and end == start and content.strip() and NESTED.match(content):
            end = at
    return _line_at(text, end, f"{bullet} [{TITLE}]({page})") if bullet else None


def _place_in_mkdocs(text: str, page: str) -> Insertion | None:
    """Return the insertion after the last item of `nav`; None if the page can't be added there."""
    navigation = _navigation(text)
    if navigation is None:
        return None
    if not isinstance(navigation, yaml.SequenceNode):
        return NO_LIST if _is_null(navigation) else None
    if navigation.flow_style or not navigation.value or _has_aliases(navigation):
        return None
    last = navigation.value[-1]
    line_start = text.rfind("\n", 0, last.start_mark.index) + 1
    bullet = text[line_start : last.start_mark.index]
    if bullet.strip() != "-":
        return None
    end = text.find("\n", max(node.end_mark.index for node in _scalars(last)))
    item = _item(navigation, page)
    place = _line_at(text, end + 1 if end >= 0 else len(text), f"{bullet}{item}")
    after = _navigation(text[: place.at] + place.text + text[place.at :])
    return place if _is_extended(navigation, after, item) else None


def _item(navigation: yaml.Node, page: str) -> str:
    """Return the new item of `nav`, with the quotes that most titles and most paths have."""
    titles: list[yaml.Node] = []
    paths: list[yaml.Node] = []
    pending = [navigation]
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.SequenceNode):
            pending += node.value
        elif isinstance(node, yaml.MappingNode):
            titles += [title for title, _ in node.value]
            pending += [value for _, value in node.value]
        else:
            paths.append(node)
    title_quote, path_quote = _most_used_quote(titles), _most_used_quote(paths)
    return f"{title_quote}{TITLE}{title_quote}: {path_quote}{page}{path_quote}"


def _most_used_quote(nodes: Iterable[yaml.Node]) -> str:
    styles = [node.style for node in nodes if isinstance(node, yaml.ScalarNode)]
    quotes = Counter(style if style in QUOTES else "" for style in styles)
    return max(quotes, key=lambda quote: quotes[quote], default="")


def _navigation(text: str) -> yaml.Node | None:
    """Return the value of `nav`; None if the file is invalid.

    A null node means that there is no list to extend: the file has no `nav`, or the site is built
    from a folder other than `docs`.
    """
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    values: dict[str, yaml.Node] = {
        key.value: value for key, value in pairs if isinstance(key, yaml.ScalarNode)
    }
    folder = values.get("docs_dir")
    missing = yaml.ScalarNode("tag:yaml.org,2002:null", "")
    if folder is not None and str(folder.value).removeprefix("./").rstrip("/") != FOLDER:
        return missing
    return values.get("nav", missing)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _has_aliases(node: yaml.Node) -> bool:
    """Return whether a node contains itself, or another node twice."""
    seen: set[int] = set()
    pending = [node]
    while pending:
        item = pending.pop()
        if id(item) in seen:
            return True
        seen.add(id(item))
        if isinstance(item, yaml.SequenceNode):
            pending += item.value
        elif isinstance(item, yaml.MappingNode):
            pending += itertools.chain.from_iterable(item.value)
    return False


def _scalars(node: yaml.Node) -> Iterator[yaml.Node]:
    """Yield the scalars in a node, or the node itself."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from (*_scalars(key), *_scalars(value))
    else:
        yield node


def _is_extended(before: yaml.Node, after: yaml.Node | None, item: str) -> bool:
    """Return whether the list has the new item at its end, and no other change."""
    if not isinstance(after, yaml.SequenceNode):
        return False
    added = yaml.compose(item, Loader=yaml.SafeLoader)
    return list(map(_plain, after.value)) == list(map(_plain, (*before.value, added)))


def _plain(node: yaml.Node) -> object:
    """Return the content of a node without its position."""
    if isinstance(node, yaml.MappingNode):
        return [(_plain(key), _plain(value)) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return node.value


PLACES: dict[str, Callable[[str, str], Insertion | None]] = {
    "mkdocs.yml": _place_in_mkdocs,
    "mkdocs.yaml": _place_in_mkdocs,
    "zensical.toml": place_in_zensical,
    # of mdBook, and of the plugin literate-nav of MkDocs
    f"{FOLDER}/SUMMARY.md": _place_in_summary,
    INDEX: place_in_toctree,
}
