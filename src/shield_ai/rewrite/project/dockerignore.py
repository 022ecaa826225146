"""Keep the journal and the backups of `shield apply`, which contain values, out of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.project.docker_copies import excluding_line, ignore_patterns, read_stages
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append_lines, creation_change

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader
    from shield_ai.project.docker_copies import Dockerfile
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".dockerignore"
COMMENT = "# Journal and backups of `shield apply`"
JOURNAL = ".shield/journal.jsonl"
# Each pattern, with a path that it excludes. Without **/, a pattern applies only to the folder of
# .dockerignore.
EXAMPLES = {".shield/": JOURNAL, "**/*.shield_ai_backup": "a/b.py.shield_ai_backup"}


def fix(context: FixContext) -> Outcome:
    """Add the patterns to .dockerignore; create the file if a Dockerfile copies the journal."""
    is_copied = any(map(_copies_journal, context.app.dockerfiles))
    if is_copied and read_optional(context.read, PATH) is None:
        return [creation_change(PATH, "\n".join([COMMENT, *EXAMPLES, ""]))], []
    return ignore_in_images(context.read)


def _copies_journal(dockerfile: Dockerfile) -> bool:
    if dockerfile.ignore_text:
        return False
    stages = read_stages(dockerfile.text, [JOURNAL])
    return any(stage.places[JOURNAL] for stage in stages)


def ignore_in_images(read: FileReader) -> Outcome:
    """Add the patterns that an existing .dockerignore file lacks.

    Args:
        read: Returns the bytes of a file of the app.
    """
    raw = read_optional(read, PATH)
    if raw is None:
        return NOTHING
    text = raw.decode("utf-8", "replace")
    patterns = ignore_patterns(text)
    present = [line.strip() for line in text.splitlines()]
    has_exceptions = any(pattern.startswith("!") for _, pattern in patterns)
    lines = []
    for line, example in EXAMPLES.items():
        # An exception such as !shop can include backups in other folders than the example's.
        is_certain = example == JOURNAL or not has_exceptions
        is_excluded = is_certain and excluding_line(example, patterns)
        if line not in present and not is_excluded:
            lines.append(line)
    return append_lines(PATH, raw, "\n".join([COMMENT, *lines, ""]), gap=True) if lines else NOTHING
