"""Keep the journal and the backups of `shield apply`, which contain values, out of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.project.docker_copies import excluding_line, ignore_patterns, read_stages
from shield_ai.project.tree import BACKUP
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append_lines, creation_change

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from shield_ai.model.file_reader import FileReader
    from shield_ai.project.docker_copies import Dockerfile
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".dockerignore"
COMMENT = "# Journal and backups of `shield apply`"
JOURNAL = ".shield/journal.jsonl"
# Each pattern, with a path that it excludes. Without **/, a pattern applies only to the folder of
# .dockerignore.
BACKUPS = f"**/*{BACKUP}"
EXAMPLES = {".shield/": JOURNAL, BACKUPS: f"a/b.py{BACKUP}"}


def fix(context: FixContext) -> Outcome:
    """Add the patterns to the .dockerignore files, and create those that images need."""
    changes, skipped = [], []
    folders = {folder for dockerfile in context.app.dockerfiles for folder in dockerfile.contexts}
    for folder in sorted({"", *folders}):
        new_changes, newly_skipped = _fix_folder(context, folder)
        changes += new_changes
        skipped += newly_skipped
    return changes, skipped


def _fix_folder(context: FixContext, folder: str) -> Outcome:
    """Add the patterns to the file of a folder, or create it."""
    app = context.app
    path = f"{folder}/{PATH}" if folder else PATH
    exists = read_optional(context.read, path) is not None
    if exists and not folder:
        return ignore_in_images(context.read)
    # The journal is in the app's folder only.
    patterns = {BACKUPS: EXAMPLES[BACKUPS]} if folder else EXAMPLES
    files = _backups(folder, app.edited) if folder else [JOURNAL]
    if not any(_copies(dockerfile, folder, files) for dockerfile in app.dockerfiles):
        return NOTHING
    if exists:
        return _add_missing(context.read, path, patterns)
    if path in app.hidden:
        return NOTHING
    return [creation_change(path, "\n".join([COMMENT, *patterns, ""]))], []


def _backups(folder: str, edited: Collection[str]) -> list[str]:
    """Return the backups of the edited files in a folder, with their paths in it."""
    prefix = f"{folder}/"
    inside = [path.removeprefix(prefix) for path in edited if path.startswith(prefix)]
    return [f"{path}{BACKUP}" for path in inside]


def _copies(dockerfile: Dockerfile, folder: str, files: Collection[str]) -> bool:
    """Return whether an image that may be built in a folder gets one of some files."""
    has_own = dockerfile.ignore_path != PATH
    ignore_text = dockerfile.ignore_text if has_own or not folder else ""
    if ignore_text or folder not in dockerfile.contexts:
        return False
    stages = read_stages(dockerfile.text, files)
    return any(stage.places[file] for stage in stages for file in files)


def ignore_in_images(read: FileReader) -> Outcome:
    """Add the patterns that an existing .dockerignore file of the app's folder lacks.

    Args:
        read: Returns the bytes of a file of the app.
    """
    return _add_missing(read, PATH, EXAMPLES)


def _add_missing(read: FileReader, path: str, examples: Mapping[str, str]) -> Outcome:
    """Add the patterns that an existing file lacks."""
    raw = read_optional(read, path)
    if raw is None:
        return NOTHING
    text = raw.decode("utf-8", "replace")
    patterns = ignore_patterns(text)
    present = [line.strip() for line in text.splitlines()]
    has_exceptions = any(pattern.startswith("!") for _, pattern in patterns)
    lines = []
    for line, example in examples.items():
        # An exception such as !shop can include backups in other folders than the example's.
        is_certain = example == JOURNAL or not has_exceptions
        is_excluded = is_certain and excluding_line(example, patterns)
        if line not in present and not is_excluded:
            lines.append(line)
    return append_lines(path, raw, "\n".join([COMMENT, *lines, ""]), gap=True) if lines else NOTHING
