"""Report outdated lock files in the folders above a file that gets a dependency.

And beside a requirements file that the project's pyproject.toml reads.
"""

from __future__ import annotations

import posixpath
import tomllib
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.invalid_input import INVALID_TOML
from shield_ai.model.skip import SkipId
from shield_ai.project.globs import has_too_many_wildcards
from shield_ai.rewrite.project.dependencies.lock_files import LOCK_COMMANDS, lock_commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.edit import FileChange
    from shield_ai.model.skip import Skipped
    from shield_ai.rewrite.project.fixer import FixContext

PYPROJECT = "pyproject.toml"


def outdated_locks_above(
    context: FixContext, changes: Iterable[FileChange], skipped: Iterable[Skipped]
) -> list[Skipped]:
    """Return entries for the nearest lock files above each changed file.

    There are none if a lock file beside a changed file is updated or already reported.

    Args:
        context: The app.
        changes: The changes of files with dependencies and of the lock files beside them.
        skipped: What was skipped, including the outdated lock files beside the changed files.
    """
    names = {change.path: PurePosixPath(change.path).name for change in changes}
    is_reported = any(item.id is SkipId.LOCK_FILE for item in skipped)
    if is_reported or not LOCK_COMMANDS.keys().isdisjoint(names.values()):
        return []
    found = []
    for path, name in names.items():
        if name in {"pyproject.toml", "Pipfile"}:
            found += _nearest_locks(context, path)
        else:
            found += _locks_of_reader(context, path)
    return found


def _locks_of_reader(context: FixContext, path: str) -> list[Skipped]:
    """Return entries for the lock files of a pyproject.toml that reads a requirements file.

    https://setuptools.pypa.io/en/latest/userguide/pyproject_config.html#dynamic-metadata
    """
    folder, slash, name = path.rpartition("/")
    project = _read(context, PurePosixPath(context.app.above.prefix, folder, PYPROJECT)) or b""
    if f'"{name}"'.encode() not in project.replace(b"'", b'"') or b"dynamic" not in project:
        return []
    return [
        SkipId.LOCK_FILE.reason(command=command, path=path).entry(f"{folder}{slash}{lock}")
        for lock, command in lock_commands(PYPROJECT).items()
        if _read(context, PurePosixPath(context.app.above.prefix, folder, lock)) is not None
    ]


def _nearest_locks(context: FixContext, path: str) -> list[Skipped]:
    manifest_name = PurePosixPath(path).name
    prefix = context.app.above.prefix
    project = PurePosixPath(prefix, path).parent
    for folder in project.parents:
        member = project.relative_to(folder)
        found = []
        for name, command in lock_commands(manifest_name).items():
            if _read(context, folder / name) is None:
                continue
            settings = _read(context, folder / manifest_name)
            if settings is not None and (name != "uv.lock" or _may_lock(settings, member)):
                lock = posixpath.relpath(folder / name, prefix or ".")
                found.append(SkipId.LOCK_FILE.reason(command=command, path=path).entry(lock))
        if found:
            return found
    return []


def _read(context: FixContext, path: PurePosixPath) -> bytes | None:
    """Return the bytes of a file, by its path in the repository; None if it does not exist."""
    above = context.app.above
    if not path.is_relative_to(above.prefix):
        return above.files.get(str(path))
    try:
        return context.read(str(path.relative_to(above.prefix)))
    except SourceError:
        return b""  # it exists, but can't be read


def _may_lock(raw: bytes, member: PurePosixPath) -> bool:
    """Return whether the lock file beside a pyproject.toml can contain a project below it.

    https://docs.astral.sh/uv/concepts/projects/workspaces/
    """
    try:
        workspace = tomllib.loads(raw.decode())["tool"]["uv"]["workspace"]
        members = list(workspace.get("members", []))
        excluded = list(workspace.get("exclude", []))
    except (*INVALID_TOML, KeyError, TypeError, AttributeError):
        return True  # no readable workspace: a project that can depend on others by their paths
    return _is_matched(member, members) and not _is_matched(member, excluded)


def _is_matched(path: PurePosixPath, globs: Iterable[str]) -> bool:
    return any(
        not has_too_many_wildcards(str(glob)) and _match(path.parts, PurePosixPath(str(glob)).parts)
        for glob in globs
    )


def _match(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_match(parts[at:], pattern[1:]) for at in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _match(parts[1:], pattern[1:])
