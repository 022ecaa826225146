"""List steps of the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.cli.prompts import print_before_question
from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.project.runtime_names import copied_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.flow.journal.journal_record import Step


def list_steps(steps: Iterable[Step], *, yes: bool) -> None:
    """List what apply did, one step a line."""
    for line in format_steps(steps):
        print_before_question(f"  {line}", yes=yes)


def format_steps(steps: Iterable[Step]) -> list[str]:
    """Return a line for each step; all files of a copied runtime are one step."""
    return list(dict.fromkeys(map(_format_step, steps)))


def _format_step(step: Step) -> str:
    if isinstance(step, FileStep):
        name = copied_folder(step.what) or step.what
        return f"{'create' if step.before is None else 'edit'} {name}"
    kind, name = step.resource_key
    return f"{step.action} {kind} {name}"
