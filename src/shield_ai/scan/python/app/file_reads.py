"""Find the secrets that a settings module takes from a file that it loads, such as secrets.json."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_secret
from shield_ai.model.skip import SkipId, Skipped
from shield_ai.model.words import word_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.project.python_source import Source

LOADERS = word_set("""
    json.load yaml.load yaml.safe_load yaml.full_load toml.load tomllib.load tomli.load
    configparser.ConfigParser configparser.RawConfigParser ConfigParser RawConfigParser
""")
# These load a text, which comes from a file if the argument reads one.
TEXT_LOADERS = word_set("json.loads toml.loads tomllib.loads tomli.loads")
READ_METHODS = (".read()", ".read_text()", ".read_bytes()")
OTHER_SOURCES = ("environ", "getenv", "urlopen")


def find_file_reads(source: Source) -> list[Skipped]:
    """Return the secrets in a settings module that come from a file, with the reason to skip them.

    Followed are names that are bound once loaded, their keys, and the module's functions that
    return the value of a key.

    Args:
        source: The settings module.
    """
    if "load" not in source.text and "ConfigParser" not in source.text:
        return []
    loaded = dict(_loaded_names(source.tree))
    if not loaded:
        return []
    loaded |= dict(_helpers(source.tree, loaded))
    found: dict[tuple[int, str], Skipped] = {}
    for node in ast.walk(source.tree):
        if not isinstance(node, (ast.Call, ast.Subscript)):
            continue
        name = _secret_key(node)
        loader = loaded.get(_root_of(node)) if name else ""
        if loader:
            skip = SkipId.READS_FILE.reason(loader=loader).entry(source.path, node.lineno, name)
            found.setdefault((node.lineno, name), skip)
    return list(found.values())


def _loaded_names(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each name with the content of a file, and the function that loads it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            loader = _loader_of(node.value)
            if loader:
                yield node.targets[0].id, loader


def _loader_of(node: ast.expr) -> str:
    if not isinstance(node, ast.Call):
        return ""
    name, text = ast.unparse(node.func), ast.unparse(node)
    if any(source in text for source in OTHER_SOURCES):
        return ""
    reads_file = any(method in text for method in READ_METHODS)
    return name if name in LOADERS or (name in TEXT_LOADERS and reads_file) else ""


def _helpers(tree: ast.Module, loaded: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the functions that return a value of a loaded file, and what loads it."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = {**loaded, **_default_names(function, loaded)}
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and isinstance(node.value, (ast.Call, ast.Subscript)):
                root = _root_of(node.value)
                if root in names:
                    yield function.name, names[root]


def _default_names(function: ast.FunctionDef, loaded: dict[str, str]) -> dict[str, str]:
    """Return the parameters that have a loaded name as default: `def get(name, data=SECRETS)`."""
    names = {}
    parameters = function.args.args[len(function.args.args) - len(function.args.defaults) :]
    for parameter, default in zip(parameters, function.args.defaults, strict=True):
        if isinstance(default, ast.Name) and default.id in loaded:
            names[parameter.arg] = loaded[default.id]
    return names


def _root_of(node: ast.AST) -> str:
    """Return the name at the start of `NAME["a"]["b"]`, `NAME.get("a")` or `name("a")`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, (ast.Subscript, ast.Attribute)):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return ""
    return node.id


def _secret_key(node: ast.Call | ast.Subscript) -> str:
    """Return the constant key of a subscript or call if it names a secret; else an empty text."""
    if isinstance(node, ast.Subscript):
        parts = [node.slice] if isinstance(node.ctx, ast.Load) else []
    else:
        parts = node.args[:2]  # ConfigParser.get(section, key)
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            if is_secret(part.value.upper()):
                return part.value
    return ""
