"""Let ECS or Kubernetes set the variables of containers from AWS, instead of a file.

The containers are named in `inject` of the [deployment] table of shield.toml.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from shield_ai.aws.export.ecs import value_from
from shield_ai.aws.export.external_secrets import object_name
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.deployment.block_edits import EditError
from shield_ai.rewrite.project.deployment.deployment_parser import parse_deployment_file
from shield_ai.rewrite.project.deployment.environment_edits import (
    injection_edits,
    secret_key_edits,
)
from shield_ai.rewrite.project.deployment.outcome import NOT_EXACT
from shield_ai.rewrite.project.deployment.template_units import inherited_units

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.aws.export.platform import Target
    from shield_ai.model.deployment import DeploymentVariable, EnvironmentBlock, EnvironmentFile
    from shield_ai.model.edit import Edit
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.skip import Skipped

SKIP_BY_USE = {
    Use.DEVELOPMENT: "not a file for production",
    Use.UNKNOWN: "not known to be for production",
    Use.SUPPRESSED: "suppressed with a comment",
}
ENV_FILE = "set in an env file"
IN_SECRETS = "already in the secrets of the container"
IN_OBJECT = "already set from a Secret or another object"
CONTAINERS = "containerDefinitions"
KINDS = frozenset({DeploymentKind.ECS, DeploymentKind.KUBERNETES, DeploymentKind.CLOUDFORMATION})
EXECUTION_ROLE = "before {} is deployed, give its execution role the policy of {}"
NOT_IN_CONTAINER = "not set in the environment of a container"
CREATE_SECRET = "before {} is applied, create the Secret {} in its namespace with {}"


def file_skip_reason(item: DeploymentVariable, problem: str) -> str:
    """Return why a line is skipped because of its file; empty if the container decides.

    Args:
        item: The line.
        problem: Why the file can't be edited; empty if it can.
    """
    if problem or item.use is not Use.PRODUCTION:
        return problem or SKIP_BY_USE[item.use]
    return ENV_FILE if item.form is ValueForm.ENV_FILE else ""


def injected_variables(
    file: EnvironmentFile, variables: Sequence[DeploymentVariable], manifest: Manifest
) -> list[DeploymentVariable]:
    """Return the variables that the platform is to set.

    Args:
        file: The file.
        variables: The lines that set variables in it.
        manifest: shield.toml.
    """
    names = set(manifest.deployment.inject)
    names |= inherited_units(file, names, "inject")[0]
    return [item for item in variables if file.kind in KINDS and item.unit in names]


def _block_skip_reason(block: EnvironmentBlock, variable: str) -> str | None:
    """Return why a variable of an environment block is skipped.

    Returns:
        "" if it can move; None if the block does not set it.
    """
    if block.problem:
        return block.problem
    entries = [entry for entry in block.entries if entry.variable == variable]
    if not entries:
        return None
    if block.key == "secrets":
        return IN_SECRETS
    return IN_OBJECT if any(entry.value is None for entry in entries) else ""


class Injection:
    """Let the platform set variables in one file.

    In a task definition, they move from `environment` to `secrets`. In a Kubernetes manifest, they
    refer to the Secret that an ExternalSecret creates.

    Args:
        path: The file.
        file: Its content.
        target: shield.toml, and the account.
        variables: The lines of the variables.
        unavailable: Why AWS can't provide a variable, by its name.
    """

    def __init__(
        self,
        path: str,
        file: EnvironmentFile,
        target: Target,
        variables: Sequence[DeploymentVariable],
        unavailable: Mapping[str, str],
    ) -> None:
        self.skipped: list[Skipped] = []
        self._path = path
        self._file = file
        self._variables = variables
        self._unavailable = unavailable
        self._moved: dict[str, set[str]] = {}  # by container
        self._secret_object = object_name(target.manifest.app)
        self._references = {item.name: value_from(item, target) for item in target.variables()}
        self._problem = file.problem or file.platform_problem

    def edits(self) -> list[Edit]:
        """Return the edits; empty if nothing can be edited with certainty."""
        moved: defaultdict[str, set[str]] = defaultdict(set)
        for item in self._variables:
            if reason := self._reason(item):
                self._skip(item, reason)
            else:
                moved[item.unit].add(item.variable)
        try:
            edits = [
                edit
                for blocks in self._blocks_by_container().values()
                for edit in self._container_edits(blocks, moved[blocks[0].unit])
            ]
        except EditError as error:
            return self._skip_all(moved, str(error))
        if edits and not self._is_exact(edits, moved):
            return self._skip_all(moved, NOT_EXACT)
        self._moved = {unit: names for unit, names in moved.items() if names}
        return edits

    def _blocks_by_container(self) -> dict[int, list[EnvironmentBlock]]:
        containers: defaultdict[int, list[EnvironmentBlock]] = defaultdict(list)
        for block in self._file.blocks:
            containers[block.container].append(block)
        return containers

    def _reason(self, item: DeploymentVariable) -> str:
        """Return why a line remains; empty if the platform can set its variable."""
        if reason := file_skip_reason(item, self._problem):
            return reason
        if reason := self._unavailable.get(item.variable, ""):
            return reason
        blocks = [block for block in self._file.blocks if block.unit == item.unit]
        reasons = [_block_skip_reason(block, item.variable) for block in blocks]
        if all(reason is None for reason in reasons):
            return NOT_IN_CONTAINER
        return next(filter(None, reasons), "")

    def _container_edits(
        self, blocks: Sequence[EnvironmentBlock], names: set[str]
    ) -> Iterator[Edit]:
        entries = [entry for block in blocks for entry in block.entries if entry.variable in names]
        references = {entry.variable: self._references[entry.variable] for entry in entries}
        if self._file.kind is DeploymentKind.KUBERNETES:
            yield from secret_key_edits(self._path, self._file.raw, entries, self._secret_object)
        elif references:
            yield from injection_edits(self._path, self._file, blocks, references)

    def _is_exact(self, edits: Sequence[Edit], moved: Mapping[str, set[str]]) -> bool:
        """Return whether the edits change nothing but the variables."""
        try:
            expected = parse_deployment_file(self._file.raw, self._file.kind)
            found = parse_deployment_file(apply_edits(self._file.raw, edits), self._file.kind)
            if self._file.kind is DeploymentKind.ECS:
                root = expected if isinstance(expected, list) else expected.get(CONTAINERS)
                for container in root or [expected]:
                    self._move(container, moved.get(container.get("name"), set()))
            else:
                self._refer_to_secret(expected, moved)
        except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
            return False  # also for lists with other values than containers and variables
        return bool(expected == found)

    def _move(self, container: dict[str, Any], names: set[str]) -> None:
        """Move variables of a parsed ECS container."""
        environment = container.get("environment", [])
        moved = [item["name"] for item in environment if item.get("name") in names]
        if moved:
            container["environment"] = [item for item in environment if item["name"] not in moved]
            secrets = [{"name": name, "valueFrom": self._references[name]} for name in moved]
            container["secrets"] = [*container.get("secrets", []), *secrets]

    def _refer_to_secret(self, node: Any, moved: Mapping[str, set[str]]) -> None:
        """Let variables of parsed Kubernetes containers refer to the Secret."""
        if isinstance(node, list):
            for item in node:
                self._refer_to_secret(item, moved)
        elif isinstance(node, dict):
            unit = node.get("name")
            names = moved.get(unit) if isinstance(unit, str) else None
            for key, value in node.items():
                self._refer_to_secret(value, moved)
                if key == "env" and names and isinstance(value, list):  # not a label
                    self._refer_entries(value, names)

    def _refer_entries(self, entries: list[dict[str, Any]], names: set[str]) -> None:
        for entry in entries:
            if entry["name"] in names:
                del entry["value"]
                reference = {"name": self._secret_object, "key": entry["name"]}
                entry["valueFrom"] = {"secretKeyRef": reference}

    def next_steps(self, command: str) -> Iterator[str]:
        """Yield what the user must do before the file is used.

        Args:
            command: The start of the command that exports what the platform needs.
        """
        if self._moved and self._file.kind is DeploymentKind.KUBERNETES:
            export = f"{command} --format external-secrets"
            yield CREATE_SECRET.format(self._path, self._secret_object, export)
        elif self._moved:
            yield EXECUTION_ROLE.format(self._path, f"{command} --format ecs")

    def _skip_all(self, moved: Mapping[str, set[str]], reason: str) -> list[Edit]:
        """Skip the variables that would move, and return no edits."""
        for item in self._variables:
            if item.variable in moved.get(item.unit, ()):
                self._skip(item, reason)
        return []

    def _skip(self, item: DeploymentVariable, reason: str) -> None:
        name = item.variable or item.env_file
        skip = SkipId.LINE_REMAINS.reason(problem=reason)
        self.skipped.append(skip.entry(self._path, item.line, name))
