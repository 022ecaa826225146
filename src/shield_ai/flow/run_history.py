"""Which steps of the recorded runs are open, done or undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shield_ai.flow.journal_record import Record
    from shield_ai.model.resource import Settings


class RunHistory:
    """The records of all runs of apply in one app, oldest first."""

    def __init__(self) -> None:
        self.records: list[Record] = []

    def interrupted_run(self) -> str:
        """Return the id of the run that was interrupted; empty if the last run ended."""
        for record in reversed(self.records):
            if record.event == "end":
                return ""
            if record.event != "undone":
                return record.run if self.open_steps(record.run) else ""
        return ""

    def run_ids(self) -> list[str]:
        """Return the ids of all runs, oldest first."""
        return list(dict.fromkeys(record.run for record in self.records))

    def open_steps(self, run: str, kind: str = "") -> list[Record]:
        """Return the begin records of the steps that were not undone, newest first.

        Args:
            run: The id of the run.
            kind: "file" or "aws" to return only these steps.
        """
        undone = self._steps_with("undone")
        steps = []
        for record in reversed(self.records):
            is_step = record.run == run and record.event == "begin"
            if is_step and record.seq not in undone and kind in {"", record.kind}:
                steps.append(record)
        return steps

    def is_done(self, begin: Record) -> bool:
        """Return whether a step is known to have completed."""
        return begin.seq in self._steps_with("done")

    def _steps_with(self, event: str) -> set[int]:
        return {record.of for record in self.records if record.event == event}

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
        undone = self._steps_with("undone")
        done = self._steps_with("done")
        target = account, region, environment
        applied: dict[tuple[str, str], Settings] = {}
        for record in self.records:
            if record.event != "begin" or record.kind != "aws" or record.seq in undone:
                continue
            if (record.account, record.region, record.environment) != target:
                continue
            applied.pop(record.resource_key, None)
            if record.settings is not None and record.seq in done:
                applied[record.resource_key] = record.settings
        return applied
