"""Build the site from docs/ into a folder, and check its links.

`make site` runs this program. The Markdown is copied first, because the site has more than docs/:
a page for each rule, and navigation, which index.md has as plain links.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SITE = Path(__file__).parent
DOCS = SITE.parent
ROOT = DOCS.parent
sys.path.append(str(DOCS))

import links  # noqa: E402 - a module of this folder, which is not a package
import rule_pages  # noqa: E402 - a module of docs/

from shield_ai.model.addresses import REPOSITORY  # noqa: E402

SOURCES = ROOT / "build" / "site-sources"
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
PAGE_LINK = re.compile(r"\]\(([\w./-]+)\.md\)")
TITLED_FENCE = re.compile(r'^( *)(```+)(\w+) title="([^"]+)"$', re.MULTILINE)
# What the theme lacks for screen readers and keyboards.
ACCESSIBLE = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Pages">',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
}


def stage() -> None:
    """Write the Markdown of the site into a new folder."""
    shutil.rmtree(SOURCES, ignore_errors=True)
    ignored = shutil.ignore_patterns("site", "*.py", "*.1", "__pycache__")
    shutil.copytree(DOCS, SOURCES, ignore=ignored)
    for path in SOURCES.rglob("*.md"):
        depth = len(path.relative_to(SOURCES).parents) - 1
        path.write_text(adapt(path.read_text("utf-8"), depth), "utf-8")
    index = SOURCES / "index.md"
    index.write_text(add_navigation(index.read_text("utf-8")), "utf-8")
    rules = SOURCES / "reference" / "rules.md"
    pages = rule_pages.rule_pages()
    rules.write_text(rule_pages.link_rules(rules.read_text("utf-8")), "utf-8")
    folder = rules.with_suffix("")
    folder.mkdir()
    for rule_id, text in pages.items():
        (folder / f"{rule_id}.md").write_text(text, "utf-8")


def adapt(text: str, depth: int) -> str:
    """Show the titles of code blocks, and link to files outside docs/ in the repository.

    Args:
        text: The Markdown of a page.
        depth: The number of folders below docs/ that contain the page.
    """
    text = TITLED_FENCE.sub(r"\1\2{code-block} \3\n\1:caption: \4\n", text)
    outside = rf"\]\((?:\.\./){{{depth + 1}}}([^)]+)\)"
    return re.sub(outside, rf"]({REPOSITORY}/blob/main/\1)", text)


def add_navigation(index: str) -> str:
    """Add a table of contents with the links of each section of index.md, in their order."""
    introduction, *sections = SECTION.split(index)
    trees = [toctree("", PAGE_LINK.findall(introduction))]
    seen = set(PAGE_LINK.findall(introduction))
    for title, text in zip(sections[::2], sections[1::2], strict=True):
        pages = [page for page in dict.fromkeys(PAGE_LINK.findall(text)) if page not in seen]
        seen.update(pages)
        trees.append(toctree(title, pages))
    return index + "".join(trees)


def toctree(caption: str, pages: list[str]) -> str:
    """Return a table of contents for the sidebar, which the page itself does not show."""
    options = [":hidden:", f":caption: {caption}" if caption else ":titlesonly:"]
    return "\n".join(["", "```{toctree}", *options, "", *dict.fromkeys(pages), "```", ""])


def publish_files(sources: Path, output: Path) -> None:
    """Copy the files that are not pages, such as JSON schemas, to the address that they name."""
    for path in sources.rglob("*.*"):
        if path.suffix != ".md":
            target = output / path.relative_to(sources)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def make_accessible(html: str) -> str:
    """Add the attributes that the theme lacks."""
    for tag, replacement in ACCESSIBLE.items():
        html = html.replace(tag, replacement)
    return html


def run_sphinx(output: Path) -> list[str]:
    """Build the HTML; return the warnings, each once and with the path in docs/."""
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-E", "-b", "html"]
    command += ["-j", str(min(2, os.cpu_count() or 1)), "-c", str(SITE)]
    command += ["-d", str(ROOT / "build" / "site-doctrees"), str(SOURCES), str(output)]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    warnings = [line.replace(str(SOURCES), "docs") for line in done.stderr.splitlines()]
    if done.returncode and not warnings:
        warnings.append(f"sphinx exited with {done.returncode}")
    return list(dict.fromkeys(warnings))


def main() -> int:
    """Build the site; return 1 if something is wrong."""
    output = Path(sys.argv[1])
    stage()
    problems = run_sphinx(output)
    if not problems:
        problems = finish(output)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


def finish(output: Path) -> list[str]:
    """Add to the HTML what Sphinx leaves out, and check it; return the problems."""
    publish_files(SOURCES, output)
    missing = set(ACCESSIBLE)
    for path in output.rglob("*.html"):
        html = path.read_text("utf-8")
        missing -= {tag for tag in missing if tag in html}
        path.write_text(make_accessible(html), "utf-8")
    problems = [f"the theme has no {tag} any more" for tag in sorted(missing)]
    return [*problems, *links.check(output)]


if __name__ == "__main__":
    sys.exit(main())
