from __future__ import annotations

import pytest

from shield_ai.flow.plan.changelog import CHANGELOG_STEP, FRAGMENT_STEP, changelog_steps
from shield_ai.project.tree import Tree

LOG = b"# Log\n\n## [Unreleased]\n\n## [1.0.0](https://example.com)\n"


def steps(files, folders=()):
    workflows = [path for path in files if path.startswith(".github/")]
    return list(changelog_steps(files.get, set(folders).__contains__, workflows))


@pytest.mark.parametrize(
    ("text", "title"),
    [
        pytest.param(LOG, "Unreleased", id="Keep a Changelog"),
        pytest.param(b"Log\n---\nUnreleased\n----\n", "Unreleased", id="reStructuredText"),
        pytest.param(b"# Log\n\n## In development\n\n## v3.9\n", "In development", id="development"),
        pytest.param(b"## 1.0\nNothing unreleased.\n", "", id="none"),
        pytest.param(b"## [1.10.0]\n\n* A\n\n## Unreleased\n\n## 1.9.1\n", "", id="below a release"),
        pytest.param(b"Version 1.10\n---\nUnreleased\n---\n", "", id="below a version"),
    ],
)  # fmt: skip
def test_names_the_section_for_the_next_release(text, title):
    expected = [CHANGELOG_STEP.format("CHANGES.md", title)] if title else []
    assert steps({"CHANGES.md": text}) == expected


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("release-please-config.json", b"{}"),
        ("cliff.toml", b""),
        (".auto-changelog", b""),
        ("pyproject.toml", b"[tool.semantic_release]\n"),
        ("pyproject.toml", b"[tool.commitizen]\n"),
        ("package.json", b'{"devDependencies": {"semantic-release": "1"}}'),
        (".github/workflows/release.yml", b"- uses: googleapis/release-please-action@v4\n"),
    ],
)
def test_generated_changelog(path, text):
    assert not steps({"CHANGELOG.md": LOG, path: text})


@pytest.mark.parametrize(
    ("files", "folders", "folder"),
    [
        ({"pyproject.toml": b'[tool.towncrier]\ndirectory = "./news/"\n'}, ["news"], "news"),
        ({"towncrier.toml": b'[tool.towncrier]\ndirectory = "news"\n'}, ["news"], "news"),
        ({}, ["changelog.d"], "changelog.d"),
    ],
)
def test_folder_with_a_file_for_each_change(files, folders, folder):
    assert steps({"CHANGELOG.md": LOG, **files}, folders) == [FRAGMENT_STEP.format(folder)]


@pytest.mark.parametrize("folder", ["news", "../outside", "/etc", "link", "a\\u0000b"])
def test_folder_that_is_missing_or_outside_the_app(tmp_path, folder):
    (tmp_path / "app").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "app/link").symlink_to(tmp_path / "outside")
    (tmp_path / "app/CHANGELOG.md").write_bytes(LOG)
    (tmp_path / "app/towncrier.toml").write_text(f'[tool.towncrier]\ndirectory = "{folder}"\n')
    tree = Tree(tmp_path / "app")
    found = list(changelog_steps(tree.read, tree.has_folder))
    assert found == [CHANGELOG_STEP.format("CHANGELOG.md", "Unreleased")]
