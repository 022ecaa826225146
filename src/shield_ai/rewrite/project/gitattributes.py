"""Mark the copy of the runtime as generated, so that GitHub and GitLab collapse it in reviews.

https://docs.github.com/en/repositories/working-with-files/managing-files/customizing-how-changed-files-appear-on-github
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.rewrite.project.copy_files import copy_folder
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, append_lines

if TYPE_CHECKING:
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite.project.fixer import FixContext

PATH = ".gitattributes"
ATTRIBUTE = "linguist-generated=true"


def fix(context: FixContext) -> Outcome:
    """Mark the copy of the runtime."""
    return mark_generated(context.read, context.manifest)


def mark_generated(read: FileReader, manifest: Manifest) -> Outcome:
    """Add a line to .gitattributes in the copy, unless the file of the app marks the copy.

    Earlier versions extended the file of the app, which is in the repository's root.
    """
    if manifest.app.runtime == "package":
        return NOTHING
    folder = copy_folder(manifest.app.runtime)
    path = f"{folder}/{PATH}"
    lines = {PATH: f"{folder}/** {ATTRIBUTE}", path: f"* {ATTRIBUTE}"}
    for file, line in lines.items():
        if line.encode() in [known.strip() for known in (read(file) or b"").splitlines()]:
            return NOTHING
    return append_lines(path, read(path), f"{lines[path]}\n")
