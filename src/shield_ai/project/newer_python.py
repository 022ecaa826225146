"""Parse Python code with syntax that is newer than this interpreter.

The newest `python3.N` in PATH parses the code, and prints the tree: see `tree_dump`. It runs in
isolated mode, and neither imports nor runs the code. An interpreter in a repository or in a virtual
environment is never used, because the scanned repository could contain it.
"""

from __future__ import annotations

import ast
import functools
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from shield_ai.project import tree_dump
from shield_ai.project.tree_dump import POSITION, TYPE

NEWEST = 30  # the minor version up to which PATH is searched
MAX_SIZE = 400_000  # characters; the tree is much larger
TIMEOUT = 20  # seconds for a file
# Seconds for all files: a hostile repository can have many files that no Python can parse.
TOTAL_TIMEOUT = 40
NEW_STATEMENTS = frozenset({"TypeAlias"})
OWNERS = (".git", ".hg", "pyvenv.cfg")


class _Clock:
    """The time that the other interpreters took."""

    seconds = 0.0


def parse_with_newer(text: str) -> ast.Module | None:
    """Return the syntax tree of code with newer syntax.

    Nodes of a kind that this Python lacks are replaced by `pass` or None.

    Args:
        text: The code.

    Returns:
        None if there is no newer Python, if the code is invalid for it, too, or if the files before
        took too long.
    """
    if len(text) > MAX_SIZE or _Clock.seconds > TOTAL_TIMEOUT:
        return None
    for python in newer_pythons():
        document = _dump(python, text)
        if document:
            try:
                tree = _decode(json.loads(document))
            except (ValueError, RecursionError):
                return None
            return tree if isinstance(tree, ast.Module) else None
    return None


@functools.lru_cache(maxsize=1)
def newer_pythons() -> tuple[str, ...]:
    """Return the interpreters in PATH that are newer than this one, the newest first."""
    path = os.pathsep.join(filter(_is_trusted, os.get_exec_path()))
    names = (f"python3.{minor}" for minor in range(NEWEST, sys.version_info[1], -1))
    found = (shutil.which(name, path=path) for name in names if path)
    return tuple(python for python in found if python)


def _is_trusted(folder: str) -> bool:
    """Return whether a folder is in no repository and in no virtual environment."""
    path = Path(folder)
    if not path.is_absolute():
        return False
    real = path.resolve()
    parents = (real, *real.parents)
    return not any(os.path.lexists(parent / name) for parent in parents for name in OWNERS)


def _dump(python: str, text: str) -> bytes:
    """Return what `tree_dump` prints; empty if the interpreter fails."""
    start = time.monotonic()
    argv = [python, "-I", "-S", "-X", "utf8", tree_dump.__file__]
    try:
        done = subprocess.run(
            argv,
            input=text.encode(),
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
            cwd=os.sep,
            env={"PATH": os.defpath},
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return b""
    finally:
        _Clock.seconds += time.monotonic() - start
    return done.stdout if done.returncode == 0 else b""


def _decode(value: Any) -> Any:
    """Return the node, list or constant that `tree_dump.encode` describes."""
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    name = value[TYPE]
    if name == "constant":
        return ast.literal_eval(value["text"])
    kind = getattr(ast, name, None)
    if kind is None:
        kind = ast.Pass if name in NEW_STATEMENTS else ast.Constant
        value = {**value, "value": None}
    names = (*kind._fields, *POSITION)
    return kind(**{field: _decode(value[field]) for field in names if field in value})
