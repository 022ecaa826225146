"""Determine which steps of the recorded runs are open, done, undone or kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from shield_ai.flow.journal.journal_record import (
    FileStep,
    ResourceStep,
    RunEnd,
    RunStart,
    SecretStep,
    StepDone,
    StepKept,
    StepUndone,
)
from shield_ai.rewrite.project.iam_policy import PATH as IAM_POLICY

if TYPE_CHECKING:
    from collections.abc import Callable

    from shield_ai.flow.journal.journal_record import AwsStep, Record, Step
    from shield_ai.model.resource import Settings

_StepT = TypeVar("_StepT", bound="Step")


class RunHistory:
    """The records of all runs of apply in one app, oldest first.

    Open steps are those that were not undone, and that no rollback kept. They are returned newest
    first.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []

    def interrupted_run(self) -> str:
        """Return the id of the run that was interrupted; empty if the last run ended."""
        for record in reversed(self.records):
            if isinstance(record, RunEnd):
                return ""
            if not isinstance(record, StepUndone | StepKept):
                return record.run if self.open_steps(record.run) else ""
        return ""

    def run_ids(self) -> list[str]:
        """Return the ids of all runs, oldest first."""
        return list(dict.fromkeys(record.run for record in self.records))

    def start_of(self, run: str) -> int:
        """Return when a run started or was continued, in seconds since 1970; 0 if unknown."""
        starts = (record for record in self.records if isinstance(record, RunStart))
        return max((start.time for start in starts if start.run == run), default=0)

    def environment_of(self, run: str) -> str | None:
        """Return the environment of a run; empty for none, and None if unknown."""
        starts = (record for record in self.records if isinstance(record, RunStart))
        return next((start.environment for start in starts if start.run == run), None)

    def open_steps(self, run: str) -> list[Step]:
        """Return the open steps of a run."""
        settled = self._undone() | self._kept()
        return [
            record
            for record in reversed(self.records)
            if isinstance(record, FileStep | SecretStep | ResourceStep)
            and record.run == run
            and record.seq not in settled
        ]

    def open_file_steps(self, run: str) -> list[FileStep]:
        """Return the open steps of a run that edit files."""
        return [step for step in self.open_steps(run) if isinstance(step, FileStep)]

    def open_aws_steps(self, run: str) -> list[AwsStep]:
        """Return the open steps of a run that change AWS."""
        return [step for step in self.open_steps(run) if not isinstance(step, FileStep)]

    def kept_steps(self) -> list[AwsStep]:
        """Return the steps of all runs that a rollback kept, newest first."""
        kept = self._kept() - self._undone()
        return [
            record
            for record in reversed(self.records)
            if isinstance(record, SecretStep | ResourceStep) and record.seq in kept
        ]

    def is_kept(self, step: Step) -> bool:
        """Return whether a rollback kept a step."""
        return step.seq in self._kept()

    def has_restored_files(self, run: str) -> bool:
        """Return whether a rollback restored files of a run."""
        undone = self._undone()
        return any(
            isinstance(record, FileStep) and record.run == run and record.seq in undone
            for record in self.records
        )

    def last_steps(self) -> list[Step]:
        """Return the open steps of the newest run that has some."""
        return self._newest(self.open_steps)

    def last_file_steps(self) -> list[FileStep]:
        """Return the open steps that edit files, of the newest run that has some.

        A run of `apply --only aws` writes only the IAM policy: the runs before it are included, up
        to one with other files.
        """
        found: list[FileStep] = []
        for run in reversed(self.run_ids()):
            found += self.open_file_steps(run)
            if any(step.what != IAM_POLICY for step in found):
                return found
        return self._newest(self.open_file_steps)

    def original_files(self) -> dict[str, str | None]:
        """Return the sha256 of each file before the first open step; None: it did not exist."""
        original: dict[str, str | None] = {}
        for run in reversed(self.run_ids()):
            original |= {step.what: step.before for step in self.open_file_steps(run)}
        return original

    def last_aws_steps(self) -> list[AwsStep]:
        """Return the open steps that change AWS, of the newest run that has some."""
        return self._newest(self.open_aws_steps)

    def _newest(self, steps_of: Callable[[str], list[_StepT]]) -> list[_StepT]:
        for run in reversed(self.run_ids()):
            steps = steps_of(run)
            if steps:
                return steps
        return []

    def is_done(self, step: Step) -> bool:
        """Return whether a step is known to have completed."""
        return step.seq in self._done()

    def _done(self) -> set[int]:
        return {record.of for record in self.records if isinstance(record, StepDone)}

    def _undone(self) -> set[int]:
        return {record.of for record in self.records if isinstance(record, StepUndone)}

    def _kept(self) -> set[int]:
        return {record.of for record in self.records if isinstance(record, StepKept)}

    def _restored(self) -> set[int]:
        """Return the steps that no longer determine the settings of their secret or resource."""
        records = self.records
        kept = (record for record in records if isinstance(record, StepKept) and record.restored)
        return self._undone() | {record.of for record in kept}

    def applied_settings(
        self, account: str, region: str, environment: str = ""
    ) -> dict[tuple[str, str], Settings]:
        """Return the settings that apply last gave to each secret and resource, oldest first.

        Excludes steps that were undone or interrupted, and what was removed.

        Args:
            account: The AWS account.
            region: The AWS region.
            environment: The environment of shield.toml; empty: none.

        Returns:
            The settings by kind and name.
        """
        restored = self._restored()
        done = self._done()
        target = account, region, environment
        applied: dict[tuple[str, str], Settings] = {}
        for record in self.records:
            if not isinstance(record, SecretStep | ResourceStep) or record.seq in restored:
                continue
            if (record.account, record.region, record.environment) != target:
                continue
            applied.pop(record.resource_key, None)
            if record.settings is not None and record.seq in done:
                applied[record.resource_key] = record.settings
        return applied
