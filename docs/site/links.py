"""Check the HTML of the site: links, anchors and external resources."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RESOURCES = {"link": "href", "script": "src", "img": "src", "iframe": "src", "source": "src"}
EXTERNAL_IN_CSS = re.compile(r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""")
NOT_LOADED = {"canonical", "index", "search", "next", "prev", "author"}  # values of rel


class Page(HTMLParser):
    """The anchors, links and resources of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.resources: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record a tag."""
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.anchors.add(values["id"])
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag in RESOURCES and values.get(RESOURCES[tag]):
            is_link = tag == "link" and values.get("rel") in NOT_LOADED
            (self.links if is_link else self.resources).append(values[RESOURCES[tag]])


def check(folder: Path) -> list[str]:
    """Return the problems of the pages in a folder."""
    folder = folder.resolve()
    pages = {}
    for path in sorted(folder.rglob("*.html")):
        pages[path] = Page(path.read_text("utf-8"))
    problems = []
    for path, page in pages.items():
        problems += [f"{path.relative_to(folder)}: {text}" for text in _problems(path, page, pages)]
    for path in sorted(folder.rglob("*.css")):
        for target in EXTERNAL_IN_CSS.findall(path.read_text("utf-8")):
            problems.append(f"{path.relative_to(folder)}: loads {target} from another site")
    linked = set()
    for path, page in pages.items():
        linked.update(_resolve(path, target)[0] for target in page.links)
    for path in sorted(pages.keys() - linked):
        problems.append(f"{path.relative_to(folder)}: no page links to it")
    return problems


def _problems(path: Path, page: Page, pages: dict[Path, Page]) -> Iterator[str]:
    for target in page.resources:
        if urlsplit(target).netloc:
            yield f"loads {target} from another site"
    for target in [*page.links, *page.resources]:
        if urlsplit(target).scheme or urlsplit(target).netloc or target == "#":
            continue
        file, anchor = _resolve(path, target)
        if not file.is_file():
            yield f"broken link {target}"
        elif anchor and file in pages and anchor not in pages[file].anchors:
            yield f"no anchor {target}"


def _resolve(page: Path, target: str) -> tuple[Path, str]:
    """Return the file and the anchor that a link of a page leads to."""
    parts = urlsplit(target)
    file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if file.is_dir():
        file /= "index.html"
    return file, unquote(parts.fragment)
