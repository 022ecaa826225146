"""Check that edits of a deployment file change only the variables that they are meant to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shield_ai.model.deployment import DeploymentKind
from shield_ai.rewrite.project.deployment.deployment_parser import parse_deployment_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    Variables = list[tuple[str, Any]]

# The keys of the variables of a container.
ENVIRONMENT_KEYS = {
    DeploymentKind.COMPOSE: frozenset({"environment"}),
    DeploymentKind.KUBERNETES: frozenset({"env"}),
    DeploymentKind.ECS: frozenset({"environment", "secrets"}),
}
PLAIN_KEYS = frozenset({"name", "value"})


class EditCheck:
    """Compares the parsed content of a file before and after the edits.

    Args:
        kind: The kind of the file.
        removed: The variables to remove, by service or container.
        added: The variables to set instead, with their values.
    """

    def __init__(
        self,
        kind: DeploymentKind,
        removed: Mapping[str, Collection[str]],
        added: Mapping[str, str],
    ) -> None:
        self._kind = kind
        self._removed = removed
        self._added = added

    def is_exact(self, before: bytes, after: bytes) -> bool:
        """Return whether the edits only remove and set the given variables.

        Args:
            before: The file.
            after: The file after the edits.
        """
        old_variables: list[tuple[str, Variables]] = []
        new_variables: list[tuple[str, Variables]] = []
        try:
            old = self._reduce(parse_deployment_file(before, self._kind), "", old_variables)
            new = self._reduce(parse_deployment_file(after, self._kind), "", new_variables)
        except (ValueError, RecursionError):
            return False
        if old != new or len(old_variables) != len(new_variables):
            return False
        pairs = zip(old_variables, new_variables, strict=True)
        return all(self._is_replaced(unit, removed, added) for (unit, removed), (_, added) in pairs)

    def _reduce(self, node: Any, name: str, found: list[tuple[str, Variables]]) -> Any:
        """Return a part of the file without the variables that the edits remove or set.

        Args:
            node: The part.
            name: Its key.
            found: The list to which these variables are appended, with their container's name.
        """
        if isinstance(node, list):
            return [self._reduce(item, "", found) for item in node]
        if not isinstance(node, dict):
            return node
        unit = name if self._kind is DeploymentKind.COMPOSE else node.get("name")
        removed = self._removed.get(unit, ()) if isinstance(unit, str) else ()
        reduced: dict[str, Any] = {}
        variables: Variables = []
        for key, value in node.items():
            if removed and key in ENVIRONMENT_KEYS[self._kind]:
                variables += _variables(value)
            else:
                reduced[key] = self._reduce(value, key, found)
        changed = {*removed, *self._added}
        if variables:
            reduced[""] = [item for item in variables if item[0] not in changed]
            found.append((str(unit), [item for item in variables if item[0] in changed]))
        return reduced

    def _is_replaced(self, unit: str, old: Variables, new: Variables) -> bool:
        """Return whether new variables replace the removed ones of a container.

        If the container has none of the removed variables, no other one may be added or changed.
        """
        if any(name in self._removed[unit] for name, _ in old):
            return sorted(new, key=str) == sorted(self._added.items(), key=str)
        return old == new


def _variables(environment: Any) -> Iterator[tuple[str, Any]]:
    """Yield the variables of a map, a list of assignments or a list of objects."""
    if isinstance(environment, dict):
        yield from environment.items()
    elif isinstance(environment, list):
        yield from map(_variable, environment)


def _variable(item: Any) -> tuple[str, Any]:
    """Return the name and the value of a variable; an object with other keys is the value."""
    if isinstance(item, dict):
        is_plain = item.keys() == PLAIN_KEYS
        return str(item.get("name")), item["value"] if is_plain else item
    name, sign, value = str(item).partition("=")
    return name, value if sign else None
