"""Find the variables of functions and containers in a template of CloudFormation or SAM."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import (
    DeploymentKind,
    EntryStyle,
    EnvironmentBlock,
    EnvironmentFile,
)
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.cloudformation_entries import (
    EntryReader,
    are_known,
    is_plain,
)
from shield_ai.scan.deployment.node_span import node_end, node_start
from shield_ai.scan.text.config_parsers import json_values, yaml_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.scan.text.config_node import Node

GLOBALS = "Globals.Function"  # the functions of SAM that inherit its variables
SAM_FUNCTION = "AWS::Serverless::Function"
FUNCTIONS = frozenset({"AWS::Lambda::Function", SAM_FUNCTION})
TASK_DEFINITION = "AWS::ECS::TaskDefinition"
# The macros of AWS that change nothing in the environment of a function or container.
TRANSFORMS = frozenset(
    {
        "AWS::Serverless-2016-10-31",
        "AWS::LanguageExtensions",
        "AWS::SecretsManager-2020-07-23",
        "AWS::SecretsManager-2024-09-16",
        "AWS::CodeDeployBlueGreen",
    }
)
# Lambda sets the variable, and a function can't:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
RESERVED = frozenset({"AWS_REGION"})
ENVIRONMENT, SECRETS, VARIABLES = "Environment", "Secrets", "Variables"
INVALID = "can't be parsed"
MACRO = "a macro can change the template"
OTHER_CODE = "the code of the function is inline or not Python, so it does not call get_secret()"
COMPUTED = "an intrinsic function or a macro computes the environment"
ENV_FILE = "the container also has variables from an env file"
TASK_ROLE = "the task definition has no TaskRoleArn, so the app can't access Secrets Manager"
EXECUTION_ROLE = (
    "the task definition has no ExecutionRoleArn, with which ECS reads secrets for a container"
)
UNNAMED = "several containers of the task definition have no literal name"
CONTAINERS = ("Properties", "ContainerDefinitions")
CONTAINER_DEPTH = 5  # the index of the container among the maps and lists around a value
RUNTIMES = ("python", "provided")  # of Lambda
NO_VALUE = b"AWS::NoValue"
WORD = regex(rb"[A-Za-z0-9]+")
# Sections that name a parameter, but don't use it.
DECLARING = frozenset({"Parameters", "Metadata"})


class _Place(NamedTuple):
    """The fields of an EnvironmentBlock that are known before the variables are read."""

    unit: str
    container: int
    problem: str = ""
    app_problem: str = ""
    platform_problem: str = ""
    reserved: frozenset[str] = frozenset()
    inherited_by: tuple[str, ...] = ()


def template_unit(path: tuple[str, ...], parents: Sequence[Node]) -> str:
    """Return the name of the container or the logical ID of the resource around a value.

    Args:
        path: The keys of the maps around the value, and its own.
        parents: The maps and lists around it.
    """
    if path[:2] == ("Globals", "Function"):
        return GLOBALS
    if path[2:4] == CONTAINERS and len(parents) > CONTAINER_DEPTH:
        if name := _container_name(parents[CONTAINER_DEPTH]):
            return name
    return path[1] if len(path) > 1 else ""


def find_cloudformation_environments(raw: bytes) -> EnvironmentFile:
    """Find the variables of the functions and containers in a template.

    Args:
        raw: The file, in YAML without aliases, or in JSON.
    """
    file = EnvironmentFile(raw, DeploymentKind.CLOUDFORMATION)
    roots = json_values(raw) if file.is_json else yaml_values(raw)
    if len(roots) != 1 or not roots[0].pairs:
        return file._replace(problem=INVALID)
    root = roots[0]
    resources = root.child("Resources")
    if not is_plain(raw, root) or not _has_known_transforms(root):
        return file._replace(problem=MACRO)
    if resources is None or not is_plain(raw, resources):
        return file._replace(problem=COMPUTED)
    finder = _Finder(raw, _inherited_runtime(root))
    blocks = list(finder.globals(root, resources))
    for key, resource in resources.pairs:
        blocks += finder.resource(key.text, resource)
    return file._replace(blocks=tuple(blocks), parameters=_parameters(raw, root))


def _has_known_transforms(root: Node) -> bool:
    value = root.child("Transform")
    if value is None:
        return True
    names = value.items or (value,)
    return all(not name.is_container and name.text in TRANSFORMS for name in names)


def _parameters(raw: bytes, root: Node) -> dict[str, int]:
    """Map each parameter to the number of times that sections outside DECLARING name it."""
    declared = root.child("Parameters")
    if declared is None or not declared.pairs:
        return {}
    words: Counter[bytes] = Counter()
    for key, value in root.pairs:
        if key.text not in DECLARING:
            words.update(WORD.findall(raw, value.start, max(value.end, value.start)))
    return {key.text: words[key.text.encode()] for key, _ in declared.pairs}


class _Finder:
    """Finds the variables of one template; each map is searched once.

    Args:
        raw: The template.
        runtime: The default runtime of the functions of SAM; empty: none.
    """

    def __init__(self, raw: bytes, runtime: str) -> None:
        self._raw = raw
        self._runtime = runtime
        self._entries = EntryReader(raw)

    def globals(self, root: Node, resources: Node) -> Iterator[EnvironmentBlock]:
        """Yield the variables that all functions of SAM inherit."""
        node = root.child("Globals")
        function = node.child("Function") if node else None
        if node is None or function is None:
            return
        problem = "" if self._are_plain(node, function) else COMPUTED
        units = tuple(key.text for key, value in resources.pairs if _type(value) == SAM_FUNCTION)
        place = _Place(GLOBALS, function.start, problem, reserved=RESERVED, inherited_by=units)
        yield from self._function(function, place)

    def resource(self, name: str, node: Node) -> Iterator[EnvironmentBlock]:
        """Yield the variables of a function, or of the containers of a task definition."""
        kind, properties = _type(node), node.child("Properties")
        if properties is None or not (kind in FUNCTIONS or kind == TASK_DEFINITION):
            return
        problem = "" if self._are_plain(node, properties) else COMPUTED
        place = _Place(name, properties.start, problem)
        if kind in FUNCTIONS:
            runtime = self._runtime if kind == SAM_FUNCTION else ""
            app_problem = "" if _may_be_app_code(properties, runtime) else OTHER_CODE
            place = place._replace(reserved=RESERVED, app_problem=app_problem)
            yield from self._function(properties, place)
        else:
            yield from self._task(properties, place)

    def _are_plain(self, *nodes: Node) -> bool:
        return all(is_plain(self._raw, node) for node in nodes)

    def _function(self, properties: Node, place: _Place) -> Iterator[EnvironmentBlock]:
        environment = properties.child(ENVIRONMENT)
        if environment is None:
            return
        pair = next((pair for pair in environment.pairs if pair[0].text == VARIABLES), None)
        if pair is None or not self._are_plain(environment):
            yield self._uneditable_block(environment, place)
        else:
            yield self._block(*pair, place)

    def _task(self, properties: Node, place: _Place) -> Iterator[EnvironmentBlock]:
        containers = properties.child("ContainerDefinitions")
        if containers is None:
            return
        place = place._replace(
            app_problem=self._role_problem(properties, "TaskRoleArn", TASK_ROLE),
            platform_problem=self._role_problem(properties, "ExecutionRoleArn", EXECUTION_ROLE),
        )
        if not self._are_plain(containers):
            yield self._uneditable_block(containers, place)
            return
        names = [_container_name(container) for container in containers.items]
        has_unnamed = names.count("") > 1
        for container, name in zip(containers.items, names, strict=True):
            problem = UNNAMED if has_unnamed and not name else self._container_problem(container)
            yield from self._container(
                container,
                place._replace(
                    unit=name or place.unit,
                    container=container.start,
                    problem=place.problem or problem,
                ),
            )

    def _role_problem(self, properties: Node, key: str, problem: str) -> str:
        return "" if self._has_role(properties, key) else problem

    def _has_role(self, properties: Node, key: str) -> bool:
        """Return whether a task definition has a role, not one that a condition can remove."""
        value = properties.child(key)
        if value is None:
            return False
        text = self._raw[value.start : max(value.end, value.start)].strip()
        return bool(text) and NO_VALUE not in text

    def _container_problem(self, container: Node) -> str:
        if not self._are_plain(container):
            return COMPUTED
        files = container.child("EnvironmentFiles")
        if files is None:
            return ""
        text = self._raw[files.start : files.end].strip(b"[] \t\r\n")
        return ENV_FILE if files.items or files.pairs or text else ""

    def _container(self, container: Node, place: _Place) -> Iterator[EnvironmentBlock]:
        found = [
            self._block(key, value, place)
            for key, value in container.pairs
            if key.text in {ENVIRONMENT, SECRETS}
        ]
        problem = next((block.problem for block in found if block.problem), "")
        for block in found:
            yield block._replace(problem=problem)

    def _uneditable_block(self, node: Node, place: _Place) -> EnvironmentBlock:
        """Return a block that can't be edited."""
        block = self._block(node, node, place)
        return block._replace(entries=(), problem=block.problem or COMPUTED)

    def _block(self, key: Node, value: Node, place: _Place) -> EnvironmentBlock:
        is_list = key.text != VARIABLES
        entries = tuple(self._entries.objects(value) if is_list else self._entries.variables(value))
        unexpected = value.pairs if is_list else value.items
        is_known = self._are_plain(value) and are_known(entries) and not unexpected
        return EnvironmentBlock(
            container=place.container,
            unit=place.unit,
            key=key.text,
            key_start=node_start(self._raw, key),
            start=value.start,
            end=node_end(self._raw, value),
            style=EntryStyle.OBJECTS if is_list else EntryStyle.MAP,
            entries=entries if is_known else (),
            problem=place.problem or ("" if is_known else COMPUTED),
            app_problem=place.app_problem,
            platform_problem=place.platform_problem,
            reserved=place.reserved,
            inherited_by=place.inherited_by,
        )


def _inherited_runtime(root: Node) -> str:
    """Return the runtime in `Globals`; empty if there is none, or a function computes it."""
    node: Node | None = root
    for name in ("Globals", "Function", "Runtime"):
        node = node.child(name) if node else None
    return "" if node is None or node.is_container else node.text


def _may_be_app_code(properties: Node, inherited: str) -> bool:
    """Return whether a function may contain the code of the app.

    Args:
        properties: The properties of the function.
        inherited: The Lambda runtime if the function sets none; empty if it is not known.
    """
    code = properties.child("Code")
    if properties.child("InlineCode") or (code and code.child("ZipFile")):
        return False
    runtime = properties.child("Runtime")
    text = runtime.text if runtime else inherited
    return not text or text.startswith(RUNTIMES)


def _type(resource: Node) -> str:
    value = resource.child("Type")
    return "" if value is None or value.is_container else value.text


def _container_name(container: Node) -> str:
    """Return the name of a container; empty if a function computes it."""
    name = container.child("Name")
    return "" if name is None or name.is_container else name.text
