"""Check by parsing both files that edits change only the variables that the plan moves.

This is written without the code of the edits, and reads YAML with all its types.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from shield_ai.model.deployment import DeploymentKind

if TYPE_CHECKING:
    from cases import Edited, Mode

SETTINGS = {
    "USE_AWS_SECRETS": "true",
    "DJANGO_ENV": "production",
    "AWS_SECRETS_PREFIX": "shop/",
}
REGION = "AWS_REGION"
# The steps that an edit inserts into a workflow.
STEPS = ("Sign in to AWS for the secrets", "Read the secrets", "Read the fields of secrets")
TOKEN = "SHIELD_AWS_TOKEN"
FUNCTION = "shield_aws()"  # of the command that an edit inserts into a pipeline
EXPRESSION = re.compile(r"\$\{\{\s*(?:secrets|env)\.\w+\s*\}\}")
SHELL_VARIABLE = re.compile(r"\$\{?\w+\}?")
CONTAINERS = ("containers", "initContainers", "containerDefinitions")


class Loader(yaml.CSafeLoader):
    """Reads also tags such as `!reference`."""


def _tagged(loader: Loader, suffix: str, node: yaml.Node) -> tuple[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return suffix, loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return suffix, loader.construct_mapping(node, deep=True)
    return suffix, node.value


Loader.add_multi_constructor("!", _tagged)


def parse(raw: bytes, mode: Mode) -> Any:
    """Return a file as lists and maps."""
    if mode.kind is DeploymentKind.ECS:
        return json.loads(raw)
    return list(yaml.load_all(raw.decode("utf-8-sig"), Loader=Loader))


def is_rest_equal(mode: Mode, before: bytes, edited: Edited) -> bool:
    """Return whether everything else is equal, and the moved variables are replaced."""
    moved: dict[str, set[str]] = {}
    for item in edited.moved:
        moved.setdefault(item.unit, set()).add(item.variable)
    old, new = parse(before, mode), parse(edited.after, mode)
    if mode.kind is DeploymentKind.GITHUB:
        return _workflow(old, new)
    if mode.kind is DeploymentKind.GITLAB:
        return _pipeline(old[0], new[0], moved)
    problems: list[str] = []
    old_rest = _containers(old, mode, moved, None)
    new_rest = _containers(new, mode, moved, problems)
    return old_rest == new_rest and not problems


def _containers(
    node: Any, mode: Mode, moved: dict[str, set[str]], problems: list[str] | None, key: str = ""
) -> Any:
    """Return a part of a file without the moved variables.

    Args:
        node: The part.
        mode: How the file was edited.
        moved: The variables, by service or container.
        problems: Gets the variables that a container still sets, and the missing settings; None
            for the file before the edits.
        key: The key of the part.
    """
    if isinstance(node, list):
        return [_containers(item, mode, moved, problems, key) for item in node]
    if not isinstance(node, dict):
        return node
    rest = {name: _containers(value, mode, moved, problems, name) for name, value in node.items()}
    unit = key if mode.kind is DeploymentKind.COMPOSE else node.get("name")
    if not isinstance(unit, str) or unit not in moved:
        return rest
    keys = [name for name in ("environment", "env", "secrets") if name in node]
    variables: list[tuple[str, Any]] = []
    for name in keys if _is_container(mode, key) else ():
        variables += _variables(node[name])
        del rest[name]
    if variables:
        rest["variables"] = _others(variables, mode, moved[unit], problems)
    return rest


def _is_container(mode: Mode, key: str) -> bool:
    return mode.kind is DeploymentKind.COMPOSE or not key or key in CONTAINERS


def _variables(value: Any) -> list[tuple[str, Any]]:
    """Return the variables of a map, a list of assignments or a list of objects."""
    if isinstance(value, dict):
        return list(value.items())
    found = []
    for item in value or ():
        if isinstance(item, dict):
            found.append((item.get("name"), item.get("value", item)))
        else:
            name, sign, text = str(item).partition("=")
            found.append((name, text if sign else None))
    return found


def _others(
    variables: list[tuple[str, Any]], mode: Mode, moved: set[str], problems: list[str] | None
) -> list[tuple[str, Any]]:
    """Return the variables that do not move."""
    others = [item for item in variables if item[0] not in moved]
    if mode.key == "inject":
        plain = [name for name, value in variables if name in moved and isinstance(value, str)]
        if problems is not None and plain:
            problems.append("a moved variable still has a value")
        return sorted(others, key=repr)
    if problems is not None and len(others) != len(variables):
        problems.append("a moved variable is still set")
    if problems is not None and not SETTINGS.items() <= dict(others).items():
        problems.append("a setting is missing")
    return sorted((item for item in others if item[0] not in {*SETTINGS, REGION}), key=repr)


def _workflow(old: list[Any], new: list[Any]) -> bool:
    """Return whether two workflows differ only in what reads a secret."""
    before, after = old[0], new[0]
    for name, job in after["jobs"].items():
        added = [step for step in job.get("steps", ()) if step.get("name") in STEPS]
        if not added:
            continue
        job["steps"] = [step for step in job["steps"] if step not in added]
        original = before["jobs"][name].pop("permissions", before.get("permissions"))
        granted = job.pop("permissions", before.get("permissions"))
        if granted not in (original, {**_map(original), "id-token": "write"}):
            return False
    return bool(_without_secrets(before) == _without_secrets(after))


def _map(permissions: Any) -> dict[str, str]:
    """Return the permissions that a job keeps."""
    if permissions is None:
        return {"contents": "read"}
    return permissions if isinstance(permissions, dict) else {}


def _without_secrets(node: Any, key: Any = "") -> Any:
    """Return a part of a workflow without expressions of secrets."""
    if isinstance(node, list):
        return [_without_secrets(item) for item in node]
    if isinstance(node, dict):
        rest = {name: _without_secrets(value, name) for name, value in node.items()}
        if key == "env":
            rest = {name: value for name, value in rest.items() if value != "<secret>"}
        return {name: value for name, value in rest.items() if value != {} or name != "env"}
    if not isinstance(node, str):
        return node
    text = EXPRESSION.sub("<secret>", node)
    if key == "run":
        text = re.sub(r"[\"']", "", SHELL_VARIABLE.sub("<secret>", text))
    return text


def _pipeline(before: dict[str, Any], after: dict[str, Any], moved: dict[str, set[str]]) -> bool:
    """Return whether two pipelines differ only in what reads a secret."""
    for name, job in after.items():
        if not isinstance(job, dict) or TOKEN not in job.get("id_tokens", {}):
            continue
        del job["id_tokens"][TOKEN]
        for key in ("before_script", "script"):
            if key in job:
                job[key] = [item for item in job[key] if FUNCTION not in str(item)]
        for pipeline in (before, after):
            _remove(pipeline[name], moved.get(name, set()))
    for pipeline in (before, after):
        _remove(pipeline, moved.get("", set()))
    return before == after


def _remove(node: dict[str, Any], names: set[str]) -> None:
    """Remove variables, and tables that are empty afterwards."""
    for name in names:
        node.get("variables", {}).pop(name, None)
    for key in ("variables", "id_tokens"):
        if node.get(key) == {}:
            del node[key]
