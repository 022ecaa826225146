"""Provide a small app and a plan, for the tests of apply and rollback."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from shield_ai.aws.live.account import Account
from shield_ai.aws.live.session import Session
from shield_ai.flow.apply.apply_recovery import recover
from shield_ai.flow.apply.run import Applier
from shield_ai.flow.journal.log import Journal
from shield_ai.flow.rollback.run import Rollback
from shield_ai.model.edit import Edit
from shield_ai.model.plan import Action, Change, Origin, Plan
from shield_ai.project.python_source import file_change
from shield_ai.project.tree import Tree
from shield_ai.project.values import Values

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.model.hidden import Hidden
    from shield_ai.model.resource import Live

REGION = "us-east-1"
SETTINGS = {
    "description": "of shop",
    "kms_key": "aws/secretsmanager",
    "replicas": [],
    "tags": {"app": "shop", "managed-by": "shield-ai"},
}
NAMES = ("alpha-key", "beta-credentials")


def make_app(root: Path) -> None:
    (root / "settings.py").write_bytes(b"KEY = 1\r\n")
    (root / "keep.txt").write_bytes(b"as it is")


def account(region: str = REGION, assume: str = "") -> Account:
    return Account(Session(region, assume=assume))


def origins(name: str) -> tuple[Origin, ...]:
    variable = name.upper().replace("-", "_")
    if name.endswith("credentials"):
        return (
            Origin(locator=f"env:{variable}_USER", field="username"),
            Origin(locator=f"env:{variable}", field="password"),
        )
    return (Origin(locator=f"env:{variable}"),)


def values_for(seed: str) -> Values:
    names = [origin.locator[4:] for name in NAMES for origin in origins(name)]
    return Values({}, {name: f"{seed}-{name}" for name in names})


def plan_for(tree: Tree, live: Live) -> Plan:
    """Plan as the command does: create or restore missing secrets, and edit unedited files."""
    changes = []
    for name in NAMES:
        state = live.secrets.get(name)
        action = (
            Action.CREATE if state is None else Action.RESTORE if state.deleted else Action.KEEP
        )
        given = () if action is Action.KEEP else origins(name)
        version = state.current if state else ""
        before = state.settings if state else None
        changes.append(
            Change(
                action=action,
                resource="secret",
                name=name,
                origins=given,
                version=version,
                settings=SETTINGS,
                before=before,
            )
        )
    files = []
    for path, text in (("settings.py", "import x\n"), ("utils/secrets.py", "new\n")):
        old = tree.read(path)
        if old is None or not old.startswith(text.encode()):
            files.append(
                file_change(path, old, [Edit(path=path, start=0, end=0, replacement=text)])
            )
    return Plan(
        app="shop",
        account=live.account,
        region=live.region,
        files=tuple(files),
        changes=tuple(changes),
    )


def apply_plan(root: Path, plan: Plan, *, values: Values | None = None, aws: Account | None = None):
    with Journal(root).locked() as journal:
        applier = Applier(
            tree=Tree(root),
            journal=journal,
            values=values or values_for("v"),
            aws=aws or account(),
            on_receipt=lambda _: None,
        )
        return [*applier.apply(plan).receipts]


def plan_and_apply(root: Path, seed: str = "v", aws: Account | None = None):
    """Plan and apply, as the command does."""
    aws = aws or account()
    with Journal(root).locked() as journal:
        recover(journal, aws)
    plan = plan_for(Tree(root), aws.live_state(NAMES))
    return apply_plan(root, plan, values=values_for(seed), aws=aws)


def undo_last_run(root: Path, *, force: bool = False, aws: Account | None = None):
    tree, aws = Tree(root), aws or account()
    with Journal(root).locked() as journal:
        steps = journal.last_steps()
        undoer = Rollback(tree=tree, journal=journal, aws=aws, on_receipt=lambda _: None)
        return undoer.undo(steps, force=force)


def files_of(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".shield" not in path.relative_to(root).parts
    }


def secrets_of(aws: Account) -> dict[str, Hidden | None]:
    """Return the value of each secret; None if it is scheduled for deletion."""
    found: dict[str, Hidden | None] = {}
    for name in NAMES:
        with contextlib.suppress(StopIteration):
            state = aws.secrets.state(name)
            if state:
                found[name] = None if state.deleted else aws.secrets.read(name)
    return found
