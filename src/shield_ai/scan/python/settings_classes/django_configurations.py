"""Read the value classes of django-configurations, such as `values.SecretValue()`.

https://django-configurations.readthedocs.io/en/latest/values/
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.scan.python.classify.candidates import Candidate
from shield_ai.scan.python.readers.known_readers import Library

if TYPE_CHECKING:
    from collections.abc import Callable

    TextOf = Callable[[ast.AST | None], str | None]

# Value classes with a fixed variable.
FIXED_VARIABLES = {
    "DatabaseURLValue": "DATABASE_URL",
    "CacheURLValue": "CACHE_URL",
    "EmailURLValue": "EMAIL_URL",
    "SearchURLValue": "SEARCH_URL",
}
DEFAULT_PREFIX = "DJANGO"
CONVERTERS = {
    "BooleanValue": "bool",
    "IntegerValue": "int",
    "PositiveIntegerValue": "int",
    "FloatValue": "float",
    "DecimalValue": "float",
}


def configurations_read(
    node: ast.Call, function: object, path: tuple[str, ...], constant_text: TextOf
) -> Candidate | None:
    """Return the candidate for the call of a value class; None for other calls.

    The variable is empty if the value class does not read the environment.

    Args:
        node: The call.
        function: The called function, as resolved.
        path: The setting.
        constant_text: Returns the text of a constant expression.
    """
    if not isinstance(function, Library):
        return None
    module, _, value_class = function.path.rpartition(".")
    if module != "configurations.values" or not value_class.endswith("Value"):
        return None
    keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    is_secret = value_class == "SecretValue"
    variable = ""
    if _reads_environment(keywords):
        variable = _variable(value_class, keywords, path[0], constant_text)
    default = keywords.get("default")
    if default is None and node.args:
        default = node.args[0]
    return Candidate(
        node=node,
        shape=Shape.READ,
        path=path,
        variable=variable,
        reader="django-configurations",
        direct=True,
        default=default,
        always_secret=is_secret,
        optional=not is_secret and "environ_required" not in keywords,
    )


def converter(function: object) -> str:
    """Return the type to which a value class converts the variable; empty for texts."""
    if not isinstance(function, Library):
        return ""
    return CONVERTERS.get(function.path.rpartition(".")[2], "")


def _reads_environment(keywords: dict[str, ast.expr]) -> bool:
    environ = keywords.get("environ")
    return not isinstance(environ, ast.Constant) or bool(environ.value)


def _variable(
    value_class: str, keywords: dict[str, ast.expr], setting: str, constant_text: TextOf
) -> str:
    fixed = FIXED_VARIABLES.get(value_class, "")
    name = constant_text(keywords.get("environ_name")) or fixed or setting.upper()
    prefix = "" if fixed else DEFAULT_PREFIX
    if "environ_prefix" in keywords:
        prefix = constant_text(keywords["environ_prefix"]) or ""
    prefix = prefix.rstrip("_")
    return f"{prefix}_{name}" if prefix else name
