"""Edit the text of a GitLab pipeline: insert an ID token and a command, and remove variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.pipeline import TOKEN
from shield_ai.rewrite.project.deployment.block_edits import EditError
from shield_ai.rewrite.project.deployment.workflow_edits import LAYOUT, WorkflowEditor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.edit import Edit
    from shield_ai.model.pipeline import PipelineJob
    from shield_ai.rewrite.project.deployment.pipeline_check import PipelineEdit

QUOTED_ITEM = re.compile(rb"[ \t]*-[ \t]+[\"']?")
# The line before a text in a block.
BLOCK_ITEM = re.compile(rb"[ \t]*-[ \t]+[|>][-+0-9]{0,2}[ \t]*(?:#[^\n]*)?\r?\n")


class PipelineEditor(WorkflowEditor):
    """Edits the text of one pipeline."""

    def pipeline_job_edits(self, job: PipelineJob, edit: PipelineEdit) -> Iterator[Edit]:
        """Yield the edits that let a job read secrets.

        Args:
            job: The job.
            edit: What to insert.

        Raises:
            EditError: The job can't be edited with certainty.
        """
        item = job.script[job.position]
        start = self._item_line(item.start)
        indent = self._indent(start)
        lines = "".join(f"{indent}  {line}\n" for line in edit.command.splitlines())
        at = self._start_with_comments(start)
        yield self._edit(at, at, f"{indent}- |\n{lines}")
        yield self._token_edit(job, edit.audience)

    def _item_line(self, offset: int) -> int:
        """Return the start of the line of an item, which has no other text before it."""
        start = self._line_start(offset)
        if QUOTED_ITEM.fullmatch(self._raw, start, offset):
            return start
        while start and not BLOCK_ITEM.match(self._raw, start):
            if self._raw[start:offset].strip():
                raise EditError(LAYOUT)
            start = self._line_start(start - 1)
        if not BLOCK_ITEM.match(self._raw, start):
            raise EditError(LAYOUT)
        return start

    def _token_edit(self, job: PipelineJob, audience: str) -> Edit:
        if job.tokens is None:
            start = self._own_line(job.script_start)
            at = self._start_with_comments(start)
            indent = self._indent(start)
            text = f"{indent}id_tokens:\n{indent}  {TOKEN}:\n{indent}    aud: {audience}\n"
            return self._edit(at, at, text)
        _, start, end = job.tokens.entries[-1]
        indent = self._indent(self._own_line(start))
        at = self._end_of_line(end)
        return self._edit(at, at, f"{indent}{TOKEN}:\n{indent}  aud: {audience}\n")
