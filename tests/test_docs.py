"""docs/: every block runs, every link leads somewhere, and what is generated is up to date."""

from __future__ import annotations

import os
import re
import tomllib
from typing import TYPE_CHECKING

import pytest
from doc_blocks import DOCS, ROOT, Shell, blocks, follow, matches, pages, steps
from markdown_it import MarkdownIt
from shield_helpers import make_app

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.localaws import LocalAws

ALL = os.environ.get("SHIELD_DOCS") == "1"  # make docs; make test follows only these:
QUICK = {"index", "getting-started"}
NOT_RUN = 12  # blocks that need more than a loopback; a few are fine
README = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]


@pytest.mark.parametrize("page", [pytest.param(p, id=str(p.relative_to(DOCS))) for p in pages()])
def test_a_page_does_what_it_says(page: Path, aws: LocalAws, tmp_path: Path) -> None:
    if not ALL and page.stem not in QUICK:
        pytest.skip("make docs follows all pages")
    home = tmp_path / "home"
    home.mkdir()
    if "<!-- app: shop -->" in page.read_text("utf-8"):  # the page begins in the folder of an app
        make_app(home)
    environment = {
        **aws.environment(os.environ),
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "HOME": str(home),
        "REPO": str(ROOT),
        "NO_COLOR": "1",
        "COLUMNS": "80",
    }
    with Shell(home, environment) as shell:
        follow(page, shell, tmp_path)


def test_few_blocks_are_not_run() -> None:
    left = [str(block) for page in pages() for block in blocks(page) if block.not_run]
    assert len(left) <= NOT_RUN, left


@pytest.mark.parametrize("page", [pytest.param(p, id=p.name) for p in [*README, *sorted(DOCS.rglob("*.md"))]])
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The headings of a page, as GitHub names them."""
    tokens = MarkdownIt().parse(page.read_text("utf-8"))
    heads = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    missing = [str(p.relative_to(DOCS)) for p in sorted(DOCS.rglob("*.md")) if p.name != "index.md"]
    assert [name for name in missing if f"({name})" not in index] == []


@pytest.mark.parametrize(
    "block",
    [pytest.param(b, id=str(b)) for page in pages() for b in blocks(page) if b.language == "toml"],
)
def test_toml_is_toml(block) -> None:
    tomllib.loads(block.text)


@pytest.mark.parametrize(
    ("expected", "output", "same"),
    [
        pytest.param([], "anything", True, id="no output is shown"),
        pytest.param(["a", "b"], "a\nb\n", True, id="the same"),
        pytest.param(["a"], "a\nb\n", False, id="more was said"),
        pytest.param(["a", "...", "d"], "a\nb\nc\nd\n", True, id="lines left out"),
        pytest.param(["a", "...", "b"], "a\nb\n", True, id="none left out"),
        pytest.param(["in ... s"], "in 1.5 s\n", True, id="a part left out"),
        pytest.param(["in ... s"], "in 1.5\nx s\n", False, id="a part is of one line"),
        pytest.param(["a+"], "aa\n", False, id="no pattern"),
    ],
)
def test_outputs_are_compared(expected, output, same) -> None:
    assert matches(expected, output) is same


def test_commands_may_go_over_lines() -> None:
    assert steps("$ a \\\n    b\nsays\n$ c\n") == [("a \\\n    b", ["says"]), ("c", [])]
