"""Keep the journal and the backups of `shield apply`, which contain values, out of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.project.docker_copies import excluding_line, ignore_patterns
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".dockerignore"
COMMENT = "# Journal and backups of `shield apply`"
# A pattern without **/ applies only to the folder of the file.
LINES = {".shield/": ".shield/journal.jsonl", "**/*.shield_ai_backup": "a/b.py.shield_ai_backup"}


def fix(context: FixContext) -> Outcome:
    """Add the patterns to the file."""
    return ignore_in_images(context.read)


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
    # An exception such as !shop can include what the examples don't show.
    is_certain = not any(pattern.startswith("!") for _, pattern in patterns)
    lines = []
    for line, example in LINES.items():
        is_excluded = is_certain and excluding_line(example, patterns)
        if line not in present and not is_excluded:
            lines.append(line)
    return append(PATH, raw, "\n".join([COMMENT, *lines, ""]), gap=True) if lines else NOTHING
