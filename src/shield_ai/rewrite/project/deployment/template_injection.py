"""Let ECS or CloudFormation set the variables of a template from AWS.

The containers and functions are named in `inject` of the [deployment] table of shield.toml.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from shield_ai.aws.export.sam import dynamic_reference
from shield_ai.model.deployment import ValueForm
from shield_ai.model.manifest import Rotation
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project.deployment.block_edits import EditError
from shield_ai.rewrite.project.deployment.environment_edits import (
    dynamic_reference_edits,
    injection_edits,
)
from shield_ai.rewrite.project.deployment.injection import (
    EXECUTION_ROLE,
    IN_SECRETS,
    NOT_IN_CONTAINER,
    Injection,
    file_skip_reason,
)
from shield_ai.rewrite.project.deployment.template_check import (
    inject_variables,
    is_exact_template,
)
from shield_ai.rewrite.project.deployment.template_units import unused_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from shield_ai.aws.export.platform import Target
    from shield_ai.model.deployment import DeploymentVariable, EnvironmentBlock, EnvironmentFile
    from shield_ai.model.edit import Edit

IN_STORE = "already set from a secret store"
ROTATED = "it is rotated, and a function keeps the value until a deployment changes the function"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
MAX_REFERENCES = 60
TOO_MANY = f"CloudFormation replaces at most {MAX_REFERENCES} dynamic references in a template"
IN_GLOBALS = "set for all functions: shield writes dynamic references only in resources"
REFERENCE = b"{{resolve:"
DEPLOYING_ROLE = (
    "before {} is deployed, give the role that deploys it the policy of {}; the values are stored "
    "in the configuration of {}, until a later deployment changes it"
)


class TemplateInjection(Injection):
    """Lets the platform set variables in a template.

    Those of a container move from `Environment` to `Secrets`. Those of a function get a dynamic
    reference.

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
        super().__init__(path, file, target, variables, unavailable)
        self._dynamic = {item.name: dynamic_reference(item) for item in target.variables()}
        self._rotated = {
            variable
            for secret in target.manifest.secret
            if isinstance(secret.rotate, Rotation)
            for variable in secret.variables()
        }
        self._blocks: defaultdict[str, list[EnvironmentBlock]] = defaultdict(list)
        for block in file.blocks:
            self._blocks[block.unit].append(block)
        self._problems = {block.unit: _block_problem(block) for block in file.blocks}
        self._references_left = MAX_REFERENCES - file.raw.count(REFERENCE)

    def _reason(self, item: DeploymentVariable) -> str:
        if reason := file_skip_reason(item, self._problem) or self._problems.get(item.unit, ""):
            return reason
        if reason := self._unavailable.get(item.variable, ""):
            return reason
        found = [
            block
            for block in self._blocks[item.unit]
            if any(entry.variable == item.variable for entry in block.entries)
        ]
        if not found:
            return NOT_IN_CONTAINER
        if any(block.key == "Secrets" for block in found):
            return IN_SECRETS
        if item.form is ValueForm.SECRET_STORE:
            return IN_STORE
        is_function = any(block.reserved for block in found)
        return ROTATED if is_function and item.variable in self._rotated else ""

    def _container_edits(
        self, blocks: Sequence[EnvironmentBlock], names: set[str]
    ) -> Iterator[Edit]:
        entries = [entry for block in blocks for entry in block.entries if entry.variable in names]
        if not entries:
            return
        if not blocks[0].reserved:
            references = {entry.variable: self._references[entry.variable] for entry in entries}
            yield from injection_edits(self._path, self._file, blocks, references)
            return
        self._references_left -= len(entries)
        if self._references_left < 0:
            raise EditError(TOO_MANY)
        yield from dynamic_reference_edits(self._path, self._file.raw, entries, self._dynamic)

    def _is_exact(self, edits: Sequence[Edit], moved: Mapping[str, set[str]]) -> bool:
        references = {
            name: (self._references[name], self._dynamic[name]) for name in self._references
        }
        return is_exact_template(
            self._file.raw,
            apply_edits(self._file.raw, edits),
            lambda place: inject_variables(place, moved.get(place.unit, set()), references),
        )

    def next_steps(self, command: str) -> Iterator[str]:
        """Yield what the user must do before the template is deployed.

        Args:
            command: The start of the command that exports what the platform needs.
        """
        functions = [unit for unit in self._moved if self._blocks[unit][0].reserved]
        if len(functions) < len(self._moved):
            yield EXECUTION_ROLE.format(self._path, f"{command} --format ecs")
        if functions:
            export = f"{command} --format sam"
            yield DEPLOYING_ROLE.format(self._path, export, ", ".join(functions))
        yield from unused_parameters(self._path, self._file, self._moved)


def _block_problem(block: EnvironmentBlock) -> str:
    return block.problem or block.platform_problem or (IN_GLOBALS if block.inherited_by else "")
