"""Run `shield scan` on folders, files, the git index or standard input."""

from __future__ import annotations

import errno
import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.output_options import OUTPUT
from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.scan.enclosing_app import scan_folder, scan_in_app
from shield_ai.scan.files.tracking import find_ignored, find_tracked
from shield_ai.scan.files.walk import is_dotenv, is_python, walk_all
from shield_ai.scan.merge import PartResult, ScanResult, merge_parts
from shield_ai.scan.python.app.app_paths import select_app_paths
from shield_ai.scan.python.app_scan import scan_files
from shield_ai.scan.rules import pattern
from shield_ai.scan.text.engine import Pool, no_progress, scan_credentials
from shield_ai.scan.text.reader import MAX_SIZE, reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.scan.text.engine import Progress


STDIN = "-"
STDIN_PATH = "stdin"  # in the report
MAX_CACHED = 8  # staged files; several parts of the scan read a file one after the other


def scan_paths(
    paths: Sequence[Path],
    *,
    include_low_confidence: bool = False,
    staged: bool = False,
    whole_files: bool = False,
    jobs: int = 1,
    progress: Progress = no_progress,
) -> ScanResult:
    """Scan folders and files.

    Args:
        paths: Folders and files, or "-" for standard input. If there is only one folder, the
            paths in the results are relative to it.
        include_low_confidence: Whether to include findings of low confidence.
        staged: Scan the versions in the git index instead of the files, and report the lines that
            the next commit adds or changes.
        whole_files: With `staged`, report all lines of these files.
        jobs: The maximum number of processes for a large tree.
        progress: Called from time to time with the numbers of files done and in total.

    Raises:
        SourceError: A path does not exist or cannot be read, git cannot read the index, or one of
            several paths to search in the index is outside the current folder.
        ShieldError: A custom pattern is invalid.
    """
    if staged:
        parts = [_scan_index(paths, whole_files=whole_files)]
    elif len(paths) == 1 and is_folder(paths[0]):
        parts = [_scan_folder(paths[0], "", jobs, progress)]
    else:
        parts = _scan_several(paths, jobs, progress)
    return merge_parts(parts, include_low_confidence=include_low_confidence)


def is_folder(path: Path) -> bool:
    """Like Path.is_dir(), but False if the path is inaccessible."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _exists(path: Path) -> bool:
    """Like Path.exists(), but True for inaccessible paths and broken links."""
    try:
        path.lstat()
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR)
    return True


def _scan_folder(root: Path, prefix: str, jobs: int, progress: Progress) -> PartResult:
    git_failures: list[SkipReason] = []
    entries = list(walk_all(root, lambda: git_failures.append(SkipId.GIT_FAILED.reason())))
    paths = [entry.path for entry in entries]
    for path in paths:
        OUTPUT.log_file(str(root / path))
    read = reader(str(root))
    app_patterns = list(pattern.load_app_patterns(root))
    custom_paths = _custom_rule_paths(root, paths, app_patterns)
    credentials = scan_credentials(
        paths,
        read,
        [pattern.credential_pattern(), *app_patterns],
        pool=Pool(str(root), jobs),
        progress=progress,
        custom_paths=custom_paths or set(),
    )
    if app_patterns and paths and custom_paths == set():
        credentials.skip(pattern.APP_FOLDER, SkipId.NOTHING_TRACKED.reason())
    selected = select_app_paths(entries, read)
    app = scan_folder(root, paths, selected, credentials.markers)
    dotenv_paths = [path for path in paths if _is_dotenv_path(path)]
    tracked = find_tracked(root, dotenv_paths)
    if git_failures or tracked is None or custom_paths is None:
        credentials.skip(".git", SkipId.GIT_FAILED.reason())
    ignored_paths = find_ignored(root, set(dotenv_paths) - (tracked or set()))
    return PartResult(
        app=app,
        credentials=credentials,
        prefix=prefix,
        read=read,
        tracked=tracked or set(),
        patterns=app_patterns,
        ignored=ignored_paths,
        is_empty=not paths,
    )


def _custom_rule_paths(
    root: Path, paths: Sequence[str], app_patterns: Sequence[pattern.Pattern]
) -> set[str] | None:
    """Return the files that the custom rules search; None if git fails."""
    if not app_patterns:
        return set()
    from shield_ai.scan.files.rule_scope import custom_rule_paths

    return custom_rule_paths(root, paths)


def _is_dotenv_path(path: str) -> bool:
    return is_dotenv(path.rpartition("/")[2])


def _scan_several(paths: Sequence[Path], jobs: int, progress: Progress) -> list[PartResult]:
    parts = []
    # By their folder, and the prefix of their paths in the report.
    files: dict[tuple[Path, str], list[str]] = {}
    for path in dict.fromkeys(paths):
        if str(path) == STDIN:
            parts.append(_scan_stdin())
        elif is_folder(path):
            prefix = path.as_posix().rstrip("/") + "/"
            parts.append(_scan_folder(path, prefix, jobs, progress))
        elif _exists(path):
            root, prefix, name = _split_root(path)
            files.setdefault((root, prefix), []).append(name)
        else:
            raise SourceError(
                f"{path} does not exist", "give files or folders, or - for standard input"
            )
    for (root, prefix), names in files.items():
        parts.append(_scan_named_files(root, names)._replace(prefix=prefix))
    return parts


def _split_root(path: Path) -> tuple[Path, str, str]:
    """Return the folder of a file, the prefix of its path in the report, and the rest of the path.

    The folder is the current folder, or the file's own for a file outside it.
    """
    name = path.as_posix()
    prefix = f"{Path.cwd()}/"
    if ".." in path.parts or (path.is_absolute() and not name.startswith(prefix)):
        return path.parent, f"{path.parent.as_posix()}/", path.name
    return Path(), prefix if path.is_absolute() else "", name.removeprefix(prefix)


def _scan_named_files(root: Path, files: list[str]) -> PartResult:
    app_patterns = pattern.load_app_patterns(root)
    custom_paths = _custom_rule_paths(root, files, app_patterns)
    read = reader(str(root), allow_outside=True)
    part = _scan_files(files, read, root, app_patterns, custom_paths or set())
    if part.app:
        part = part._replace(app=scan_in_app(part.app, root, files))
    if custom_paths is None:
        part.credentials.skip(".git", SkipId.GIT_FAILED.reason())
    dotenv_paths = list(filter(_is_dotenv_path, files))
    tracked = find_tracked(root, dotenv_paths) or set()
    ignored_paths = find_ignored(root, set(dotenv_paths) - tracked)
    return part._replace(tracked=tracked, ignored=ignored_paths)


def _scan_files(
    files: list[str],
    read: FileReader,
    root: Path,
    app_patterns: tuple[pattern.Pattern, ...],
    custom_paths: set[str] | None = None,
    manifest: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> PartResult:
    for path in files:
        OUTPUT.log_file(path)
    patterns = (pattern.credential_pattern(), *app_patterns)
    credentials = scan_credentials(files, read, patterns, custom_paths=custom_paths)
    app = None
    if any(_is_dotenv_path(path) or is_python(path, read) for path in files):
        variables, ignored = manifest
        app = scan_files(root.resolve().name, files, read, variables, credentials.markers, ignored)
    return PartResult(app, credentials, "", read, set(), list(app_patterns))


def _scan_stdin() -> PartResult:
    try:
        raw = sys.stdin.buffer.read(MAX_SIZE + 1)
    except OSError as error:
        raise SourceError(
            f"standard input can't be read: {error.strerror}",
            "pipe text into it, as in git diff | shield scan -",
        ) from None

    def read(path: str) -> bytes | None:
        return raw if path == STDIN_PATH else None

    app_patterns = list(pattern.load_app_patterns(Path()))
    patterns = [pattern.credential_pattern(), *app_patterns]
    return PartResult(
        app=None,
        credentials=scan_credentials([STDIN_PATH], read, patterns),
        prefix="",
        read=read,
        tracked=set(),
        patterns=app_patterns,
    )


def _scan_index(paths: Sequence[Path], *, whole_files: bool) -> PartResult:
    from shield_ai.scan.files.staged import StagedFiles

    has_one_folder = len(paths) == 1 and is_folder(paths[0])
    root = paths[0] if has_one_folder else Path()
    staged = StagedFiles(root, MAX_SIZE)
    names = staged.paths
    if not has_one_folder:
        names = _select(names, paths)
    # All staged files may not fit into memory.
    read = functools.lru_cache(maxsize=MAX_CACHED)(staged.read)
    app_patterns = pattern.load_app_patterns(root)
    manifest = staged.manifest_variables(reader(str(root)))
    part = _scan_files(names, read, root, app_patterns, manifest=manifest)
    part = part._replace(tracked={name for name in names if _is_dotenv_path(name)})
    if whole_files:
        return part
    return part._replace(changed=functools.lru_cache(maxsize=1)(staged.changed_lines))


def _select(names: Iterable[str], paths: Sequence[Path]) -> list[str]:
    """Return the staged files that are in one of some paths."""
    wanted = {_relative_to_current_folder(path) for path in paths}
    return [name for name in names if _is_in_any(name, wanted)]


def _relative_to_current_folder(path: Path) -> str:
    """Return a path as git names it; symbolic links to its folders are followed.

    Raises:
        SourceError: The path is outside the current folder.
    """
    full_path = path.parent.resolve() / path.name
    relative = os.path.relpath(full_path, Path.cwd())
    if relative.partition("/")[0] == "..":
        hint = f"run the command in the folder {full_path.parent}"
        raise SourceError(f"{path} is outside the current folder", hint)
    return relative


def _is_in_any(name: str, paths: set[str]) -> bool:
    if "." in paths:  # the current folder
        return True
    return any(name == path or name.startswith(f"{path}/") for path in paths)
