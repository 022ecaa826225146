"""Read the options that a project's pre-commit configuration gives to its formatters.

https://pre-commit.com/#pre-commit-configyaml---hooks
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any

from shield_ai.rewrite.config_folders import folders_above

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader

PATH = ".pre-commit-config.yaml"
MAX_SIZE = 200_000  # bytes
# YAML aliases can repeat a repository, a hook or an argument many times.
MAX_HOOKS = 1000
MAX_ARGUMENTS = 100  # of one hook
# Hooks that change Python code in more than its layout, or add text to each file.
REWRITING_HOOKS = (
    *("absolufy-imports", "add-trailing-comma", "autoflake", "docformatter", "insert-license"),
    *("pycln", "pyupgrade", "reorder-python-imports", "unify"),
)


def hook_options(read: FileReader, hook: str, path: str) -> dict[str, str]:
    """Return the long options of a hook, by their names with underscores.

    The value of a flag is "".

    Args:
        read: Returns the bytes of a file of the app.
        hook: The ID of the hook, such as `isort`.
        path: The file to which the hook is applied.
    """
    options: dict[str, str] = {}
    for arguments in _hook_arguments(read, hook, path):
        options |= _long_options(arguments)
    return options


def has_hook(read: FileReader, hook: str, path: str = PATH) -> bool:
    """Return whether the project runs a hook.

    Args:
        read: Returns the bytes of a file of the app.
        hook: The ID of the hook, such as `isort`.
        path: The file to which the hook is applied.
    """
    return next(iter(_hook_arguments(read, hook, path)), None) is not None


def rewriting_hooks(read: FileReader, folder: str) -> list[str]:
    """Return the hooks of the project that may rewrite the files of a folder.

    Args:
        read: Returns the bytes of a file of the app.
        folder: The name of the folder. A hook counts as excluding it if the text of its `exclude`,
            or of the top-level `exclude`, contains the name. The patterns are not matched as
            regular expressions: they come from the repository, and a match could take very long.
    """
    raw = _configuration(read)
    if raw is None:
        return []
    document = _parse(raw)
    found = set()
    for entry in _hooks(document):
        name = entry.get("id")
        patterns = (document.get("exclude"), entry.get("exclude"))
        is_excluded = any(isinstance(text, str) and folder in text for text in patterns)
        if name in REWRITING_HOOKS and not is_excluded:
            found.add(str(name))
    return sorted(found)


def _configuration(read: FileReader, path: str = PATH) -> bytes | None:
    """Return the nearest configuration; it is usually at the top of the repository."""
    found = (read(folder + PATH) for folder in folders_above(path))
    raw = next((raw for raw in found if raw is not None), None)
    return None if raw is None or len(raw) > MAX_SIZE else raw


def _hooks(document: Any) -> Iterator[dict[str, Any]]:
    repositories = _items(document, "repos")
    hooks = (entry for repository in repositories for entry in _items(repository, "hooks"))
    for entry in itertools.islice(hooks, MAX_HOOKS):
        if isinstance(entry, dict):
            yield entry


def _hook_arguments(read: FileReader, hook: str, path: str) -> Iterable[list[str]]:
    """Return the arguments of each use of a hook."""
    raw = _configuration(read, path)
    if raw is None or hook.encode() not in raw:
        return ()
    return _arguments(_parse(raw), hook)


@functools.lru_cache(maxsize=4)  # each edited file asks for the options
def _parse(raw: bytes) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(raw, Loader=loader)  # noqa: S506  # both loaders are safe
    # A value that does not have the form of its tag, such as !!bool x, raises one of the others.
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError):
        return None


def _arguments(document: Any, hook: str) -> Iterator[list[str]]:
    for entry in _hooks(document):
        if entry.get("id") == hook:
            arguments = _items(entry, "args")[:MAX_ARGUMENTS]
            yield [
                str(argument) for argument in arguments if not isinstance(argument, (list, dict))
            ]


def _items(table: Any, key: str) -> list[Any]:
    items = table.get(key) if isinstance(table, dict) else None
    return items if isinstance(items, list) else []


def _long_options(arguments: list[str]) -> dict[str, str]:
    """Parse `--name=value`, `--name value` and `--flag`."""
    options: dict[str, str] = {}
    name = ""
    for argument in arguments:
        if argument.startswith("--"):
            name, _, value = argument[2:].partition("=")
            name = name.replace("-", "_")
            options[name] = value
        elif name and not options[name]:
            options[name] = argument
    return options
