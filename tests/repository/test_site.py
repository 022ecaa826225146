"""Tests of what docs/site/ adds to the Markdown, and of its link check; `make site` builds it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from doc_blocks import DOCS, ROOT

from shield_ai.scan.rules import pattern

if TYPE_CHECKING:
    from pathlib import Path

SITE = DOCS / "site"


def load(name: str):
    spec = importlib.util.spec_from_file_location(name, SITE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(code: str) -> object:
    """Run code that imports modules of docs/ and prints JSON."""
    path = f"import json, sys; sys.path[:0] = [{str(SITE)!r}, {str(DOCS)!r}]\n"
    command = [sys.executable, "-c", path + code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def rule_pages() -> dict[str, str]:
    return run("import rule_pages; print(json.dumps(rule_pages.rule_pages()))")


def test_every_rule_has_a_page(rule_pages) -> None:
    pages = dict(rule_pages)
    for group in (pattern.csec34_pattern(), pattern.credential_pattern()):
        for rule in group.rules:
            page = pages.pop(rule.id)
            for text in (rule.title, f"severity: {rule.severity}", rule.explanation):
                assert text in page, rule.id
            for text in (rule.regex, rule.value, rule.reference, *rule.context):
                assert text in page, rule.id
            assert rule.fix.replace("[RULE]", f"[{rule.id}]") in page
    assert pages == {}


def test_page_of_a_rule_names_its_weakness(rule_pages) -> None:
    assert "CWE-526" in rule_pages["CSEC34.environ-read"]
    assert "CWE-798" in rule_pages["CRED.github-token"]
    assert "CWE" not in rule_pages["CRED.idle-ignore"]


def test_list_of_rules_links_to_every_page() -> None:
    code = "import rule_pages; print(json.dumps(rule_pages.link_rules(sys.argv[1])))"
    listed = (DOCS / "reference/rules.md").read_text("utf-8")
    linked = run(code.replace("sys.argv[1]", repr(listed)))
    for group in (pattern.csec34_pattern(), pattern.credential_pattern()):
        for rule in group.rules:
            assert f"](rules/{rule.id}.md)" in linked
            assert f"](rules/{rule.id}.md)" not in listed  # raw, these pages do not exist


def test_navigation_has_every_page_once() -> None:
    code = """
import build
index = (build.DOCS / "index.md").read_text("utf-8")
print(json.dumps(build.add_navigation(index).removeprefix(index)))
"""
    lines = run(code).splitlines()
    pages = [path for path in DOCS.rglob("*.md") if path.name != "index.md"]
    names = sorted(str(path.relative_to(DOCS).with_suffix("")) for path in pages)
    assert sorted(line for line in lines if line in names) == names


def test_navigation_has_the_sections_of_the_index() -> None:
    index = "[a](a.md)\n## Guides\n[b](x/b.md) [a](a.md) [b](x/b.md#c)\n## More\n[c](c.md)\n"
    added = run(f"import build; print(json.dumps(build.add_navigation({index!r})))")
    text = added.removeprefix(index)
    assert [line for line in text.splitlines() if line and line[0] not in "`:"] == [
        "a",
        "x/b",
        "c",
    ]
    assert text.count(":caption: Guides\n\nx/b\n") == text.count(":caption: More\n\nc\n") == 1


def test_adapts_titles_and_links_outside_docs() -> None:
    text = (
        '  ```toml title="shield.toml"\n  a = 1\n  ```\n[a](../../action.yml#b) [c](../index.md)\n'
    )
    adapted = run(f"import build; print(json.dumps(build.adapt({text!r}, depth=1)))")
    assert adapted == (
        "  ```{code-block} toml\n  :caption: shield.toml\n\n  a = 1\n  ```\n"
        "[a](https://github.com/shield-ai/shield-ai/blob/main/action.yml#b) [c](../index.md)\n"
    )


def test_publishes_files_that_are_not_pages(tmp_path: Path) -> None:
    (tmp_path / "docs/reference").mkdir(parents=True)
    for name in ("index.md", "reference/shield.schema.json"):
        (tmp_path / "docs" / name).write_text("{}")
    run(f"""
import build, pathlib
folder = pathlib.Path({str(tmp_path)!r})
build.publish_files(folder / "docs", folder / "site")
print("null")
""")
    found = [path.relative_to(tmp_path) for path in (tmp_path / "site").rglob("*.*")]
    assert [str(path) for path in found] == ["site/reference/shield.schema.json"]


@pytest.mark.parametrize(
    ("html", "problems"),
    [
        pytest.param('<a href="b.html#x">', [], id="anchor in another page"),
        pytest.param('<a href="b.html#y">', ["a.html: no anchor b.html#y"], id="no such anchor"),
        pytest.param('<p id="x"><a href="#x">', [], id="anchor in the same page"),
        pytest.param('<a href="#x">', ["a.html: no anchor #x"], id="no such anchor in the page"),
        pytest.param('<a href="c.html">', ["a.html: broken link c.html"], id="no such page"),
        pytest.param('<a href="b%2Ehtml">', [], id="escaped link"),
        pytest.param('<a href="https://example.com/c.html">', [], id="link to another site"),
        pytest.param('<img src="no.svg">', ["a.html: broken link no.svg"], id="no such image"),
        pytest.param(
            '<script src="https://cdn.example/x.js"></script>',
            ["a.html: loads https://cdn.example/x.js from another site"],
            id="external script",
        ),
        pytest.param(
            '<link rel="stylesheet" href="//cdn.example/x.css">',
            ["a.html: loads //cdn.example/x.css from another site"],
            id="external stylesheet",
        ),
        pytest.param('<link rel="canonical" href="https://example.com/">', [], id="canonical"),
    ],
)
def test_link_check(html, problems, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(f'{html}<a href="b.html">', "utf-8")
    (tmp_path / "b.html").write_text('<p id="x"><a href="a.html">', "utf-8")
    assert load("links").check(tmp_path) == problems


def test_link_check_finds_unreachable_pages(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.html").write_text('<a href="a.html"><a href="b.html">', "utf-8")
    assert load("links").check(tmp_path) == ["c.html: no page links to it"]


def test_link_check_finds_external_resources_of_stylesheets(tmp_path: Path) -> None:
    css = 'a { background: url("https://cdn.example/x.png") } b { background: url(x.png) }'
    (tmp_path / "a.css").write_text(css, "utf-8")
    problem = "a.css: loads https://cdn.example/x.png from another site"
    assert load("links").check(tmp_path) == [problem]
