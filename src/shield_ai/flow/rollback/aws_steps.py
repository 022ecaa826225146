"""Undo a step in AWS: delete a created secret, restore the others and their resources."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from shield_ai.flow.journal.journal_record import ResourceStep, SecretStep
from shield_ai.flow.pull import pull_command_for
from shield_ai.flow.rollback.restored_settings import restore_settings
from shield_ai.flow.verify.db_login import LoginResult
from shield_ai.model.plan import Action, StepStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal.journal_record import AwsStep
    from shield_ai.flow.journal.log import Journal
    from shield_ai.flow.verify.db_login import LoginAttempt
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.resource import SecretState
    from shield_ai.project.tree import Tree

# Takes a secret's name and value, and tries its login; returns None for a secret without a login.
TryLogin: TypeAlias = "Callable[[str, Hidden], LoginAttempt | None]"

UNDONE = StepStatus.UNDONE
KEPT = StepStatus.KEPT
# For a secret that shield.toml does not list.
SHOW_COMMAND = "aws secretsmanager get-secret-value --secret-id {name} --region {region}"
_RESTORE_COMMAND = "aws secretsmanager restore-secret --secret-id {name} --region {region}"
_CHANGED_SETTINGS = "its settings were changed since apply; restore them manually"


class Outcome(NamedTuple):
    """What became of a step."""

    status: StepStatus
    detail: str
    is_open: bool = False  # the next rollback tries a kept step again
    restored: bool = False  # the settings of a kept secret were restored


def _no_login(_name: str, _value: Hidden) -> LoginAttempt | None:
    return None


def _no_problem(_name: str) -> str:
    return ""


def _not_pulled(_name: str) -> bool:
    return False


def _listed(_name: str) -> bool:
    return True


@dataclasses.dataclass(frozen=True, kw_only=True)
class SecretChecks:
    """What decides how a secret is undone; each takes the secret's name.

    Args:
        try_login: Takes the previous value, too, and checks whether it still works.
        rotation_problem: Returns why the pending rotation must be finished first; empty if it need
            not.
        is_pulled: Returns whether an env file has the current value.
        is_listed: Returns whether shield.toml lists the secret, as `shield pull` requires.
    """

    try_login: TryLogin = _no_login
    rotation_problem: Callable[[str], str] = _no_problem
    is_pulled: Callable[[str], bool] = _not_pulled
    is_listed: Callable[[str], bool] = _listed


@dataclasses.dataclass(frozen=True, kw_only=True)
class AwsUndo:
    """Undoes steps in AWS.

    Args:
        tree: The app's folder.
        journal: Locked by the caller.
        aws: The account.
        checks: What else decides about a secret.
        rotated: Gets the steps of secrets that were rotated since apply.
    """

    tree: Tree
    journal: Journal
    aws: Account
    checks: SecretChecks
    rotated: list[SecretStep]

    def undo(self, step: AwsStep) -> Outcome:
        """Undo a step.

        Raises:
            AwsError: AWS refuses a call; the step stays open.
        """
        match step:
            case SecretStep():
                return self._undo_secret(step)
            case ResourceStep():
                return self._undo_resource(step)

    def _undo_secret(self, step: SecretStep) -> Outcome:
        problem = self.checks.rotation_problem(step.what)
        if problem:
            return Outcome(KEPT, problem, is_open=True)
        if step.action is Action.UPDATE:
            return self._undo_update(step)
        return self._undo_creation(step)

    def _undo_creation(self, step: SecretStep) -> Outcome:
        """Delete a created or restored secret, unless its value was changed since."""
        state = self.aws.secrets.state(step.what)
        if state is None or state.deleted:
            return Outcome(UNDONE, "already deleted")
        version = step.token or step.previous  # a restored secret may have kept its value
        is_current = "AWSCURRENT" in state.versions.get(version, ())
        never_stored = not self.journal.is_done(step) and version not in state.versions
        if never_stored and step.action is not Action.RESTORE:
            return Outcome(UNDONE, "never created")
        if not is_current and not never_stored:
            detail = self._keep_rotated(step, "then", "delete the secret manually")
            return Outcome(KEPT, detail)
        self.aws.secrets.delete(step.what)
        return Outcome(UNDONE, "scheduled for deletion, restorable for 30 days")

    def _keep_rotated(self, step: SecretStep, conjunction: str, action: str) -> str:
        """Record that a secret was rotated, and return the detail of its receipt.

        Args:
            step: The step.
            conjunction: Joins the advice to copy the current value with the action.
            action: What the user can do.
        """
        self.rotated.append(step)
        advice = action
        if not self.checks.is_pulled(step.what):
            command = SHOW_COMMAND.format(name=step.what, region=step.region)
            if self.checks.is_listed(step.what):
                command = pull_command_for(self.tree, step.environment)
            advice = f"copy its current value with {command}, {conjunction} {action}"
        return f"its value was changed since apply: {advice}"

    def _undo_update(self, step: SecretStep) -> Outcome:
        """Restore the previous value and settings of a secret, unless they were changed since.

        The value and the settings are restored independently of each other.
        """
        state = self.aws.secrets.state(step.what)
        if state is None or state.deleted:
            return self._explain_deleted(step, is_restorable=state is not None)
        applied = step.settings or {}
        settings, is_changed = restore_settings(step.was or {}, applied, state.settings)
        problem, note = self._restore_value(step, state)
        self.aws.secrets.update_settings(step.what, settings, state.settings)
        if is_changed:
            problem = "; ".join(filter(None, (problem, _CHANGED_SETTINGS)))
        if problem:
            return Outcome(KEPT, problem, restored=not is_changed)
        return Outcome(UNDONE, f"restored{note}")

    def _explain_deleted(self, step: SecretStep, *, is_restorable: bool) -> Outcome:
        """Return the outcome for an updated secret that was deleted since: kept at first.

        The next rollback accepts the deletion, unless the secret is restored before.
        """
        if self.journal.is_kept(step):
            return Outcome(UNDONE, "already deleted")
        if not is_restorable:
            return Outcome(KEPT, "it was deleted since apply, and AWS no longer has its value")
        command = _RESTORE_COMMAND.format(name=step.what, region=step.region)
        detail = "it was deleted since apply: to get its previous value back, restore it with"
        return Outcome(KEPT, f"{detail} {command}, and roll back again")

    def _restore_value(self, step: SecretStep, state: SecretState) -> tuple[str, str]:
        """Make the previous version of a secret current again.

        Returns:
            Why the version can't be made current, and a note for the receipt; both may be empty.
        """
        if not step.token or state.current == step.previous:
            return "", ""
        if step.token != state.current:
            return self._explain_other_value(step, state), ""
        if not step.previous:
            return "", "; its value stays, because AWS can't remove the only version"
        if step.previous not in state.versions:
            return "AWS no longer has its previous value", ""
        login = self.checks.try_login(step.what, self.aws.secrets.read(step.what, step.previous))
        if login is not None and login.result is LoginResult.REFUSED:
            return f"its previous value does not work: {login.detail}", ""
        self.aws.secrets.move_current(step.what, step.previous)
        if login is not None and login.detail:
            return "", f"; {login.detail}"
        return "", ""

    def _explain_other_value(self, step: SecretStep, state: SecretState) -> str:
        """Return why the current value is kept; empty if the step's value was never stored."""
        if not self.journal.is_done(step) and step.token not in state.versions:
            return ""
        return self._keep_rotated(step, "or", "restore it manually")

    def _undo_resource(self, step: ResourceStep) -> Outcome:
        """Restore the previous settings of a resource, unless they were changed since."""
        key = step.resource_key
        now = self.aws.resources.read([key])[key]
        if now == step.was:
            return Outcome(UNDONE, "already restored")
        if now != step.settings and self.journal.is_done(step):
            return Outcome(KEPT, "it was changed since apply; restore it manually")
        self.aws.resources.reconcile(*key, step.was)
        return Outcome(UNDONE, "removed" if step.was is None else "restored")
