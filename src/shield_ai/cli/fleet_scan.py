"""Scan many repositories, for `shield scan --repos`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.cli.console import echo, write_output
from shield_ai.cli.interruptions import interruption
from shield_ai.cli.progress import progress_bar
from shield_ai.flow.fleet import Engine, read_repository_list, scan_repositories
from shield_ai.model.plurals import count
from shield_ai.reports.fleet import fleet_json, fleet_text

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.flow.fleet import Outcome


def scan_fleet(repos: Path, folder: Path, *, as_json: bool, engine: Engine) -> list[Outcome]:
    """Scan all repositories, print a summary and return the outcomes.

    Args:
        repos: The file that lists the repositories.
        folder: Where the outcome of each repository and fleet.json are written.
        as_json: Whether to print the summary as JSON.
        engine: Where the scans run.
    """
    listed = read_repository_list(repos)
    bar = progress_bar()
    done = 0

    def print_outcome(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        result = outcome.error or count(sum(outcome.found.values()), "finding")
        bar.print(f"  [{done}/{len(listed)}] {outcome.repository}: {result}")
        bar.update("repositories scanned", done, len(listed))

    def describe() -> tuple[str, str]:
        saved = f"{done} of {count(len(listed), 'repository')} scanned and saved in {folder}"
        return f"interrupted; {saved}", "run the same command again to continue"

    with interruption(describe):
        outcomes = scan_repositories(listed, folder, engine=engine, on_outcome=print_outcome)
    text = fleet_json(outcomes)
    write_output(folder / "fleet.json", text)
    echo(text if as_json else fleet_text(outcomes), nl=False)
    return outcomes
