"""Plan every file edit and every change in AWS. A plan contains no secret value."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from shield_ai.flow.aws_plan import AwsInputs, resource_changes, secret_change
from shield_ai.flow.deployment_plan import deployment_inputs, literal_values
from shield_ai.flow.origins import choose_origins, missing_variables
from shield_ai.model.edit import Edit
from shield_ai.model.errors import OutsideError
from shield_ai.model.manifest_writer import render
from shield_ai.model.naming import MANIFEST
from shield_ai.model.plan import Action, Change, Plan
from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project.python_source import file_change
from shield_ai.project.runtime_names import COPY, is_copied_file
from shield_ai.rewrite.project.deployment import edit_deployment
from shield_ai.rewrite.project.fixer import AppFiles, DotenvFiles, FixContext
from shield_ai.rewrite.project.iam_policy import write_policy
from shield_ai.rewrite.project.pipeline import rewrite_project
from shield_ai.rewrite.python.pipeline import rewrite_python
from shield_ai.rewrite.python.unused_imports import Importers
from shield_ai.rewrite.python.wrap import WrapOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shield_ai.flow.deployment_plan import DeploymentSources
    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader, HasFolder
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.plan import Origin
    from shield_ai.rewrite.python.move_literals import LiteralRemoval


@dataclasses.dataclass(frozen=True, kw_only=True)
class CodeInputs:
    """The inputs of the code part of a plan, besides shield.toml and the findings.

    Args:
        accessor_import: The line that imports `get_secret` in this app.
        has_folder: Returns whether the app has a folder.
        real_path: Returns the path of a file, without symbolic links.
        calls: Path, line and column of each call of the runtime.
        removal: Removes literals from the code; None keeps them as defaults.
        relative_package: The package with files that import the runtime relatively.
        test_module: Dotted name of the map file in the tests; by default, as in the app.
        python_files: All Python files of the app.
        dotenv_files: The .env files of the app.
        django: Whether the app uses Django.
        in_git: Whether the app is in a Git repository.
        deployment: The deployment files to edit; None edits none.
        ignores_backups: Whether git ignores the backups of edited files.
    """

    accessor_import: str
    has_folder: HasFolder
    real_path: Callable[[str], str] = str
    calls: Sequence[tuple[str, int, int]] = ()
    removal: LiteralRemoval | None = None
    relative_package: str = ""
    test_module: str = ""
    python_files: Sequence[str] = ()
    dotenv_files: DotenvFiles = dataclasses.field(default_factory=DotenvFiles)
    django: bool = True
    in_git: bool = False
    deployment: DeploymentSources | None = None
    ignores_backups: bool = False


def make_plan(
    manifest: Manifest,
    findings: Sequence[Finding],
    read: FileReader,
    *,
    constants: Sequence[Finding] = (),
    code: CodeInputs | None = None,
    aws: AwsInputs | None = None,
) -> Plan:
    """Plan the migration of an app.

    Args:
        manifest: shield.toml, or a draft of it that the plan writes.
        findings: All findings of the app.
        read: Returns the bytes of a file of the app; None if it does not exist.
        constants: Literals in the code of secrets that were migrated already.
        code: None plans no code edits.
        aws: None plans no changes in AWS.

    Raises:
        AwsError: A secret is scheduled for deletion and was not created by shield.
        UnsafePlanError: A secret or resource with the same name belongs to another app.
        SourceError: A file can't be read or parsed.
    """
    planner = _Planner(manifest, read)
    account = ""
    region = ""
    if code:
        planner.add_code(findings, code)
    if aws:
        planner.add_aws([*findings, *constants], findings, aws)
        account = aws.live.account
        region = aws.live.region
    if code and code.deployment:
        planner.add_deployment(findings, code.deployment, aws)
    return Plan(
        app=manifest.app.name,
        account=account,
        region=region,
        files=tuple(sorted(planner.files, key=lambda file: file.path)),
        changes=tuple(planner.changes),
        skipped=tuple(planner.skipped),
        missing=tuple(planner.missing),
        dotenv=planner.dotenv,
    )


def changes_nothing(plan: Plan) -> bool:
    """Return whether a plan neither edits files nor changes anything in AWS.

    Args:
        plan: The plan.
    """
    unchanged = {Action.KEEP, Action.DRIFT}
    return not plan.files and all(change.action in unchanged for change in plan.changes)


def rewrites_code(plan: Plan) -> bool:
    """Return whether a plan edits a Python file that already exists.

    Args:
        plan: The plan.
    """
    return any(file.before and file.path.endswith(".py") for file in plan.files)


def adds_runtime(plan: Plan) -> bool:
    """Return whether a plan copies the runtime into the app, which has no copy yet.

    Args:
        plan: The plan.
    """
    new = {file.path for file in plan.files if file.before is None}
    return any(is_copied_file(path) and path.endswith(f"{COPY}/__init__.py") for path in new)


class _Planner:
    """Collects the parts of a plan."""

    def __init__(self, manifest: Manifest, read: FileReader) -> None:
        self._manifest = manifest
        self._read_file = read
        self._outside: dict[str, OutsideError] = {}
        self.files: list[FileChange] = []
        self.changes: list[Change] = []
        self.skipped: list[Skipped] = []
        self.missing: list[str] = []
        self.dotenv: tuple[Origin, ...] = ()
        self._unwrapped: Sequence[Skipped] = ()  # reads that remain in the code

    def _read(self, path: str) -> bytes | None:
        """Return the bytes of a file; None if it does not exist, or is a link out of the app."""
        try:
            return self._read_file(path)
        except OutsideError as error:
            self._outside[path] = error
            return None

    def _add_files(self, files: Iterable[FileChange]) -> None:
        """Add changes, but report the files that are links out of the app.

        Raises:
            OutsideError: It is a Python file, which the app needs.
        """
        for file in files:
            if file.path not in self._outside:
                self.files.append(file)
            elif file.path.endswith(".py"):
                raise self._outside[file.path]
            else:
                self.skipped.append(_outside_item(file.path))

    def add_code(self, findings: Sequence[Finding], inputs: CodeInputs) -> None:
        rewritten = rewrite_python(
            self._manifest,
            findings,
            inputs.calls,
            self._read,
            inputs.accessor_import,
            WrapOptions(
                removal=inputs.removal,
                relative_package=inputs.relative_package,
                importers=Importers(inputs.python_files, self._read),
            ),
        )
        self._add_files(_without_links(rewritten.files, inputs.real_path))
        self._add_files(self._manifest_file())
        self.skipped += rewritten.skipped
        self._unwrapped = rewritten.skipped
        if inputs.removal:
            self.dotenv = inputs.removal.origins(rewritten.removed)
        if not self._manifest.secret:
            return
        new_variables = [origin.field for origin in self.dotenv]
        app = AppFiles(
            inputs.has_folder,
            inputs.python_files,
            dotenv_files=inputs.dotenv_files._replace(new_variables=new_variables),
            django=inputs.django,
            edited=[file.path for file in rewritten.files],
            in_git=inputs.in_git,
            ignores_backups=inputs.ignores_backups,
            test_module=inputs.test_module,
        )
        module = inputs.accessor_import.split()[1]
        context = FixContext(self._read, self._manifest, app, module, rewritten.engines)
        files, skipped = rewrite_project(context)
        self._add_files(files)
        for item in skipped:
            self.skipped.append(_outside_item(item.path) if item.path in self._outside else item)

    def add_deployment(
        self, findings: Sequence[Finding], sources: DeploymentSources, aws: AwsInputs | None
    ) -> None:
        target = aws.target if aws and aws.target else self._manifest
        stored = None
        different: set[str] = set()
        if aws:
            origins = self._new_origins(target)
            stored = self._stored_secrets(target, aws)
            for variable, text in literal_values(sources):
                if variable in origins and not aws.has_value(origins[variable], text):
                    different.add(variable)
        inputs = deployment_inputs(
            sources, self._manifest, findings, self._unwrapped, stored, different
        )
        files, skipped = edit_deployment(target, inputs)
        self.files += files
        self.skipped += skipped

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
        names = {change.name for change in self.changes if change.origins}
        for name, state in aws.live.secrets.items():
            if state.current and not state.deleted:
                names.add(name)
        prefix = target.app.prefix
        return {secret.name for secret in target.secret if prefix + secret.name in names}

    def _manifest_file(self) -> list[FileChange]:
        """Write shield.toml, or append the new secrets to it."""
        if not self._manifest.secret:
            return []
        old = self._read(MANIFEST)
        old_text = old.decode() if old else ""
        text = render(self._manifest, old_text)
        if old is not None and text.encode() == old:
            return []
        end = len(old or b"")
        edit = Edit(path=MANIFEST, start=end, end=end, replacement=text[len(old_text) :])
        return [file_change(MANIFEST, old, [edit])]

    def add_aws(
        self, sources: Sequence[Finding], findings: Sequence[Finding], inputs: AwsInputs
    ) -> None:
        target = inputs.target or self._manifest
        if target is self._manifest:
            # The policy file in the app's folder is the one without an environment.
            files, skipped = write_policy(self._read, self._manifest, inputs.live.account)
            self._add_files(files)
            self.skipped += skipped
        for secret in self._manifest.secret:
            self._add_secret(secret, target, sources, findings, inputs)
        self.changes += resource_changes(inputs)

    def _add_secret(
        self,
        secret: Secret,
        target: Manifest,
        sources: Sequence[Finding],
        findings: Sequence[Finding],
        inputs: AwsInputs,
    ) -> None:
        origins, ambiguous = choose_origins(
            secret, sources, self._read, inputs.available, inputs.prompts
        )
        self.skipped += ambiguous
        missing = missing_variables(secret, origins, findings)
        change = secret_change(secret, target, () if missing else origins, inputs)
        if change:
            self.changes.append(change)
        elif missing:
            self.missing.append(f"{secret.name} ({', '.join(missing)})")
        else:
            reason = SkipId.OPTIONAL_WITHOUT_VALUE.reason()
            self.skipped.append(reason.entry(MANIFEST, name=secret.name))


def _without_links(
    files: Sequence[FileChange], real_path: Callable[[str], str]
) -> list[FileChange]:
    """Return the changes without those of links to other changed files."""
    paths = {file.path for file in files}
    kept = []
    for file in files:
        target = real_path(file.path)
        if target == file.path or target not in paths:
            kept.append(file)
    return kept


def _outside_item(path: str) -> Skipped:
    return SkipId.LINK_OUT_OF_APP.reason().entry(path)
