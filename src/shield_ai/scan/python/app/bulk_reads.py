"""Find the code that reads many variables at once, without their names."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project.environ_copies import ENVIRON, dotted_name, os_names
from shield_ai.scan.python.classify.literals import literal_text
from shield_ai.scan.python.readers.ast_walk import descend, name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.project.python_source import Source


class Loader(NamedTuple):
    """A function of a library that reads all variables with a prefix."""

    marker: str  # a file that calls the function contains this text
    keyword: str  # the keyword argument that sets the prefix
    prefix: str = ""  # the prefix without that argument; an underscore follows, if it is not empty


# https://flask.palletsprojects.com/en/stable/api/#flask.Config
# https://www.dynaconf.com/configuration/
# https://confuse.readthedocs.io/en/latest/usage.html#environment-variables
# https://click.palletsprojects.com/en/stable/options/#values-from-environment-variables
LOADERS = {
    "from_prefixed_env": Loader("from_prefixed_env", "prefix", "FLASK"),
    "Dynaconf": Loader("dynaconf", "envvar_prefix", "DYNACONF"),
    "LazySettings": Loader("dynaconf", "envvar_prefix", "DYNACONF"),
    "DjangoDynaconf": Loader("dynaconf", "ENVVAR_PREFIX_FOR_DYNACONF", "DJANGO"),
    "FlaskDynaconf": Loader("dynaconf", "ENVVAR_PREFIX", "FLASK"),
    "set_env": Loader("confuse", "prefix"),
    "load_environment_vars": Loader("sanic", "prefix", "SANIC"),
    "load_settings": Loader("typed_settings", "env_prefix"),
    "to_config": Loader("environ.config", "prefix"),
}
LOADER_MARKERS = frozenset(loader.marker for loader in LOADERS.values())
# The libraries that append an underscore to each prefix, even to an empty one.
ALWAYS_WITH_UNDERSCORE = frozenset({"from_prefixed_env", "dynaconf"})
CLICK_PREFIX = "auto_envvar_prefix"
# Functions that only copy the variables or fill a text with them.
COPY_FUNCTIONS = frozenset({"dict", "format", "safe_substitute", "substitute", "update"})
# A file without any of these texts has no such code, except loops.
MARKERS = (*LOADER_MARKERS, CLICK_PREFIX, "**os.environ", "**environ", "(os.environ)", "(environ)")
CONFIG_UPDATES = frozenset({"update", "from_mapping"})  # methods of `app.config`


def find_bulk_reads(source: Source, *, in_settings: bool) -> list[Skipped]:
    """Return the reads of many variables in a file, with the reason to skip them.

    Args:
        source: The file.
        in_settings: Whether it is a settings module: only there, loops over the environment count.
    """
    text = source.text
    if not (in_settings and ENVIRON in text) and not any(word in text for word in MARKERS):
        return []
    names = os_names(source.tree)
    found: dict[int, Skipped] = {}
    for node in descend(source.tree):
        call: ast.AST = node
        read = None
        if isinstance(call, ast.Call):
            read = _loader_read(call, text)
            read = read or _update_read(call, names) or _unpacking_read(call, names)
        elif in_settings and isinstance(node, (ast.For, ast.comprehension)):
            call = node.iter
            read = _loop_read(call, names)
        if read and isinstance(call, ast.Call):
            reason = SkipId.READS_ALL.reason(reader=read[0], variables=read[1])
            found.setdefault(call.lineno, reason.entry(source.path, call.lineno))
    return list(found.values())


def loaded_prefixes(source: Source) -> dict[str, str]:
    """Map each prefix, with the underscore, to the function that loads all variables with it.

    Args:
        source: The file.
    """
    if not any(marker in source.text for marker in LOADER_MARKERS):
        return {}
    prefixes = {}
    for node in descend(source.tree):
        loader = LOADERS.get(name_of(node.func)) if isinstance(node, ast.Call) else None
        if isinstance(node, ast.Call) and loader and loader.marker in source.text:
            prefix = prefix_of(node, loader)
            if prefix:
                prefixes[prefix] = name_of(node.func)
    return prefixes


def _loader_read(node: ast.Call, text: str) -> tuple[str, str] | None:
    """Return the function that loads variables in a call, and a description of the variables."""
    function = name_of(node.func)
    loader = LOADERS.get(function)
    if loader and loader.marker in text:
        prefix = prefix_of(node, loader)
        if prefix is None:
            prefix = "a computed prefix"
        which = f"every variable that begins with {prefix}" if prefix else "every variable"
        return f"{function}()", which
    if CLICK_PREFIX in text:
        for keyword in node.keywords:
            prefix = _click_prefix(keyword)
            if prefix:
                return CLICK_PREFIX, f"every variable that begins with {prefix}_"
    return None


def prefix_of(node: ast.Call, loader: Loader) -> str | None:
    """Return the prefix of the variables, with the underscore after it.

    Returns:
        "" if the function loads all variables; None if the prefix is computed.
    """
    values = [keyword.value for keyword in node.keywords if keyword.arg == loader.keyword]
    if not values and loader.marker in {"from_prefixed_env", "sanic"}:
        values = node.args  # the prefix can be the first positional argument
    if not values:
        return f"{loader.prefix}_" if loader.prefix else ""
    if isinstance(values[0], ast.Constant) and values[0].value is False:
        return ""  # as dynaconf documents it
    text = literal_text(values[0])
    if text == "" and loader.marker not in ALWAYS_WITH_UNDERSCORE:
        return ""
    return None if text is None else f"{text.rstrip('_')}_"


def _click_prefix(keyword: ast.keyword) -> str:
    """Return the prefix in `auto_envvar_prefix="APP"` or in the context_settings of click."""
    if keyword.arg == CLICK_PREFIX:
        return literal_text(keyword.value) or ""
    if isinstance(keyword.value, ast.Dict):
        for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == CLICK_PREFIX:
                return literal_text(value) or ""
    return ""


def _update_read(node: ast.Call, names: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the call and the variables of `app.config.update(os.environ)`."""
    if not isinstance(node.func, ast.Attribute) or node.func.attr not in CONFIG_UPDATES:
        return None
    values = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg is None)]
    if not any(dotted_name(value, names) == ENVIRON for value in values):
        return None
    if not ast.unparse(node.func.value).endswith("config"):
        return None
    return f"{ast.unparse(node.func)}()", "every variable"


def _unpacking_read(node: ast.Call, names: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the function and the variables of `Settings(**os.environ)`."""
    if name_of(node.func) in COPY_FUNCTIONS:
        return None
    for keyword in node.keywords:
        if keyword.arg is None and dotted_name(keyword.value, names) == ENVIRON:
            return f"{ast.unparse(node.func)}()", "every variable"
    return None


def _loop_read(node: ast.expr, names: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the method and the variables of a loop over `os.environ.items()`."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    method = node.func.attr
    if method not in {"items", "values"} or dotted_name(node.func.value, names) != ENVIRON:
        return None
    return f"{ENVIRON}.{method}()", "every variable"
