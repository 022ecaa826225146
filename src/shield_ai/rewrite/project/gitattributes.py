"""Mark the copy of the runtime as generated, so that GitHub and GitLab collapse it in reviews.

https://docs.github.com/en/repositories/working-with-files/managing-files/customizing-how-changed-files-appear-on-github
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.project.runtime_names import COPY
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".gitattributes"


def fix(context: FixContext) -> Outcome:
    """Mark the copy of the runtime."""
    return mark_generated(context.read, context.manifest)


def mark_generated(read: FileReader, manifest: Manifest) -> Outcome:
    """Add a line to .gitattributes, which is created if the app has no such file."""
    runtime = manifest.app.runtime
    if runtime == "package":
        return NOTHING
    folder = (PurePosixPath(runtime).parent / COPY).as_posix()
    line = f"{folder}/** linguist-generated=true"
    raw = read(PATH)
    if raw is not None and line.encode() in [known.strip() for known in raw.splitlines()]:
        return NOTHING
    return append(PATH, raw, f"{line}\n")
