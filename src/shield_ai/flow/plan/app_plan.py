"""Plan every file edit and every change in AWS. A plan contains no secret value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.aws_plan import AwsInputs, resource_changes
from shield_ai.flow.plan.code_plan import plan_code
from shield_ai.flow.plan.deployment_plan import deployment_inputs, plan_edits
from shield_ai.flow.plan.linked_app import LinkedApp
from shield_ai.flow.plan.manual_steps import (
    code_steps,
    edit_steps,
    injection_steps,
    sign_in_steps,
)
from shield_ai.flow.plan.renamed_secrets import leftover_secrets, leftover_steps
from shield_ai.flow.plan.secret_plan import plan_secret
from shield_ai.model.plan import Action, Change, Plan
from shield_ai.model.skip import SkipId
from shield_ai.rewrite.project.iam_policy import write_policy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from shield_ai.flow.plan.code_inputs import CodeInputs
    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.plan import Origin
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped

_WITHOUT_PAGE = {SkipId.SPHINX_DOCS, SkipId.HUGO_DOCS}


def make_plan(
    manifest: Manifest,
    sites: Sequence[FoundSite],
    read: FileReader,
    *,
    constants: Sequence[FoundSite] = (),
    code: CodeInputs | None = None,
    aws: AwsInputs | None = None,
) -> Plan:
    """Plan the migration of an app.

    Args:
        manifest: shield.toml, or a draft of it that the plan writes.
        sites: All sites of the app.
        read: Returns the bytes of a file of the app; None if it does not exist.
        constants: The literals that remain in the code beside secrets that are already migrated.
        code: The inputs of the code part; None to plan no code edits.
        aws: The inputs of the AWS part; None to plan no changes in AWS.

    Raises:
        AwsError: A secret is scheduled for deletion and was not created by shield.
        UnsafePlanError: A secret or resource with the same name belongs to another app.
        SourceError: A file can't be read or parsed.
    """
    planner = _Planner(manifest, read)
    account = ""
    region = ""
    if code:
        planner.add_code(sites, code)
    if aws:
        planner.add_aws([*sites, *constants], sites, aws)
        account = aws.live.account
        region = aws.live.region
    if code:
        planner.add_deployment(sites, code, aws)
    planner.add_sign_in_steps(code.kept.in_code if code else ())
    return Plan(
        app=manifest.app.name,
        account=account,
        region=region,
        files=tuple(sorted(planner.files, key=lambda file: file.path)),
        changes=tuple(planner.changes),
        skipped=tuple(planner.skipped),
        missing=tuple(planner.missing),
        next_steps=tuple(planner.next_steps),
        dotenv=planner.dotenv,
    )


class _Planner:
    """Collects the parts of a plan."""

    def __init__(self, manifest: Manifest, read: FileReader) -> None:
        self._manifest = manifest
        self._app = LinkedApp(read)
        self.files: list[FileChange] = []
        self.changes: list[Change] = []
        self.skipped: list[Skipped] = []
        self.missing: list[str] = []
        self.next_steps: list[str] = []
        self.dotenv: tuple[Origin, ...] = ()
        self._edits_code = False
        self._unwrapped: Sequence[Skipped] = ()  # reads that remain in the code

    def add_sign_in_steps(self, kept: Collection[str]) -> None:
        """Add what to do with AWS access keys, if the plan edits code or stores values."""
        if self._edits_code or any(change.origins for change in self.changes):
            self.next_steps += sign_in_steps(self._manifest, self._app.read, kept, self._unwrapped)

    def add_code(self, sites: Sequence[FoundSite], inputs: CodeInputs) -> None:
        planned = plan_code(self._manifest, sites, inputs, self._app)
        self.files += planned.files
        self._edits_code = bool(planned.files)
        self.skipped += planned.skipped
        self.dotenv = planned.dotenv
        self._unwrapped = planned.unwrapped
        self.next_steps += injection_steps(inputs.held)
        self.next_steps += code_steps(planned.files, inputs.kept, self._app.read)
        if planned.files:
            has_no_page = any(skip.id in _WITHOUT_PAGE for skip in planned.skipped)
            self.next_steps += edit_steps(
                self._manifest, inputs, planned.dotenv, self._app.read, has_no_page=has_no_page
            )

    def add_deployment(
        self,
        sites: Sequence[FoundSite],
        code: CodeInputs,
        aws: AwsInputs | None,
    ) -> None:
        sources = code.deployment
        if sources is None:
            return
        target = aws.target if aws and aws.target else self._manifest
        inputs = deployment_inputs(
            sources,
            self._manifest,
            sites,
            self._unwrapped,
            self._stored_secrets(target, aws) if aws else None,
            self._compare_values(target, aws) if aws else None,
        )
        planned = plan_edits(
            sources, inputs._replace(stage=code.stage), target, aws.live.account if aws else ""
        )
        self.files += planned.changes
        self.skipped += planned.skipped
        self.next_steps += planned.next_steps

    def _compare_values(
        self, target: Manifest, aws: AwsInputs
    ) -> Callable[[str, str], bool | None]:
        """Return a function that compares the value of a variable after apply with a text."""
        origins = self._new_origins(target)

        def has_value(variable: str, text: str) -> bool | None:
            if variable not in origins:  # AWS keeps the value that it has
                return aws.has_current_value(variable, text)
            return aws.has_value(origins[variable], text)

        return has_value

    def _new_origins(self, target: Manifest) -> dict[str, Origin]:
        """Map each variable that gets a new value in AWS to the origin of the value."""
        changes = {change.name: change for change in self.changes if change.origins}
        found = {}
        for secret in target.secret:
            change = changes.get(target.app.prefix + secret.name)
            origins = {origin.field: origin for origin in change.origins} if change else {}
            for variable, field in secret.variables().items():
                if field in origins:
                    found[variable] = origins[field]
        return found

    def _stored_secrets(self, target: Manifest, aws: AwsInputs) -> set[str]:
        """Return the secrets that have a value in AWS after apply."""
        names = {
            change.name
            for change in self.changes
            if change.origins or change.action is Action.RESTORE
        }
        for name, state in aws.live.secrets.items():
            if state.current and not state.deleted:
                names.add(name)
        prefix = target.app.prefix
        return {secret.name for secret in target.secret if prefix + secret.name in names}

    def add_aws(
        self, sources: Sequence[FoundSite], sites: Sequence[FoundSite], inputs: AwsInputs
    ) -> None:
        """Add the changes in AWS.

        Args:
            sources: The sites that values may come from.
            sites: The sites that the plan migrates.
            inputs: What the changes depend on.
        """
        target = inputs.target or self._manifest
        leftovers = leftover_secrets(target, inputs.live)
        if target is self._manifest:
            # The policy file in the app's folder is the one without an environment.
            files, skipped = write_policy(
                self._app.read, self._manifest, inputs.live.account, leftovers
            )
            inside, links = self._app.without_outside(files)
            self.files += inside
            self.skipped += [*links, *skipped]
        for secret in self._manifest.secret:
            planned = plan_secret(secret, target, sources, sites, self._app.read, inputs)
            self.skipped += planned.skipped
            if planned.change:
                self.changes.append(planned.change)
            if planned.missing:
                self.missing.append(planned.missing)
        self.changes += resource_changes(inputs)
        self.next_steps += [*inputs.notes, *leftover_steps(leftovers, target.app)]
