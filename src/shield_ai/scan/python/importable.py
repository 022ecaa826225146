"""Whether a file of the app can import the runtime, without running what it did not run before."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from shield_ai.project.layout import root_of

if TYPE_CHECKING:
    from shield_ai.project.layout import Facts
    from shield_ai.project.python_source import Source

MAIN = re.compile(rb"(?m)^if __name__ == ['\"]__main__['\"]")


def unimportable(source: Source, facts: Facts, known: set[str]) -> str:
    """Say why a file could not import the runtime, or had better not; empty where it can.

    Args:
        source: The file.
        facts: Of the app.
        known: Every file of the app.
    """
    return (
        _apart(source.path, facts, known)
        or _script(source, facts, known)
        or _running(source, facts)
    )


def _apart(path: str, facts: Facts, known: set[str]) -> str:
    """Say why a file could not import the runtime; empty where it can.

    Args:
        path: Of the file.
        facts: Of the app.
        known: Every file of the app.
    """
    root = facts.root(facts.runtime)
    if path in facts.settings:
        own = facts.root(path)
        other = (
            f"another app: run shield in {own} by itself"
            if own
            else f"outside the app in {root}, which has most"
        )
        return "" if own == root else other
    tops = {_top(settings, root) for settings in facts.settings if facts.root(settings) == root}
    if root_of(path, known) == root or (_top(path, root) in tops and facts.root(path) == root):
        return ""
    return "outside the packages that can import the runtime"


def _script(source: Source, facts: Facts, known: set[str]) -> str:
    """Say why a file that is run by its own path could not import the runtime; empty where it can.

    Python looks for imports in the folder of the file that it runs, and not in the root of the app:
    https://docs.python.org/3/library/sys_path_init.html
    """
    root = facts.root(facts.runtime)
    inside = source.path.removeprefix(f"{root}/").rpartition("/")[0]
    if (
        not inside
        or source.path in facts.settings
        or not MAIN.search(source.raw)
        or b"sys.path" in source.raw
    ):
        return ""
    tops = {
        _top(path, root).removesuffix(".py")
        for path in known
        if not root or path.startswith(f"{root}/")
    }
    own = any(name == "." or name in tops for name in _imported(source))
    return "" if own else "it is run as a script, from where the runtime can't be imported"


def _running(source: Source, facts: Facts) -> str:
    """Say why a file had better not import the runtime: that would run a package which the file has nothing to do with.

    What Django loads comes after its settings, and so after their package.
    """
    folder, package = (
        facts.runs.rpartition("/")[0],
        facts.runs.removesuffix("/__init__.py").rpartition("/")[2],
    )
    if not folder or source.path.startswith(f"{folder}/") or package in _imported(source):
        return ""
    root = facts.root(facts.runs)
    below = "/" in source.path.removeprefix(f"{root}/")
    if facts.django and below and source.path not in facts.settings and not MAIN.search(source.raw):
        return ""
    return f"importing the runtime here would run {facts.runs}, which the file does not"


def _imported(source: Source) -> set[str]:
    """Return the packages that a module imports in its own lines, "." for its own."""
    imports = [node for node in source.tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    froms = [node for node in imports if isinstance(node, ast.ImportFrom)]
    names |= {node.module or "" for node in froms if not node.level}
    return {name.partition(".")[0] for name in names} | (
        {"."} if any(node.level for node in froms) else set()
    )


def _top(path: str, root: str) -> str:
    """Return the first folder below a root, or the file itself."""
    return path.removeprefix(f"{root}/").partition("/")[0]
