"""Keep the folder .shield, which contains values, out of Docker images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.project.docker_copies import excluding_line, ignore_patterns, read_stages
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append_lines, creation_change

if TYPE_CHECKING:
    from shield_ai.project.docker_copies import Dockerfile
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".dockerignore"
COMMENT = "# Backups of changes to the secrets in shield.toml: not for images"
PATTERN = ".shield/"
JOURNAL = ".shield/journal.jsonl"


def fix(context: FixContext) -> Outcome:
    """Add the folder to .dockerignore if an image would contain it, and create a missing file."""
    app = context.app
    raw = read_optional(context.read, PATH)
    dockerfiles = [dockerfile for dockerfile in app.dockerfiles if "" in dockerfile.contexts]
    is_copied = any(map(_copies_journal, dockerfiles))
    if raw is None:
        is_created = is_copied and PATH not in app.ignored_files
        text = f"{COMMENT}\n{PATTERN}\n"
        return ([creation_change(PATH, text)], []) if is_created else NOTHING
    # Without a Dockerfile for this folder, it is unknown what images contain.
    if dockerfiles and not is_copied:
        return NOTHING
    if _is_excluded(raw.decode("utf-8", "replace")):
        return NOTHING
    return append_lines(PATH, raw, f"{PATTERN}\n")


def _is_excluded(text: str) -> bool:
    present = [line.strip() for line in text.splitlines()]
    return PATTERN in present or excluding_line(JOURNAL, ignore_patterns(text)) > 0


def _copies_journal(dockerfile: Dockerfile) -> bool:
    """Return whether an image gets the journal unless the app's .dockerignore excludes it."""
    if dockerfile.ignore_path != PATH and dockerfile.ignore_text:
        return False
    stages = read_stages(dockerfile.text, [JOURNAL])
    return any(JOURNAL in stage.places for stage in stages)
