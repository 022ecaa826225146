"""Describe a call of get_secret(), and the names of the secrets that it reads."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.project.secret_map import SecretMap

PRESENCE = "has_secret"


class SecretCall(NamedTuple):
    """A call of get_secret(), or a setting of the database backend that names a secret."""

    path: str
    line: int
    names: tuple[str, ...] = ()  # of the secrets, without fields; empty if the name is computed
    is_optional: bool = False  # works without the secret
    lacks_default: bool = False  # fails without the secret and its variable
    variables: tuple[str, ...] = ()  # that its default reads; empty if unknown
    in_function: bool = False

    @property
    def place(self) -> str:
        """The file and the line."""
        return f"{self.path}:{self.line}"


def create_call(
    path: str, node: ast.Call, names: Sequence[str], accessor: str, secret_map: SecretMap | None
) -> SecretCall:
    """Describe a call of the runtime.

    Args:
        path: The file.
        node: The call.
        names: The possible names, as `name` or `name:field`.
        accessor: The function, such as `get_secret`.
        secret_map: The map file that the function is imported from; None for other modules.
    """
    secrets = tuple(dict.fromkeys(name.partition(":")[0] for name in names))
    optional = secret_map.optional if secret_map else ()
    is_optional = accessor == PRESENCE or _has_empty_default(node)
    if secrets and all(name in optional for name in secrets):
        is_optional = True
    if secret_map and any(name in secret_map.required for name in secrets):
        is_optional = False
    return SecretCall(path, node.lineno, secrets, is_optional)


def _has_empty_default(node: ast.Call) -> bool:
    """Return whether the default is an empty constant, which makes a secret optional."""
    default = default_of(node)
    return isinstance(default, ast.Constant) and not default.value


def default_of(node: ast.Call) -> ast.expr | None:
    """Return the default in a call of get_secret(); None without one."""
    keywords = [keyword.value for keyword in node.keywords if keyword.arg == "default"]
    defaults = [*node.args[1:2], *keywords]
    return defaults[0] if defaults else None


def name_argument(node: ast.Call) -> ast.expr | None:
    """Return the name of the secret in a call of get_secret(); None without one."""
    names = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "name")]
    return names[0] if names else None
