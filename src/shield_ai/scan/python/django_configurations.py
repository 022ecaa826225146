"""Settings of django-configurations: objects that read a variable when the class that holds them is set up."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.finding import Shape
from shield_ai.scan.python.candidates import Candidate
from shield_ai.scan.python.readers import Library

if TYPE_CHECKING:
    from collections.abc import Callable

# Those that have a variable of their own.
VARIABLES = {
    "DatabaseURLValue": "DATABASE_URL",
    "CacheURLValue": "CACHE_URL",
    "EmailURLValue": "EMAIL_URL",
    "SearchURLValue": "SEARCH_URL",
}


def value_read(
    node: ast.Call,
    function: object,
    path: tuple[str, ...],
    constant: Callable[[ast.AST | None], str | None],
) -> Candidate | None:
    """Describe what `values.SecretValue()` and the like read; without a variable where they read none.

    Args:
        node: The call.
        function: What is called.
        path: The setting.
        constant: Gives the text that an expression always has.
    """
    if not isinstance(function, Library):
        return None
    module, _, kind = function.path.rpartition(".")
    if module != "configurations.values" or not kind.endswith("Value"):
        return None
    given = {k.arg: k.value for k in node.keywords if k.arg}
    own, name = VARIABLES.get(kind, ""), constant(given.get("environ_name"))
    prefix = "" if own else "DJANGO"
    if "environ_prefix" in given:
        prefix = constant(given["environ_prefix"]) or ""
    variable = "_".join(
        part for part in (prefix.rstrip("_"), name or own or path[0].upper()) if part
    )
    environ = given.get("environ")
    off = isinstance(environ, ast.Constant) and not environ.value
    return Candidate(
        node=node,
        shape=Shape.READ,
        path=path,
        variable="" if off else variable,
        label="django-configurations",
        direct=True,
        default=given.get("default") or (node.args[0] if node.args else None),
        sure=kind == "SecretValue",
        optional=kind != "SecretValue" and "environ_required" not in given,
    )
