"""Tests of docs/: code blocks, links, generated files and error messages."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from doc_blocks import (
    DOCS,
    ROOT,
    Shell,
    blocks,
    follow,
    matches,
    pages,
    printed_lines,
    steps,
)
from markdown_it import MarkdownIt
from shield_helpers import make_app

import shield_runtime
from shield_ai.model.hidden import Hidden
from shield_ai.sandbox import copy_sample

if TYPE_CHECKING:
    from shield_ai.sandbox import LocalAws, LocalPostgres

ALL_PAGES = os.environ.get("SHIELD_DOCS") == "1"  # set by make docs
QUICK_PAGES = {"index", "shell"}  # run by make test
MAX_NOT_RUN = 5
README = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")]


@pytest.mark.parametrize("page", [pytest.param(p, id=str(p.relative_to(DOCS))) for p in pages()])
def test_page_runs(
    page: Path, aws: LocalAws, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if not ALL_PAGES and page.stem not in QUICK_PAGES:
        pytest.skip("only make docs runs all pages")
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        **aws.environment(os.environ),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "GIT_AUTHOR_NAME": "reader@example.com",
        "GIT_AUTHOR_EMAIL": "reader@example.com",
        "GIT_COMMITTER_NAME": "reader@example.com",
        "GIT_COMMITTER_EMAIL": "reader@example.com",
        "NO_COLOR": "1",
        "COLUMNS": "80",
    }
    prepare(page, home, request)
    with Shell(home, environment) as shell:
        follow(page, shell, tmp_path)


def prepare(page: Path, home: Path, request: pytest.FixtureRequest) -> None:
    """Create what a page starts from, according to its first line."""
    starts = re.match(r"<!-- starts: (.+) -->", page.read_text("utf-8"))
    if not starts:
        return
    if starts[1] == "database":
        database(home, request.getfixturevalue("postgres"))
    else:
        STARTS[starts[1]](home)


def clone(home: Path) -> None:
    """Create the part of a clone of this repository that the pages use."""
    copy_sample(home / "examples" / "storefront")


def shop(home: Path) -> None:
    """Create the sample shop with the .env file of getting-started.md."""
    copy = f"cp -r {ROOT}/examples/storefront/. . && find . -name __pycache__ -exec rm -r {{}} +"
    commands = []
    for block in blocks(DOCS / "getting-started.md"):
        if block.language == "console":
            commands += [command for command, _ in steps(block.text)]
    (fill,) = [command for command in commands if command.startswith("sed -e")]
    subprocess.run(["bash", "-ec", f"{copy}; {fill}"], cwd=home, check=True)


def database(home: Path, server: LocalPostgres) -> None:
    """Create a database and its owner, and write the login to login.json."""
    name = f"shop_{secrets.token_hex(4)}"
    password = secrets.token_hex(12)
    server.create_role_and_database(name, Hidden(password), name)
    login = {
        "host": server.host,
        "port": str(server.port),
        "database": name,
        "username": name,
        "password": password,
    }
    (home / "login.json").write_text(json.dumps(login), "utf-8")


STARTS = {"app": make_app, "clone": clone, "shop": shop}


@pytest.fixture(scope="module")
def generated() -> dict[Path, str]:
    """What docs/generate.py would write."""
    code = (
        "import json, generate\n"
        "print(json.dumps({str(path): text for path, text in generate.files().items()}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=DOCS, capture_output=True, text=True, check=True
    )
    return {Path(path): text for path, text in json.loads(done.stdout).items()}


def test_reference_is_up_to_date(generated) -> None:
    outdated = []
    for path, text in generated.items():
        if not path.exists() or path.read_text("utf-8") != text:
            outdated.append(str(path.relative_to(ROOT)))
    assert outdated == [], "run make docs"
    existing = {path for path in (DOCS / "reference").rglob("*") if path.is_file()}
    assert existing == {path for path in generated if path.parent != DOCS}


def test_signatures_of_the_python_api(generated) -> None:
    page = generated[DOCS / "reference/python.md"]
    shown: dict[str, set[str]] = {}
    for block in re.findall(r"```python\n((?:async )?def .+?)\n```", page, re.DOTALL):
        for function in ast.parse(block).body:
            names = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
            shown.setdefault(function.name, set()).update(names)
            assert ast.unparse(function.returns) != "Any"
    for name in shield_runtime.__all__:
        function = getattr(shield_runtime, name)
        if not inspect.isroutine(function):
            continue
        parameters = inspect.signature(function).parameters.values()
        assert shown[name] == {p.name for p in parameters if p.kind is not p.VAR_POSITIONAL}


def test_permissions_page_lists_every_call(generated) -> None:
    page = generated[DOCS / "reference/permissions.md"]
    source = "".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    calls = set(re.findall(r'translate_errors\(f?"(\w+:\w+)"', source))
    assert len(calls) > 20
    assert [name for name in sorted(calls) if f"`{name}`" not in page] == []


def test_messages_in_troubleshooting_exist_in_the_code() -> None:
    page = (DOCS / "troubleshooting.md").read_text("utf-8")
    headings = re.findall(r"^##+ `(.+)`$", page, re.MULTILINE)
    assert len(headings) > 25
    # Headings have "…" in place of the values that f-strings insert.
    texts = {text.replace("shield.toml", "") for text in string_constants()}
    missing = []
    for heading in headings:
        for part in heading.replace("shield.toml", "…").split("…"):
            if not any(part.strip(" ':") in text for text in texts):
                missing.append((heading, part))
    assert missing == []


def string_constants() -> set[str]:
    """Return all string constants in the source code."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_man_page_has_no_warnings() -> None:
    done = subprocess.run(
        ["groff", "-ww", "-man", "-Tutf8", "-rLL=78n", DOCS / "shield.1"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == ""
    assert "shield rollback" in done.stdout


@pytest.mark.parametrize(
    ("shell", "expected"),
    [("bash", "complete -o"), ("zsh", "#compdef shield"), ("fish", "complete ")],
)
def test_completion(shell, expected) -> None:
    environment = {**os.environ, "_SHIELD_COMPLETE": f"{shell}_source"}
    code = "import sys; from shield_ai.__main__ import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert expected in done.stdout, done.stderr


def test_few_blocks_are_not_run() -> None:
    not_run = []
    for page in pages():
        not_run += [str(block) for block in blocks(page) if block.not_run]
    assert len(not_run) <= MAX_NOT_RUN, not_run


@pytest.mark.parametrize(
    "page", [pytest.param(p, id=p.name) for p in [*README, *sorted(DOCS.rglob("*.md"))]]
)
def test_links_work(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (anchor and anchor not in anchors(linked)):
            broken.append(target)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings on GitHub."""
    tokens = MarkdownIt().parse(page.read_text("utf-8"))
    found = set()
    for heading, content in pairwise(tokens):
        if heading.type == "heading_open":
            found.add(re.sub(r"[^\w\- ]", "", content.content.lower()).replace(" ", "-"))
    return found


def test_index_links_to_every_page() -> None:
    index = (DOCS / "index.md").read_text("utf-8")
    names = [str(p.relative_to(DOCS)) for p in sorted(DOCS.rglob("*.md")) if p.name != "index.md"]
    assert [name for name in names if f"({name})" not in index] == []


@pytest.mark.parametrize(
    ("expected", "output", "match"),
    [
        pytest.param([], "anything", True, id="no output on the page"),
        pytest.param(["a", "b"], "a\nb\n", True, id="equal"),
        pytest.param(["a"], "a\nb\n", False, id="additional line"),
        pytest.param(["a", "...", "d"], "a\nb\nc\nd\n", True, id="omitted lines"),
        pytest.param(["a", "...", "b"], "a\nb\n", True, id="no omitted lines"),
        pytest.param(["in ... s"], "in 1.5 s\n", True, id="omitted part of a line"),
        pytest.param(["in ... s"], "in 1.5\nx s\n", False, id="omitted part over two lines"),
        pytest.param(["a+"], "aa\n", False, id="not a regular expression"),
    ],
)
def test_output_matches(expected, output, match) -> None:
    assert matches(expected, output) is match


def test_steps_continue_over_lines() -> None:
    text = "$ a \\\n    b\noutput\n$ c\n"
    assert steps(text) == [("a \\\n    b", ["output"]), ("c", [])]


def test_printed_lines() -> None:
    assert printed_lines("print(1)  # > 2\n# > 1\n#> 3\n# >\n") == ["1", ""]
