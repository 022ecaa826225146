"""Recognize the value classes of django-configurations, such as `values.SecretValue()`.

https://django-configurations.readthedocs.io/en/latest/values/
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.site import Shape
from shield_ai.model.words import word_set, words
from shield_ai.scan.python.classify.candidates import Candidate
from shield_ai.scan.python.readers.known_readers import Library
from shield_ai.scan.python.readers.value_classes import MODULE, is_value_class

if TYPE_CHECKING:
    from collections.abc import Callable

    TextOf = Callable[[ast.AST | None], str | None]

# The variables of value classes that do not derive it from the name of the setting.
DEFAULT_VARIABLES = {
    "DatabaseURLValue": "DATABASE_URL",
    "CacheURLValue": "CACHE_URL",
    "EmailURLValue": "EMAIL_URL",
    "SearchURLValue": "SEARCH_URL",
}
DEFAULT_PREFIX = "DJANGO"
# The last words of variables that are required, but not secret, such as REDIS_HOST.
HARMLESS_ENDINGS = word_set("HOST PORT ID NAME USER USERNAME REGION BUCKET")
CONVERTERS = {
    "BooleanValue": "bool",
    "IntegerValue": "int",
    "PositiveIntegerValue": "int",
    "FloatValue": "float",
    "DecimalValue": "float",
}


def configurations_read(
    node: ast.Call,
    function: object,
    path: tuple[str, ...],
    constant_text: TextOf,
    *,
    is_setting: bool = True,
) -> Candidate | None:
    """Return the candidate for the call of a value class; None for other calls.

    The candidate has no variable if the call disables the environment. Values of subclasses are
    optional, because a subclass can define a default.

    Args:
        node: The call.
        function: The called function, as resolved.
        path: The setting, and the keys inside it.
        constant_text: Returns the text of a constant expression.
        is_setting: Whether the value is an attribute of a class. A value inside another expression,
            such as an item of DATABASES, only reads the environment if the name is known there.
    """
    if not isinstance(function, Library) or not is_value_class(function.path):
        return None
    keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    value_class = function.path.rpartition(".")[2]
    is_named = "environ_name" in keywords and "late_binding" not in keywords
    if not is_setting and not is_named and value_class not in DEFAULT_VARIABLES:
        return None
    variable = ""
    if _reads_environment(keywords):
        variable = _variable(value_class, keywords, path[0] if path else "", constant_text)
    default = keywords.get("default")
    if default is None and node.args:
        default = node.args[0]
    return Candidate(
        node=node,
        shape=Shape.READ,
        path=path,
        variable=variable,
        reader="django-configurations",
        direct=is_setting,
        default=default,
        is_always_secret="Secret" in value_class and not _is_harmless(variable),
        optional=not _is_required(function.path, keywords),
    )


def _is_required(dotted: str, keywords: dict[str, ast.expr]) -> bool:
    module, _, name = dotted.rpartition(".")
    return module == MODULE and (name == "SecretValue" or "environ_required" in keywords)


def _is_harmless(variable: str) -> bool:
    parts = words(variable)
    return bool(parts) and parts[-1] in HARMLESS_ENDINGS


def converted_type(function: object) -> str:
    """Return the type to which a value class converts the variable; empty for all others."""
    if not isinstance(function, Library):
        return ""
    return CONVERTERS.get(function.path.rpartition(".")[2], "")


def _reads_environment(keywords: dict[str, ast.expr]) -> bool:
    environ = keywords.get("environ")
    return not isinstance(environ, ast.Constant) or bool(environ.value)


def _variable(
    value_class: str, keywords: dict[str, ast.expr], setting: str, constant_text: TextOf
) -> str:
    fixed = DEFAULT_VARIABLES.get(value_class, "")
    name = constant_text(keywords.get("environ_name")) or fixed or setting.upper()
    prefix = "" if fixed else DEFAULT_PREFIX
    if "environ_prefix" in keywords:
        prefix = constant_text(keywords["environ_prefix"]) or ""
    prefix = prefix.rstrip("_")
    return f"{prefix}_{name}" if prefix else name
