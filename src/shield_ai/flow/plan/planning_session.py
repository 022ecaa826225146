"""Make the plan for one app from its files, the options and the account.

`ApplySession` makes the changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from shield_ai.flow.app_context import AppContext
from shield_ai.flow.app_options import AppOptions, PlanningOptions
from shield_ai.flow.journal.log import Journal
from shield_ai.flow.plan.app_plan import make_plan
from shield_ai.flow.plan.aws_inputs import collect_aws_inputs
from shield_ai.flow.plan.collect_code_inputs import collect_code_inputs
from shield_ai.flow.plan.manifest_preconditions import (
    require_existing_settings,
    require_listed_secrets,
    require_parsed_settings,
    require_repository,
    require_same_map_file,
)
from shield_ai.flow.plan.plan_check import planned_inputs, require_derived, require_safe_paths
from shield_ai.flow.plan.plan_file import limit_plan, require_app
from shield_ai.flow.plan.plan_notes import add_notes
from shield_ai.flow.plan.plan_values import PlanValues
from shield_ai.flow.plan.preconditions import (
    require_runtime_not_ignored,
    require_untracked_dotenv,
    unhide_copy,
)
from shield_ai.flow.plan.stored_documents import require_usable_values

if TYPE_CHECKING:
    from pathlib import Path

    from shield_ai.model.plan import Plan
    from shield_ai.scan.python.scan import Scan

_DEFAULTS = PlanningOptions()
_ALL = AppOptions()


class PlanningSession(AppContext):
    """Makes the plan of one command on one app.

    Args:
        folder: The app's folder.
        options: What the command works on.
        planning: The sources of values, and what to do with them.
        scan: The scan of the app, if it was made already.

    Raises:
        SourceError: The folder does not exist.
    """

    def __init__(
        self,
        folder: Path,
        options: AppOptions = _ALL,
        planning: PlanningOptions = _DEFAULTS,
        *,
        scan: Scan | None = None,
    ) -> None:
        super().__init__(folder, options, scan=scan)
        self.journal: Final = Journal(self.tree.root)
        self.values: Final = PlanValues(self, planning)

    def plan(self) -> Plan:
        """Make a plan.

        Raises:
            ShieldError: The app, shield.toml or a source of values can't be used, a value in it is
                ambiguous, or git ignores a new file that the app imports.
        """
        scan, runtime = self.scan_result, self.manifest.app.runtime
        require_repository(self)
        require_existing_settings(self)
        require_parsed_settings(self.manifest, scan.facts, self.scan_result.unreadable)
        require_same_map_file(self)
        require_listed_secrets(self.manifest, scan, self.tree.read)
        values = self.values.open(self.values.selected_env_files())
        aws = None
        if self.aws:
            aws = collect_aws_inputs(self, self.aws, self.journal, self.values, values)
        code = None
        if self.only != "aws":
            literals = self.values.open(()) if self.values.options.remove_literals else None
            code = collect_code_inputs(self, literals)
        plan = make_plan(
            self.manifest,
            self.sites,
            self.tree.read,
            constants=scan.constants,
            aws=aws,
            code=code,
        )
        require_usable_values(plan.changes, self, values)
        plan = unhide_copy(self.tree.root, plan)
        require_runtime_not_ignored(self.tree.root, plan, runtime)
        plan = add_notes(plan, self, values)
        return msgspec.structs.replace(plan, environment=self.environment, only=self.only or "")

    def accept_plan(self, plan: Plan, path: Path) -> Plan:
        """Check a plan from a file, and return its part that --only selects.

        Args:
            plan: From `read_plan`. The session must have its environment and scope.
            path: The file.

        Raises:
            SourceError: Code in the plan is in a git repository below the app's folder.
            PlanFileError: The plan is for another app.
            UnsafePlanError: The plan has a path or a source of a value outside the app.
        """
        require_app(plan, path, self.manifest.app.name)
        require_safe_paths(plan, self.tree, self.values.selected_env_files())
        if plan.dotenv:
            require_untracked_dotenv(self.tree.root)
        return limit_plan(plan, self.only)

    def require_derived(self, plan: Plan) -> None:
        """Require that planning now produces every change in AWS of a plan.

        Args:
            plan: From `accept_plan`.

        Raises:
            StalePlanError: Planning does not produce a change.
            UnsafePlanError: A secret has a source that planning never chooses for it.
        """
        if self.aws is None or not plan.changes:
            return
        values = self.values.open(())
        inputs = collect_aws_inputs(self, self.aws, self.journal, self.values, values)
        derived = make_plan(
            self.manifest,
            self.sites,
            self.tree.read,
            constants=self.scan_result.constants,
            aws=planned_inputs(inputs, plan, self.target_manifest),
        )
        require_derived(plan.changes, derived.changes)
