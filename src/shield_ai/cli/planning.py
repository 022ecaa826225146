"""The options of `shield plan` and `shield apply`, and the session that they configure."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.cli.options import ENVIRONMENT, ONLY, grouped_options
from shield_ai.cli.progress import progress_bar
from shield_ai.cli.prompts import conflict_resolver, prompt_for_value
from shield_ai.flow.app_options import AppOptions, PlanningOptions, Scope
from shield_ai.flow.apply.apply_session import ApplySession
from shield_ai.flow.plan.plan_file import read_plan

if TYPE_CHECKING:
    from shield_ai.model.plan import Plan
    from shield_ai.scan.python.scan import Scan


class PlanOptions(msgspec.Struct, frozen=True):
    """The options that plan and apply share."""

    only: Scope | None
    environment: str
    env_files: tuple[str, ...]
    prompt: bool
    copy_from: str
    remove_literals: bool
    conflict: str


PLAN_OPTIONS = grouped_options(
    "options",
    PlanOptions,
    ONLY,
    ENVIRONMENT,
    click.option(
        "--env-file",
        "env_files",
        multiple=True,
        type=click.Path(),
        help="Read values from this .env file, or - for standard input."
        " Repeatable; the last file takes precedence.",
    ),
    click.option("--prompt", is_flag=True, help="Prompt for missing values (hidden input)."),
    click.option(
        "--copy-from",
        default="",
        metavar="ENVIRONMENT",
        help="Copy values from the secrets of another environment.",
    ),
    click.option(
        "--remove-literals",
        is_flag=True,
        help="Remove hardcoded secrets from the code and write them to the untracked .env.",
    ),
    click.option(
        "--conflict",
        type=click.Choice(["keep", "replace", "ask"]),
        default="keep",
        show_default=True,
        help="How to handle manual changes and different values in AWS.",
    ),
)


def open_apply_session(app: Path, options: PlanOptions, scan: Scan | None = None) -> ApplySession:
    """Open an app with the options of a plan.

    Args:
        app: The app's folder.
        options: The command's options.
        scan: The scan of the app, if it was made already.
    """
    target = AppOptions(
        only=options.only, environment=options.environment, on_progress=progress_bar().update
    )
    planning = PlanningOptions(
        env_files=options.env_files,
        copy_from=options.copy_from,
        prompt=prompt_for_value if options.prompt else None,
        remove_literals=options.remove_literals,
        may_overwrite=conflict_resolver(options.conflict),
        compares_values=options.conflict != "keep",
    )
    return ApplySession(app, target, planning, scan=scan)


def make_plan(app: Path, options: PlanOptions) -> tuple[ApplySession, Plan]:
    """Open an app, and make its plan.

    Args:
        app: The app's folder.
        options: The command's options.
    """
    session = open_apply_session(app, options)
    return session, session.plan()


def open_plan(path: Path, options: PlanOptions) -> tuple[ApplySession, Plan]:
    """Read a plan of the app in the current folder, and use its environment and scope.

    Args:
        path: The plan.
        options: The command's options.
    """
    plan = read_plan(path, options.environment, options.only)
    only = options.only or plan.only or None
    options = msgspec.structs.replace(options, environment=plan.environment, only=only)
    session = open_apply_session(Path(), options)
    return session, session.accept_plan(plan, path)
