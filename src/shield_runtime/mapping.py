"""The secrets that an app declares, and the environment variables that they replace."""

from __future__ import annotations

from .request import SERVER_FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .request import Request


class SecretMap:
    """The mapping that a client is created with.

    Args:
        secrets: Maps each secret's name to its environment variable, or to a dictionary of
            variables by field.
        optional: Names of secrets that the app can run without.
        required: Names of secrets that the app must not run without.
    """

    def __init__(
        self,
        secrets: Mapping[str, str | Mapping[str, str]],
        optional: Iterable[str],
        required: Iterable[str],
    ) -> None:
        self.names = tuple(secrets)
        self._optional = frozenset(optional)
        self._required = frozenset(required)
        self._variables: dict[tuple[str, str | None], str] = {}
        for name, entry in secrets.items():
            if isinstance(entry, str):
                self._variables[name, None] = entry
            else:
                for field, variable in entry.items():
                    self._variables[name, field] = variable
        # Of several secrets with the same variable, the first.
        self._references = {
            variable: reference for reference, variable in reversed(self._variables.items())
        }

    def variables(self) -> dict[str, str]:
        """Return each variable by its secret, or by its secret and field as `name:field`."""
        return {
            name if field is None else f"{name}:{field}": variable
            for (name, field), variable in self._variables.items()
        }

    def references(self) -> list[tuple[str, tuple[str, str | None]]]:
        """Return each variable, with its secret and the field."""
        return [(variable, reference) for reference, variable in self._variables.items()]

    def reference(self, variable: str) -> tuple[str, str | None] | None:
        """Return the secret and the field of a variable; None without one."""
        return self._references.get(variable)

    def login_variables(self, name: str) -> list[str]:
        """Return the variables of a secret's fields without those that need no secrecy."""
        return [
            variable
            for (secret, field), variable in self._variables.items()
            if secret == name and field not in SERVER_FIELDS
        ]

    def complete(self, request: Request) -> None:
        """Set the variable of a request that names none, and mark it as optional or required."""
        if not request.names_variable:
            variable = self._variables.get((request.name, request.key))
            request.variable = variable or request.variable
            request.has_own_variable = variable is not None
        request.optional = request.optional or request.name in self._optional
        request.required = request.name in self._required
