"""Read a plan from a file, and limit a plan to code or AWS."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import PlanFileError
from shield_ai.model.invalid_input import INVALID_JSON
from shield_ai.model.plan import Plan
from shield_ai.project.env_file import is_env_file
from shield_ai.project.regular_file import read_regular_file
from shield_ai.rewrite.project.iam_policy import PATH as IAM_POLICY

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.flow.app_options import Scope

MAX_SIZE = 64_000_000  # bytes


def read_plan(path: Path, environment: str = "", scope: Scope | None = None) -> Plan:
    """Read a plan from a file.

    Args:
        path: The file.
        environment: The requested environment; if empty, that of the plan is used.
        scope: The value of --only; if None, that of the plan is used.

    Raises:
        PlanFileError: The file is not a valid plan, or the plan is for another environment, or
            contradicts itself or --only.
    """
    command = _plan_command(path, environment, scope)
    try:
        plan = msgspec.json.decode(read_regular_file(path, MAX_SIZE), type=Plan)
    except OSError as error:
        raise PlanFileError(
            f"{path} can't be read: {error.strerror}",
            f"create a plan with {command}",
        ) from None
    except INVALID_JSON:
        command = _plan_command(path.with_name("plan.json"), environment, scope)
        hint = f"create a plan with {command}"
        if is_env_file(path.name):
            hint = f"for an env file, use {shlex.join(['--env-file', str(path)])}"
        raise PlanFileError(f"{path} is not a valid plan file", hint) from None
    if environment and environment != plan.environment:
        actual = "was created without --environment"
        if plan.environment:
            actual = f"is for the environment {plan.environment}"
        raise PlanFileError(
            f"{path} {actual}, not for {environment}",
            f"create a plan with {command}",
        )
    _require_scope(plan, path, scope)
    return plan


def require_app(plan: Plan, path: Path, app: str) -> None:
    """Require that a plan was made for an app.

    Args:
        plan: The plan.
        path: The file that it was read from.
        app: The app's name in shield.toml.

    Raises:
        PlanFileError: It was made for another app.
    """
    if plan.app != app:
        raise PlanFileError(
            f"{path} is for the app {plan.app}, but this is {app}",
            "run shield apply in the folder of the app that the plan was made for",
        )


def _require_scope(plan: Plan, path: Path, scope: Scope | None) -> None:
    """Require that a plan contains only changes in its scope, and that its scope matches --only.

    Args:
        plan: The plan.
        path: The file that it was read from.
        scope: The value of --only; None: not given.

    Raises:
        PlanFileError: The plan contradicts itself or --only.
    """
    if not plan.only:
        return
    if scope and scope != plan.only:
        raise PlanFileError(
            f"{path} was made with --only {plan.only}, which excludes --only {scope}",
            f"remove --only, or create a plan with {_plan_command(path, plan.environment, scope)}",
        )
    if limit_plan(plan, plan.only) != plan:
        raise PlanFileError(
            f"{path} was made with --only {plan.only}, but contains other changes",
            f"create a plan with {_plan_command(path, plan.environment, plan.only)}, and review it",
        )


def _plan_command(path: Path, environment: str, scope: str | None) -> str:
    """Return the command that creates a plan in a file."""
    arguments = ["shield", "plan"]
    if environment:
        arguments += ["--environment", environment]
    if scope:
        arguments += ["--only", scope]
    return shlex.join([*arguments, "-o", str(path)])


def limit_plan(plan: Plan, scope: Scope | None) -> Plan:
    """Return the plan with only its file edits, or only its changes in AWS and the IAM policy.

    Args:
        plan: The plan.
        scope: What to keep; None for both.
    """
    if scope == "code":
        return msgspec.structs.replace(plan, changes=())
    if scope == "aws":
        policy = tuple(file for file in plan.files if file.path == IAM_POLICY)
        return msgspec.structs.replace(plan, files=policy, dotenv=())
    return plan
