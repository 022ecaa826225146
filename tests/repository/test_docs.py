"""docs/: every block runs, every link leads somewhere, and what is generated is up to date."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from doc_blocks import DOCS, ROOT, Shell, blocks, follow, matches, pages, steps
from markdown_it import MarkdownIt
from shield_helpers import make_app

from shield_ai.model.manifest_parser import parse
from shield_ai.sandbox import copy_sample

if TYPE_CHECKING:
    from shield_ai.sandbox import LocalAws

ALL = os.environ.get("SHIELD_DOCS") == "1"  # make docs; make test follows only these:
QUICK = {"index", "shell"}
NOT_RUN = 5  # blocks that need more than a loopback; a few are fine
README = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]


@pytest.mark.parametrize("page", [pytest.param(p, id=str(p.relative_to(DOCS))) for p in pages()])
def test_a_page_does_what_it_says(page: Path, aws: LocalAws, tmp_path: Path) -> None:
    if not ALL and page.stem not in QUICK:
        pytest.skip("make docs follows all pages")
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **aws.environment(os.environ),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        **{
            f"GIT_{who}_{what}": "reader@example.com"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
        "NO_COLOR": "1",
        "COLUMNS": "80",
    }
    start(page, home)
    with Shell(home, environment) as shell:
        follow(page, shell, tmp_path)


@pytest.fixture(scope="module")
def generated() -> dict[Path, str]:
    """What docs/generate.py would write now."""
    code = "import json, generate; print(json.dumps({str(path): text for path, text in generate.files().items()}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=DOCS, capture_output=True, text=True, check=True
    )
    return {Path(path): text for path, text in json.loads(done.stdout).items()}


def test_the_reference_is_up_to_date(generated) -> None:
    old = [
        str(p.relative_to(ROOT))
        for p, text in generated.items()
        if not p.exists() or p.read_text("utf-8") != text
    ]
    assert old == [], "make docs writes them"
    assert {p for p in (DOCS / "reference").iterdir() if p.is_file()} == {
        p for p in generated if p.parent != DOCS
    }


def test_every_call_is_under_permissions(generated) -> None:
    page = generated[DOCS / "reference/permissions.md"]
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    called = set(re.findall(r'translate_errors\(f?"(\w+:\w+)"', source))
    assert len(called) > 20
    assert [name for name in sorted(called) if f"`{name}`" not in page] == []


def test_messages_are_as_the_code_says_them() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in (ROOT / "src").rglob("*.py")]
    texts = {
        n.value
        for t in trees
        for n in ast.walk(t)
        if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }
    # What f-strings put in is none of the words here; the name of the manifest is.
    said = {text.replace("shield.toml", "") for text in texts} | {": "}
    quoted = re.findall(
        r"^##+ `(.+)`$", (DOCS / "troubleshooting.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(quoted) > 25
    parts = [
        (line, part)
        for line in quoted
        for part in line.replace("shield.toml", "…").split("…")
        if part.strip()
    ]
    assert [
        (line, part) for line, part in parts if not any(part.strip(" '") in text for text in said)
    ] == []


@pytest.mark.skipif(not shutil.which("groff"), reason="no groff here")
def test_the_man_page_is_in_order() -> None:
    done = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8", "-rLL=78n", DOCS / "shield.1"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == ""
    assert "shield rollback" in done.stdout


@pytest.mark.parametrize(
    ("shell", "says"), [("bash", "complete -o"), ("zsh", "#compdef shield"), ("fish", "complete ")]
)
def test_completion(shell, says) -> None:
    environment = {**os.environ, "_SHIELD_COMPLETE": f"{shell}_source"}
    command = [
        sys.executable,
        "-c",
        "import sys; from shield_ai.__main__ import main; sys.exit(main())",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert says in done.stdout, done.stderr


def clone(home: Path) -> None:
    """What of a clone of the repository the pages use."""
    copy_sample(home / "examples" / "storefront")


def shop(home: Path) -> None:
    """The shop with the .env of the first page, as it is while you work on it: in git."""
    copy = f"cp -r {ROOT}/examples/storefront/. . && find . -name __pycache__ -exec rm -r {{}} +"
    (fill,) = [
        c
        for b in blocks(DOCS / "getting-started.md")
        for c, _ in steps(b.text)
        if c.startswith("sed -e")
    ]
    subprocess.run(["bash", "-ec", f"{copy}; {fill}"], cwd=home, check=True)


STARTS = {"app": make_app, "clone": clone, "shop": shop}


def start(page: Path, home: Path) -> None:
    """Put there what the reader of a page has already: its first line says what."""
    starts = re.match(r"<!-- starts: (.+) -->", page.read_text("utf-8"))
    for thing in starts[1].split(", ") if starts else []:
        STARTS[thing](home)


def test_few_blocks_are_not_run() -> None:
    left = [str(block) for page in pages() for block in blocks(page) if block.not_run]
    assert len(left) <= NOT_RUN, left


@pytest.mark.parametrize(
    "page", [pytest.param(p, id=p.name) for p in [*README, *sorted(DOCS.rglob("*.md"))]]
)
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
    heads = [
        tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"
    ]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    missing = [str(p.relative_to(DOCS)) for p in sorted(DOCS.rglob("*.md")) if p.name != "index.md"]
    assert [name for name in missing if f"({name})" not in index] == []


READERS = {
    "toml": tomllib.loads,
    "json": json.loads,
    "yaml": lambda text: [*yaml.safe_load_all(text)],
    "python": compile,
}


@pytest.mark.parametrize(
    "block",
    [pytest.param(b, id=str(b)) for page in pages() for b in blocks(page) if b.language in READERS],
)
def test_a_block_is_what_it_says(block) -> None:
    more = (str(block), "exec") if block.language == "python" else ()
    read = READERS[block.language](block.text, *more)
    if block.language == "toml" and "app" in read:
        parse(block.text)


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
