"""Replace the variables of secrets in deployment files by the settings that turn AWS on.

The kinds of files and the containers that run the app are in the [deployment] table of shield.toml.
"""

from __future__ import annotations

import bisect
import functools
import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.aws.export.platform import Target
from shield_ai.model.deployment import DeploymentKind
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import apply_edits, file_change
from shield_ai.project.runtime_names import DJANGO_STAGE
from shield_ai.rewrite.project.deployment.block_edits import EditError
from shield_ai.rewrite.project.deployment.environment_check import EditCheck
from shield_ai.rewrite.project.deployment.environment_edits import container_edits
from shield_ai.rewrite.project.deployment.injection import (
    NOT_IN_CONTAINER,
    Injection,
    file_skip_reason,
    injected_variables,
)
from shield_ai.rewrite.project.deployment.outcome import NOT_EXACT, EditOutcome
from shield_ai.rewrite.project.deployment.template_check import (
    is_exact_template,
    replace_variables,
)
from shield_ai.rewrite.project.deployment.template_injection import TemplateInjection
from shield_ai.rewrite.project.deployment.template_units import (
    inherited_problems,
    inherited_units,
    is_set,
    roles_step,
    unused_parameters,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.model.deployment import (
        DeploymentVariable,
        EnvironmentBlock,
        EnvironmentEntry,
        EnvironmentFile,
    )
    from shield_ai.model.edit import Edit
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.skip import Skipped

IN_COMMAND = "a command in the file reads it"
OTHER_CONTAINER = "{} is not in `containers` of the [deployment] table"
DIFFERENT = "its value in {} differs from the one that AWS has after apply"
SWITCHED = "with AWS on, the container would read another value of {}"
OTHER_VALUE = "the container sets {} to something other than {}"


class DeploymentInputs(NamedTuple):
    """What the edits of deployment files depend on, besides shield.toml."""

    variables: Sequence[DeploymentVariable] = ()
    files: Mapping[str, EnvironmentFile] = {}  # those that set variables, by path
    kept: Mapping[str, str] = {}  # why a variable must remain set, by its name
    unavailable: Mapping[str, str] = {}  # why AWS can't provide a variable, by name
    different: Mapping[str, str] = {}  # why AWS may get another value than a file has, by variable
    # Where the value may not be that in AWS: the file, the container and the variable.
    other_values: frozenset[tuple[str, str, str]] = frozenset()
    account: str = ""  # the ID of the AWS account; empty if AWS is not read
    command: str = ""  # the command that exports what a platform needs, without --format
    stage: str = DJANGO_STAGE  # the variable with the stage of the process


def edit_deployment(manifest: Manifest, inputs: DeploymentInputs) -> EditOutcome:
    """Edit the deployment files of the kinds that shield.toml names.

    Args:
        manifest: shield.toml, with the settings of the environment.
        inputs: The deployment files.
    """
    outcome = EditOutcome([], [], [])
    target = Target(manifest=manifest, account=inputs.account)
    variables: defaultdict[str, list[DeploymentVariable]] = defaultdict(list)
    for item in inputs.variables:
        variables[item.path].append(item)
    for path, file in inputs.files.items():
        injected = injected_variables(file, variables[path], manifest)
        others = [item for item in variables[path] if item not in injected]
        editor = _FileEditor(path, file, manifest, inputs, others)
        is_template = file.kind is DeploymentKind.CLOUDFORMATION
        create = TemplateInjection if is_template else Injection
        injection = create(path, file, target, injected, _not_injected(inputs))
        edits = editor.edits()
        outcome.next_steps.extend(editor.next_steps())
        references = injection.edits()
        outcome.next_steps.extend(injection.next_steps(inputs.command))
        outcome.skipped.extend([*editor.skipped, *injection.skipped])
        if edits or references:
            outcome.changes.append(file_change(path, file.raw, [*edits, *references]))
    return outcome


def _not_injected(inputs: DeploymentInputs) -> dict[str, str]:
    """Return why the platform can't set a variable instead of a file, by its name."""
    return {**inputs.different, **inputs.unavailable}


def aws_settings(manifest: Manifest, stage: str = DJANGO_STAGE) -> dict[str, str]:
    """Return the variables with which the app reads its secrets from AWS in production.

    Args:
        manifest: shield.toml, with the settings of the environment.
        stage: The variable with the stage of the process.
    """
    app = manifest.app
    settings = {"USE_AWS_SECRETS": "true", stage: "production", "AWS_REGION": app.region}
    if app.prefix:
        settings["AWS_SECRETS_PREFIX"] = app.prefix
    return settings


class _FileEditor:
    """Edits one file."""

    def __init__(
        self,
        path: str,
        file: EnvironmentFile,
        manifest: Manifest,
        inputs: DeploymentInputs,
        variables: Sequence[DeploymentVariable],
    ) -> None:
        self.skipped: list[Skipped] = []
        self._skipped_lines: set[tuple[int, str]] = set()
        self._path = path
        self._file = file
        self._region = manifest.app.region
        self._names = set(manifest.deployment.containers)
        inheriting, self._inherited = inherited_units(file, self._names, "containers")
        self._names |= inheriting
        self._edited: dict[str, set[str]] = {}  # the removed variables, by container
        self._settings = aws_settings(manifest, inputs.stage)
        self._variables = variables
        self._kept = inputs.kept
        self._other_values = inputs.other_values
        self._containers: defaultdict[int, list[EnvironmentBlock]] = defaultdict(list)
        for block in file.blocks:
            self._containers[block.container].append(block)
        self._lines = set(_entry_lines(file))
        self._unknown = {  # environments that can't be read
            block.unit: block.problem
            for block in file.blocks
            if block.problem and not block.entries
        }
        self._unit_problems = {**self._inherited, **dict(self._find_unit_problems())}
        self._unit_problems |= dict(inherited_problems(file.blocks, self._unit_problems))

    def _find_unit_problems(self) -> Iterator[tuple[str, str]]:
        """Yield the containers that can't be edited, and why."""
        for block in self._file.blocks:
            for entry in block.entries:
                wanted = self._settings.get(entry.variable)
                if wanted is not None and not is_set(entry, wanted):
                    yield block.unit, OTHER_VALUE.format(entry.variable, wanted)
        for blocks in self._containers.values():
            if different := self._switched(blocks):
                yield blocks[0].unit, SWITCHED.format(" and ".join(different))
        for block in self._file.blocks:
            if problem := block.problem or block.app_problem:
                yield block.unit, problem

    def _switched(self, blocks: Sequence[EnvironmentBlock]) -> list[str]:
        """Return the variables for which the app would read another value after the edits."""
        values = {entry.variable: entry.value for entry in _entries(blocks)}
        if values.get("USE_AWS_SECRETS") == self._settings["USE_AWS_SECRETS"]:
            return []
        unit = blocks[0].unit
        return sorted(name for name in values if (self._path, unit, name) in self._other_values)

    def edits(self) -> list[Edit]:
        """Return the edits; empty if nothing can be edited with certainty."""
        removed = self._removable()
        edits: defaultdict[str, list[Edit]] = defaultdict(list)
        for blocks in self._containers.values():
            unit = blocks[0].unit
            if removed.get(unit, set()).isdisjoint(entry.variable for entry in _entries(blocks)):
                continue
            try:
                edits[unit] += self._container_edits(blocks, removed[unit])
            except EditError as error:
                self._skip_unit(unit, removed.pop(unit), str(error))
                edits.pop(unit, None)
        return self._checked([edit for unit in edits for edit in edits[unit]], removed)

    def _container_edits(self, blocks: Sequence[EnvironmentBlock], names: set[str]) -> list[Edit]:
        existing = {entry.variable for entry in _entries(blocks)} | blocks[0].reserved
        added = {name: value for name, value in self._settings.items() if name not in existing}
        return list(container_edits(self._path, self._file, blocks, names, added))

    def _checked(self, edits: list[Edit], removed: Mapping[str, set[str]]) -> list[Edit]:
        """Return the edits if they change nothing but the variables; otherwise skip these."""
        if not edits:
            return []
        after = apply_edits(self._file.raw, edits)
        if self._is_exact(after, removed):
            self._edited = dict(removed)
            return edits
        for unit, names in removed.items():
            self._skip_unit(unit, names, NOT_EXACT)
        return []

    def _is_exact(self, after: bytes, removed: Mapping[str, set[str]]) -> bool:
        if self._file.kind is not DeploymentKind.CLOUDFORMATION:
            check = EditCheck(self._file.kind, removed, self._settings)
            return check.is_exact(self._file.raw, after)
        return is_exact_template(
            self._file.raw,
            after,
            lambda place: replace_variables(place, removed.get(place.unit, set()), self._settings),
        )

    def next_steps(self) -> Iterator[str]:
        """Yield what the user must do before a template is deployed."""
        if self._edited and self._file.kind is DeploymentKind.CLOUDFORMATION:
            yield roles_step(self._path, self._file, self._edited, self._region)
            yield from unused_parameters(self._path, self._file, self._edited)

    def _removable(self) -> dict[str, set[str]]:
        """Return the variables to remove from each container, and record why others remain."""
        removable: defaultdict[str, set[str]] = defaultdict(set)
        remaining: dict[tuple[str, str], str] = {}
        for item in self._variables:
            reason = self._reason(item)
            if not reason:
                removable[item.unit].add(item.variable)
                continue
            self._skip(item, reason)
            if self._file_skip_reason(item) or self._is_in_container(item):
                remaining[item.unit, item.variable] = reason
        for item in self._variables:
            reason = remaining.get((item.unit, item.variable), "")
            if reason and item.variable in removable[item.unit]:
                self._skip_once(item, reason)
        for unit, variable in remaining:
            removable[unit].discard(variable)
        return {unit: names for unit, names in removable.items() if names}

    def _file_skip_reason(self, item: DeploymentVariable) -> str:
        """Return why a line is skipped because of its file; empty if the container decides."""
        return file_skip_reason(item, self._file.problem or self._file.app_problem)

    def _is_in_container(self, item: DeploymentVariable) -> bool:
        """Return whether a line sets the variable in the environment of a container."""
        return (item.unit, item.variable, item.line) in self._lines

    def _reason(self, item: DeploymentVariable) -> str:
        """Return why a line can't be removed; empty if it can."""
        if reason := self._file_skip_reason(item):
            return reason
        if not self._is_in_container(item):
            return self._unknown.get(item.unit, NOT_IN_CONTAINER)
        if item.unit and item.unit not in self._names:
            return self._inherited.get(item.unit) or OTHER_CONTAINER.format(item.unit)
        if item.variable in self._command_reads:
            return IN_COMMAND
        own_reason = self._kept.get(item.variable, "")
        if own_reason and (self._path, item.unit, item.variable) in self._other_values:
            return own_reason  # the cause of the container's problem
        return self._unit_problems.get(item.unit, "") or own_reason

    @functools.cached_property
    def _command_reads(self) -> set[str]:
        """The variables that a command in the file reads."""
        # Docker Compose itself replaces a variable with one dollar.
        dollar = rb"\$\$" if self._file.kind is DeploymentKind.COMPOSE else rb"\$"
        names = re.findall(dollar + rb"[{(]?([A-Za-z_][A-Za-z0-9_]{0,200})", self._file.raw)
        return {name.decode() for name in names}

    def _skip(self, item: DeploymentVariable, reason: str) -> None:
        self._skipped_lines.add((item.line, item.variable))
        name = item.variable or item.env_file
        skip = SkipId.LINE_REMAINS.reason(problem=reason)
        self.skipped.append(skip.entry(self._path, item.line, name))

    def _skip_once(self, item: DeploymentVariable, reason: str) -> None:
        if (item.line, item.variable) not in self._skipped_lines:
            self._skip(item, reason)

    def _skip_unit(self, unit: str, names: set[str], reason: str) -> None:
        for item in self._variables:
            if item.unit == unit and item.variable in names:
                self._skip_once(item, reason)


def _entry_lines(file: EnvironmentFile) -> Iterator[tuple[str, str, int]]:
    """Yield the container, the name and each line of each variable."""
    starts = [match.end() for match in re.finditer(rb"\n", file.raw)]
    for block in file.blocks:
        for entry in block.entries:
            first = bisect.bisect_right(starts, entry.start) + 1
            last = bisect.bisect_left(starts, entry.end) + 1
            for line in range(first, last + 1):
                yield block.unit, entry.variable, line


def _entries(blocks: Sequence[EnvironmentBlock]) -> Iterator[EnvironmentEntry]:
    for block in blocks:
        yield from block.entries
