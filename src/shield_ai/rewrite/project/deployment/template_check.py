"""Check that edits of a CloudFormation template change only the variables that they should."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

GLOBALS = "Globals.Function"
FUNCTIONS = frozenset({"AWS::Lambda::Function", "AWS::Serverless::Function"})
TASK_DEFINITION = "AWS::ECS::TaskDefinition"
ENVIRONMENT, SECRETS = "Environment", "Secrets"


class Environment(NamedTuple):
    """The parsed variables of a function, or of a container with its secrets."""

    unit: str
    variables: dict[str, Any]
    secrets: dict[str, Any] | None = None  # None for a function


def is_exact_template(before: bytes, after: bytes, change: Callable[[Environment], None]) -> bool:
    """Return whether the edits of a template make a change, and no other.

    The order of variables does not count.

    Args:
        before: The template.
        after: The template after the edits.
        change: Makes the change in the variables of a container or function.
    """
    try:
        expected, found = parse_template(before), parse_template(after)
        for environment in _environments(expected):
            change(environment)
        for _ in _environments(found):
            pass  # bring the lists of variables into the same form
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return bool(expected == found)


def _environments(document: dict[str, Any]) -> Iterator[Environment]:
    """Yield the variables of functions and containers, and replace lists of them by maps."""
    inherited = document.get("Globals", {}).get("Function", {})
    if inherited:
        yield Environment(GLOBALS, _variables(inherited))
    for name, resource in document["Resources"].items():
        properties = resource.get("Properties", {}) if isinstance(resource, dict) else {}
        if not isinstance(properties, dict):
            continue
        if resource.get("Type") in FUNCTIONS:
            yield Environment(name, _variables(properties))
        elif resource.get("Type") == TASK_DEFINITION:
            containers = properties.get("ContainerDefinitions")
            for container in containers if isinstance(containers, list) else ():
                if isinstance(container, dict):
                    yield _container(container, name)


def _variables(properties: dict[str, Any]) -> dict[str, Any]:
    environment = properties.get(ENVIRONMENT)
    variables = environment.get("Variables") if isinstance(environment, dict) else None
    return variables if isinstance(variables, dict) else {}


def _container(container: dict[str, Any], resource: str) -> Environment:
    name = container.get("Name")
    maps = []
    for key in (ENVIRONMENT, SECRETS):
        items = container.get(key, [])
        named = {item.get("Name"): item for item in items} if _is_list_of_maps(items) else {}
        if len(named) == len(items):
            container[key] = named
        maps.append(named)
    return Environment(name if isinstance(name, str) else resource, *maps)


def _is_list_of_maps(items: Any) -> bool:
    return isinstance(items, list) and all(
        isinstance(item, dict) and isinstance(item.get("Name"), str) for item in items
    )


def parse_template(raw: bytes) -> Any:
    """Parse a template; a YAML node with a tag such as `!Ref` becomes a pair of tag and value.

    Args:
        raw: The template.

    Raises:
        ValueError: It is invalid.
    """
    if raw.removeprefix(BOM_UTF8).lstrip().startswith(b"{"):
        return json.loads(raw)
    import yaml

    base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

    class Loader(base):  # type: ignore[misc]  # the base class is chosen at run time
        pass

    Loader.add_multi_constructor("!", _tagged)
    try:
        loader = Loader(raw.decode("utf-8-sig"))
        return loader.get_single_data()
    except (yaml.YAMLError, TypeError) as error:
        raise ValueError("invalid YAML") from error


def _tagged(loader: Any, tag: str, node: Any) -> tuple[str, Any]:
    """Return the tag and the value of a node."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        return tag, loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return tag, loader.construct_sequence(node, deep=True)
    return tag, loader.construct_scalar(node)


def replace_variables(environment: Environment, names: set[str], added: Mapping[str, str]) -> None:
    """Remove variables, and set others in their place.

    Args:
        environment: The environment of a function or container.
        names: The variables to remove.
        added: The variables to set, with their values. Lambda sets AWS_REGION itself.
    """
    variables = environment.variables
    secrets = environment.secrets or {}
    if names.isdisjoint(variables) and names.isdisjoint(secrets):
        return
    for name in names:
        variables.pop(name, None)
        secrets.pop(name, None)
    for name, value in added.items():
        if environment.secrets is not None:
            variables.setdefault(name, {"Name": name, "Value": value})
        elif name != "AWS_REGION":
            variables.setdefault(name, value)


def inject_variables(
    environment: Environment, names: set[str], references: Mapping[str, tuple[str, str]]
) -> None:
    """Let AWS set variables.

    Args:
        environment: The environment of a function or container.
        names: The variables.
        references: The `ValueFrom` of each in a container, and its value in a function.
    """
    for name in names.intersection(environment.variables):
        value_from, dynamic_reference = references[name]
        if environment.secrets is None:
            environment.variables[name] = dynamic_reference
        else:
            del environment.variables[name]
            environment.secrets[name] = {"Name": name, "ValueFrom": value_from}
