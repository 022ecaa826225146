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
ZENSICAL = "zensical.toml"
INDEX = "docs/index.md"
TABLE = f'"{TITLE}" = "{PAGE}"'
CONF = b'extensions = ["sphinx.ext.autodoc", "myst_parser"]\n'


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
        pytest.param(
            ZENSICAL,
            '[project]\nnav = [\n  { "A" = "a.md" },\n  # b\n  { "B" = [\n    "b.md",\n  ]\n  },\n]\n[project.theme]\n',
            f'[project]\nnav = [\n  {{ "A" = "a.md" }},\n  # b\n  {{ "B" = [\n    "b.md",\n  ]\n  }},\n  {{ {TABLE} }},\n]\n[project.theme]\n',
            id="Zensical",
        ),
        pytest.param(
            ZENSICAL,
            '\ufeff[project]\r\nnav = [\r\n  "ä.md"\r\n]\r\n',
            f'\ufeff[project]\r\nnav = [\r\n  "ä.md",\r\n  {{{TABLE}}}\r\n]\r\n',
            id="Zensical without a comma",
        ),
        pytest.param(ZENSICAL, "[project]\n", "[project]\n", id="Zensical without nav"),
        pytest.param(
            ZENSICAL, "[project]\ndocs_dir = 'a'\nnav = []\n", "[project]\ndocs_dir = 'a'\nnav = []\n", id="Zensical, other folder"
        ),
        pytest.param(
            INDEX,
            "# A\n\n```{toctree}\n:maxdepth: 2\n\na\nB <b>\n```\n\nC\n",
            "# A\n\n```{toctree}\n:maxdepth: 2\n\na\nB <b>\nAWS_SECRETS_MANAGER\n```\n\nC\n",
            id="MyST",
        ),
        pytest.param(
            INDEX, ":::{toctree}\na.md\n:::\n", f":::{{toctree}}\na.md\n{PAGE}\n:::\n", id="MyST with colons"
        ),
        pytest.param(INDEX, "```{toctree}\n:glob:\n*\n```\n", "```{toctree}\n:glob:\n*\n```\n", id="MyST with patterns"),
        pytest.param(INDEX, "# A\n", "# A\n", id="MyST without a toctree"),
    ],
)  # fmt: skip
def test_a_new_page_is_added_to_the_navigation_once(path, before, after):
    files = {path: before.encode(), "docs/conf.py": CONF if path == INDEX else None}
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
        pytest.param(ZENSICAL, '[project]\nnav = ["a.md"]\n', id="Zensical on one line"),
        pytest.param(
            ZENSICAL, "[project]\nnav = [\n  'a.md', # ]\n  x\n]\n", id="Zensical, invalid"
        ),
        pytest.param(ZENSICAL, "[project]\nnav = []\n", id="Zensical, no pages"),
        pytest.param(
            ZENSICAL, "[project]\nnav = [\n  'a.md' # a\n]\n", id="Zensical, comment at the end"
        ),
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


def test_a_toctree_is_extended_only_with_myst():
    text = b"```{toctree}\na\n```\n"
    files = {INDEX: text, "docs/conf.py": b"extensions = []\n"}
    assert not fix(files)
    assert files[INDEX] == text


@given(st.text(alphabet="nav:- \n[]a.md&*!'\"#\t\r", max_size=60))
def test_reads_any_text(text):
    for path in (MKDOCS, SUMMARY):
        add_to_navigation(PAGE, {path: f"nav:\n- a.md\n{text}".encode()}.get)
    zensical = f"[project]\nnav = [\n{text}\n]\n".encode()
    add_to_navigation(PAGE, {ZENSICAL: zensical}.get)
