"""Let ECS set the variables of containers from AWS, instead of a task definition.

The containers are named in `inject` of the [deployment] table of shield.toml.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from shield_ai.aws.export.ecs import value_from
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.deployment.environment_edits import EditError, injection_edits

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.aws.export.platform import Target
    from shield_ai.model.deployment import DeploymentVariable, EnvironmentBlock, EnvironmentFile
    from shield_ai.model.edit import Edit
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.skip import Skipped

USES = {
    Use.DEVELOPMENT: "not a file for production",
    Use.UNKNOWN: "not known to be for production",
    Use.SUPPRESSED: "accepted with a comment",
}
ENV_FILE = "set in an env file"
NOT_EXACT = "the edits would change something else"
IN_SECRETS = "already in secrets of the container"
CONTAINERS = "containerDefinitions"


def file_reason(item: DeploymentVariable, problem: str) -> str:
    """Return why a file keeps a line; empty if that depends on the container.

    Args:
        item: The line.
        problem: Why the file can't be edited; empty if it can.
    """
    if problem or item.use is not Use.PRODUCTION:
        return problem or USES[item.use]
    return ENV_FILE if item.form is ValueForm.ENV_FILE else ""


def injected_variables(
    file: EnvironmentFile, variables: Sequence[DeploymentVariable], manifest: Manifest
) -> list[DeploymentVariable]:
    """Return the variables that ECS is to set.

    Args:
        file: The file.
        variables: The lines that set variables in it.
        manifest: shield.toml.
    """
    names = manifest.deployment.inject
    return [item for item in variables if file.kind is DeploymentKind.ECS and item.unit in names]


class Injection:
    """Moves variables of one task definition from `environment` to `secrets`.

    Args:
        path: The file.
        file: Its content.
        target: shield.toml, and the account.
        variables: The lines of the variables.
        unavailable: Why a variable remains, by its name.
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
        containers: defaultdict[int, list[EnvironmentBlock]] = defaultdict(list)
        for block in self._file.blocks:
            containers[block.container].append(block)
        try:
            edits = [
                edit
                for blocks in containers.values()
                for edit in self._container_edits(blocks, moved[blocks[0].unit])
            ]
        except EditError as error:
            return self._nothing(moved, str(error))
        if edits and not self._is_exact(edits, moved):
            return self._nothing(moved, NOT_EXACT)
        return edits

    def _reason(self, item: DeploymentVariable) -> str:
        """Return why a line remains; empty if ECS can set its variable."""
        if reason := file_reason(item, self._problem):
            return reason
        if reason := self._unavailable.get(item.variable, ""):
            return reason
        for block in self._file.blocks:
            if block.unit != item.unit:
                continue
            is_secret = any(entry.variable == item.variable for entry in block.entries)
            if block.problem or (block.key == "secrets" and is_secret):
                return block.problem or IN_SECRETS
        return ""

    def _container_edits(
        self, blocks: Sequence[EnvironmentBlock], names: set[str]
    ) -> Iterator[Edit]:
        entries = [entry.variable for block in blocks for entry in block.entries]
        references = {name: self._references[name] for name in entries if name in names}
        if references:
            yield from injection_edits(self._path, self._file, blocks, references)

    def _is_exact(self, edits: Sequence[Edit], moved: Mapping[str, set[str]]) -> bool:
        """Return whether the edits change nothing but the variables."""
        try:
            expected = json.loads(self._file.raw)
            found = json.loads(apply_edits(self._file.raw, edits))
        except (ValueError, RecursionError):
            return False
        root = expected if isinstance(expected, list) else expected.get(CONTAINERS, [expected])
        for container in root:
            self._move(container, moved.get(container.get("name"), set()))
        return bool(expected == found)

    def _move(self, container: dict[str, Any], names: set[str]) -> None:
        """Move variables of a parsed container."""
        environment = container.get("environment", [])
        moved = [item["name"] for item in environment if item.get("name") in names]
        if moved:
            container["environment"] = [item for item in environment if item["name"] not in moved]
            secrets = [{"name": name, "valueFrom": self._references[name]} for name in moved]
            container["secrets"] = [*container.get("secrets", []), *secrets]

    def _nothing(self, moved: Mapping[str, set[str]], reason: str) -> list[Edit]:
        for item in self._variables:
            if item.variable in moved.get(item.unit, ()):
                self._skip(item, reason)
        return []

    def _skip(self, item: DeploymentVariable, reason: str) -> None:
        name = item.variable or item.env_file
        skip = SkipId.LINE_REMAINS.reason(problem=reason)
        self.skipped.append(skip.entry(self._path, item.line, name))
