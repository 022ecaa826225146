"""Name the place for an entry about the migration in a project's changelog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.file_reader import read_optional
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.pyproject_file import PYPROJECT, get_nested, parse_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader, HasFolder

# https://keepachangelog.com/en/1.1.0/#effort
CHANGELOGS = tuple(
    f"{name}{extension}"
    for name in ("CHANGELOG", "CHANGES", "Changelog", "changelog")
    for extension in (".md", ".rst", ".txt", "")
)
UNRELEASED = regex(rb"(?im)^[^\w\n]{0,9}\[?(?:unreleased|upcoming|in development)\b")
RELEASED = regex(rb"(?im)^[^\w\n]{0,9}(?:version |release )?v?\d{1,9}\.\d")
# Files that configure a tool which writes the changelog from commits.
GENERATOR_FILES = (
    *("release-please-config.json", ".release-please-manifest.json"),
    *(".releaserc", ".releaserc.json", ".releaserc.yaml", ".releaserc.yml"),
    *("release.config.js", "release.config.cjs", ".versionrc", ".versionrc.json"),
    *(".cz.toml", "cz.toml", ".cz.json", "cz.json", ".cz.yaml", "cz.yaml"),
    *("cliff.toml", ".cliff.toml", ".auto-changelog"),
)
SHARED_FILES = ("pyproject.toml", "setup.cfg", "package.json")
GENERATOR = regex(
    rb"(?m)^\[(?:tool\.)?(?:semantic_release|commitizen|git-cliff)\b"
    rb"|\b(?:release-please|semantic-release|standard-version|auto-changelog|git-cliff)\b"
)
# https://towncrier.readthedocs.io/en/stable/configuration.html
TOWNCRIER_FILES = ("towncrier.toml", PYPROJECT)
PLAIN_FOLDER = regex(r"[\w./-]{1,200}")
FRAGMENT_FOLDERS = ("newsfragments", "changelog.d")
CHANGELOG_STEP = "{}: add an entry for this change below {}"
FRAGMENT_STEP = "{}/: add a file about this change, from which the changelog is made"


def changelog_steps(
    read: FileReader, has_folder: HasFolder, workflows: Iterable[str] = ()
) -> Iterator[str]:
    """Yield the step for a changelog with a section, or a folder, for the next release.

    A changelog that is generated from commits needs no step.

    Args:
        read: Returns the bytes of a file of the app.
        has_folder: Returns whether the app has a folder.
        workflows: The GitHub workflows of the app.
    """
    folder = next((name for name in _fragment_folders(read) if _exists(name, has_folder)), "")
    if folder:
        yield FRAGMENT_STEP.format(folder)
    elif not _is_generated(read, workflows):
        yield from _sections(read)


def _fragment_folders(read: FileReader) -> Iterator[str]:
    for path in TOWNCRIER_FILES:
        folder = get_nested(parse_toml(read_optional(read, path)), "tool", "towncrier", "directory")
        if isinstance(folder, str) and PLAIN_FOLDER.fullmatch(folder):
            yield folder.removeprefix("./").rstrip("/")
    yield from FRAGMENT_FOLDERS


def _exists(folder: str, has_folder: HasFolder) -> bool:
    try:
        return has_folder(folder)
    except SourceError:  # for example, a link to a folder outside the app
        return False


def _is_generated(read: FileReader, workflows: Iterable[str]) -> bool:
    if any(read_optional(read, path) is not None for path in GENERATOR_FILES):
        return True
    shared = (*SHARED_FILES, *workflows)
    return any(GENERATOR.search(read_optional(read, path) or b"") for path in shared)


def _sections(read: FileReader) -> Iterator[str]:
    """Yield the step for the section of unreleased changes above those of the releases."""
    for path in CHANGELOGS:
        raw = read_optional(read, path) or b""
        if section := UNRELEASED.search(raw):
            if not RELEASED.search(raw[: section.start()]):
                title = section[0].decode("ascii", "replace").strip("#=*[]- ")
                yield CHANGELOG_STEP.format(path, title)
            return
