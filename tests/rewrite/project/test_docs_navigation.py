from __future__ import annotations

import pytest
from fixer_helpers import manifest, run
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.rewrite.project import app_docs
from shield_ai.rewrite.project.docs_navigation import add_to_navigation

PAGE = "AWS_SECRETS_MANAGER.md"
TITLE = "AWS Secrets Manager"
NAV = f"{TITLE}: {PAGE}"
LINK = f"[{TITLE}]({PAGE})"
MKDOCS = "mkdocs.yml"
SUMMARY = "docs/SUMMARY.md"


def fix(files):
    return run(app_docs.write_docs(files.get, manifest()), files)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        pytest.param(
            MKDOCS,
            "nav:\n  - Home: index.md  # first\n  - API:\n      - a.md\n      - b.md\n\ntheme: x\n",
            f"nav:\n  - Home: index.md  # first\n  - API:\n      - a.md\n      - b.md\n  - {NAV}\n\ntheme: x\n",
            id="nested",
        ),
        pytest.param(MKDOCS, "nav:\n- a.md", f"nav:\n- a.md\n- {NAV}\n", id="end of the file"),
        pytest.param(
            MKDOCS, "nav:\r\n- 'ä.md'\r\nx: 1\r\n", f"nav:\r\n- 'ä.md'\r\n- {TITLE}: '{PAGE}'\r\nx: 1\r\n", id="crlf"
        ),
        pytest.param(
            MKDOCS,
            "nav:\n    - A: ['a.md', 'b.md']\nplugins:\n- x: !ENV [A, 1]\n",
            f"nav:\n    - A: ['a.md', 'b.md']\n    - {TITLE}: '{PAGE}'\nplugins:\n- x: !ENV [A, 1]\n",
            id="tags",
        ),
        pytest.param(
            MKDOCS,
            "nav:\n  - 'A': 'a.md'\n  - B:\n      - 'C': 'c.md'\n",
            f"nav:\n  - 'A': 'a.md'\n  - B:\n      - 'C': 'c.md'\n  - '{TITLE}': '{PAGE}'\n",
            id="quoted",
        ),
        pytest.param(MKDOCS, 'nav:\n- A: "a.md"\n', f'nav:\n- A: "a.md"\n- {TITLE}: "{PAGE}"\n', id="quoted paths"),
        pytest.param(MKDOCS, "site_name: x\n", "site_name: x\n", id="no nav"),
        pytest.param(MKDOCS, "docs_dir: site\nnav: [a.md]\n", "docs_dir: site\nnav: [a.md]\n", id="other folder"),
        pytest.param(
            SUMMARY,
            "# Summary\n\n- [A](a.md)\n  - [B](b.md)\n\n[C](c.md)\n",
            f"# Summary\n\n- [A](a.md)\n  - [B](b.md)\n- {LINK}\n\n[C](c.md)\n",
            id="mdBook",
        ),
        pytest.param(SUMMARY, "* [A](a.md)", f"* [A](a.md)\n* {LINK}\n", id="mdBook without an end"),
    ],
)  # fmt: skip
def test_a_new_page_is_added_to_the_navigation_once(path, before, after):
    files = {path: before.encode()}
    for _ in range(2):
        assert not fix(files)
        assert files[path].decode() == after
        assert app_docs.PAGE in files


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param(MKDOCS, "nav: [a.md]\n", id="flow"),
        pytest.param(MKDOCS, "nav: !include nav.yml\n", id="other file"),
        pytest.param(MKDOCS, "nav: 'x\n", id="invalid"),
        pytest.param(MKDOCS, "nav:\n- - a.md\n- x: &y\n    - b.md\n- *y\n", id="alias"),
        pytest.param(MKDOCS, "nav:\n- x: &y [*y]\n", id="recursive alias"),
        pytest.param(
            MKDOCS,
            "nav:\n- &a0 [a.md]\n"
            + "".join(f"- &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)),
            id="aliases that double",
        ),
        pytest.param(SUMMARY, "# Summary\n", id="empty summary"),
    ],
)
def test_the_page_is_not_written_without_a_place_in_the_navigation(path, text):
    files = {path: text.encode()}
    assert fix(files) == {app_docs.PAGE: f"not written: can't extend the list of pages in {path}"}
    assert files == {path: text.encode()}


def test_an_existing_page_leaves_the_navigation():
    files = {}
    assert not fix(files)
    files[MKDOCS] = b"nav:\n- a.md\n"
    assert not fix(files)
    assert files[MKDOCS] == b"nav:\n- a.md\n"


@given(st.text(alphabet="nav:- \n[]a.md&*!'\"#\t\r", max_size=60))
def test_reads_any_text(text):
    for path in (MKDOCS, SUMMARY):
        add_to_navigation(PAGE, {path: f"nav:\n- a.md\n{text}".encode()}.get)
