"""`shield apply`: create the secrets in AWS and rewrite the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from shield_ai.cli.apply_steps import ApplySteps, apply_document, print_results
from shield_ai.cli.console import (
    note,
    print_json,
)
from shield_ai.cli.interrupted_apply import confirm_plan, recover, restore_uncompared
from shield_ai.cli.interruptions import interruption
from shield_ai.cli.load_settings import PYTHON
from shield_ai.cli.options import APP_PATH, JSON, YES, grouped_options
from shield_ai.cli.planning import PLAN_OPTIONS, make_plan, open_plan
from shield_ai.cli.prompts import print_before_question, prompt_for_values
from shield_ai.flow.app_options import SettingsOptions
from shield_ai.flow.plan.plan_entries import count_fixed
from shield_ai.model.errors import DONE
from shield_ai.model.plan import Action, Applied
from shield_ai.reports.plan import no_changes_text, plan_text

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.cli.planning import PlanOptions
    from shield_ai.model.plan import Plan


class Overrides(msgspec.Struct, frozen=True):
    """The safety checks that the user disabled."""

    allow_dirty: bool
    allow_missing: bool
    allow_placeholders: bool


OVERRIDES = grouped_options(
    "overrides",
    Overrides,
    click.option("--allow-dirty", is_flag=True, help="Allow uncommitted changes in the git tree."),
    click.option(
        "--allow-missing",
        is_flag=True,
        help="Allow required secrets that have no value.",
    ),
    click.option(
        "--allow-placeholders",
        is_flag=True,
        help="Allow placeholder values such as changeme.",
    ),
)


class Proof(msgspec.Struct, frozen=True):
    """How to compare the settings before and after."""

    no_proof: bool
    python: str | None


PROOF = grouped_options(
    "proof",
    Proof,
    click.option(
        "--no-proof",
        is_flag=True,
        help="Do not load the settings before and after to compare their values.",
    ),
    PYTHON,
)


class AfterApply(msgspec.Struct, frozen=True):
    """What to do after the steps."""

    rotate_immediately: bool
    as_json: bool


AFTER = grouped_options(
    "after",
    AfterApply,
    click.option(
        "--rotate-immediately",
        is_flag=True,
        help="Rotate the secrets with a new rotation schedule, and wait until they are rotated.",
    ),
    JSON,
)


@click.command()
@click.argument("target", default=".", type=APP_PATH, metavar="[APP|plan.json]")
@PLAN_OPTIONS
@YES
@OVERRIDES
@PROOF
@AFTER
def apply(
    target: Path,
    options: PlanOptions,
    overrides: Overrides,
    *,
    yes: bool,
    proof: Proof,
    after: AfterApply,
) -> int:
    """Create the secrets in AWS and rewrite the code to read them.

    Runs scan, draft and plan as needed, then asks for confirmation. You can run it again at any
    time: it skips completed steps and resumes an interrupted apply.

    Applying code edits runs the app's code: its settings are loaded before and after, to compare
    their values. Use --no-proof for an app that you do not trust.
    """
    plan_file = target if target.is_file() else None
    if not proof.no_proof:
        restore_uncompared(target, options, yes=yes)
    session, planned = open_plan(target, options) if plan_file else make_plan(target, options)
    if session.has_nothing_to_do(planned):
        session.require_values(planned, allow_missing=overrides.allow_missing)
        note(no_changes_text(planned))
        if after.as_json:
            print_json(apply_document(planned, Applied()))
        return DONE
    with session.locked():
        recovered_steps = 0
        if session.is_interrupted:
            given_plan = planned if plan_file else None
            recovered_steps, planned = recover(session, given_plan, yes=yes)
        if plan_file:
            session.require_derived(planned)
        if options.prompt:
            target_manifest = session.target_manifest
            prefix = target_manifest.app.prefix
            optional = {
                prefix + secret.name for secret in target_manifest.secret if secret.optional
            }
            planned = prompt_for_values(planned, optional)
        session.require_safe(
            planned,
            allow_dirty=overrides.allow_dirty,
            allow_missing=overrides.allow_missing,
            allow_placeholders=overrides.allow_placeholders,
        )
        fixed = count_fixed(session.scan_result.findings, planned)
        text = plan_text(planned, session.tree.read, fixed=fixed, omits_steps=yes)
        print_before_question(text, yes=yes, nl=False)
        confirm_plan(session, recovered_steps, yes=yes)
        steps = ApplySteps(session.tree.read, planned)
        settings = SettingsOptions(may_run=not proof.no_proof, python=proof.python or "")
        with interruption(steps.interrupted):
            applied = session.apply(
                planned, on_receipt=steps.print, on_edit=steps.advance, settings=settings
            )
    print_results(planned, applied)
    new_rotations = _new_rotations(planned) if after.rotate_immediately else []
    if new_rotations:
        from shield_ai.cli.rotation_steps import rotate_now

        rotate_now(session, new_rotations)
    if after.as_json:
        print_json(apply_document(planned, applied, new_rotations))
    return DONE


def _new_rotations(planned: Plan) -> list[str]:
    return [
        change.name
        for change in planned.changes
        if change.resource == "rotation" and change.action is Action.CREATE
    ]
