"""Show the progress of an apply, and describe its state after an interrupt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.cli.console import echo, format_receipt, is_shown, note
from shield_ai.cli.progress import progress_bar
from shield_ai.flow.plan.plan_effects import rewrites_code
from shield_ai.model.plan import Action, StepKind
from shield_ai.model.plurals import count
from shield_ai.project.python_source import digest
from shield_ai.reports.apply_results import comparison_text, receipts_text, remaining_steps
from shield_ai.reports.documents import ApplyDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.plan import Applied, Plan, Receipt

UNCOMPARED = (
    "not compared: the settings before and after the edits of the interrupted apply; "
    "to compare them, run shield rollback, then shield apply"
)


class ApplySteps:
    """Prints each completed step, and describes the state after an interrupt.

    Args:
        read: Returns the bytes of a file of the app.
        planned: The plan.
    """

    def __init__(self, read: FileReader, planned: Plan) -> None:
        unchanged = {Action.KEEP, Action.DRIFT}
        self._bar = progress_bar()
        self._read = read
        self._planned = planned
        self._in_aws = sum(change.action not in unchanged for change in planned.changes)
        self._total = len(planned.files) + self._in_aws
        self._done_files = 0
        self._done_in_aws = 0

    def advance(self) -> None:
        """Show that a file is edited; its receipt follows when the settings are compared."""
        self._done_files += 1
        self._show_progress()

    def print(self, receipt: Receipt) -> None:
        """Print a completed step."""
        is_in_aws = receipt.step is not StepKind.FILE
        self._done_in_aws += is_in_aws  # first: an interrupt may follow the printed line
        if is_shown(receipt):
            self._bar.print(format_receipt(receipt))
        if is_in_aws:
            self._show_progress()

    def _show_progress(self) -> None:
        self._bar.update("steps done", self._done_files + self._done_in_aws, self._total)

    def interrupted(self) -> tuple[str, str]:
        """Return the error and the hint after an interrupt. Usually, the files were restored."""
        files = self._planned.files
        edited = sum(self._is_edited(file) for file in files)
        code_state = "every file was restored" if self._done_files else "the code is unchanged"
        if edited:
            code_state = f"{edited} of {count(len(files), 'file')} edited"
        parts = ["interrupted", code_state]
        if self._in_aws:
            changes = count(self._in_aws, "change")
            parts.append(f"{self._done_in_aws} of {changes} in AWS completed")
        hint = "run shield apply again"
        if edited or self._in_aws:
            hint += " to continue, or shield rollback to undo the completed steps"
        return "; ".join(parts), hint

    def _is_edited(self, file: FileChange) -> bool:
        content = self._read(file.path)
        current = None if content is None else digest(content)
        return current != file.before


def print_results(planned: Plan, applied: Applied) -> None:
    """Print what apply did, whether the settings are the same, and what is left to do."""
    note(receipts_text(applied.receipts))
    if applied.leaves_uncompared:
        echo(UNCOMPARED, err=True)
    elif rewrites_code(planned):
        text = comparison_text(applied.settings)
        if applied.settings.problems:
            echo(text, err=True, wraps=True)
        else:
            note(text)
    steps = remaining_steps(planned)
    if steps:
        note(steps)


def apply_document(planned: Plan, applied: Applied, rotated: Sequence[str] = ()) -> ApplyDocument:
    """Return what `--json` prints after an apply.

    Args:
        planned: The plan.
        applied: What was done.
        rotated: The secrets that were rotated immediately.
    """
    edits_code = applied.leaves_uncompared or (applied.receipts and rewrites_code(planned))
    return ApplyDocument(
        app=planned.app,
        account=planned.account,
        region=planned.region,
        environment=planned.environment,
        steps=applied.receipts,
        settings=applied.settings if edits_code else None,
        rotated=tuple(rotated),
    )
