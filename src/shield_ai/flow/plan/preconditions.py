"""Check the preconditions for making and applying a plan."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.journal.journal_record import FileStep
from shield_ai.flow.value_sources import planned_env_files
from shield_ai.model.errors import UnsafePlanError, ValueMissingError
from shield_ai.model.naming import DOTENV, MANIFEST
from shield_ai.model.printable import printable
from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project import git
from shield_ai.project.python_source import digest
from shield_ai.project.python_versions import OLDEST_SUPPORTED, OLDEST_WORKING, newest_python
from shield_ai.project.runtime_names import copied_folder, is_copied_file
from shield_ai.rewrite.project.file_edits import creation_change

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.flow.journal.log import Journal
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.plan import Plan
    from shield_ai.project.python_versions import DeclaredVersion
    from shield_ai.project.tree import Tree

# Written to a .gitignore in the copy: its patterns override those of the folders above.
UNHIDE = """\
# Patterns for other files do not apply to this folder.
!*
__pycache__/
"""
_SHOWN = 3  # file names in an error; more are counted
_NOT_TESTED = f"the runtime is tested from {'.'.join(map(str, OLDEST_SUPPORTED))} on"
_NOT_WORKING = f"the runtime does not run before {'.'.join(map(str, OLDEST_WORKING))}"
# The problem and the hint, by the state of .env in git.
_EXPOSED_DOTENV = {
    git.GitState.TRACKED: (
        "is tracked by git",
        "run git rm --cached .env, and add the line .env to .gitignore",
    ),
    git.GitState.NOT_IGNORED: ("is not ignored by git", "add the line .env to .gitignore"),
    git.GitState.UNKNOWN: ("is in a repository that git can't read", git.UNREADABLE_HINT),
}


def require_environment(journal: Journal, environment: str) -> None:
    """Require that an interrupted apply, if any, was to the same environment.

    Args:
        journal: The loaded journal.
        environment: The environment in use; empty: none.

    Raises:
        UnsafePlanError: It was to another environment.
    """
    for step in journal.open_aws_steps(journal.interrupted_run()):
        if step.environment != environment:
            option = f" --environment {step.environment}" if step.environment else ""
            raise UnsafePlanError(
                "an apply to another environment was interrupted",
                f"finish it first: shield apply{option}, or shield rollback",
            )


def require_untracked_dotenv(root: Path) -> None:
    """Require that git does not track .env, and ignores it.

    Args:
        root: The app's folder.

    Raises:
        UnsafePlanError: git tracks the file, does not ignore it, or can't read the repository.
    """
    state = git.git_state(root, DOTENV)
    if state not in _EXPOSED_DOTENV:
        return
    problem, hint = _EXPOSED_DOTENV[state]
    raise UnsafePlanError(f"{DOTENV} {problem}: secrets can't be moved there", hint)


def require_values(
    plan: Plan,
    env_files: Sequence[str],
    read: FileReader,
    *,
    allow_missing: bool,
    allow_placeholders: bool,
) -> None:
    """Require a value for every secret of a plan.

    Args:
        plan: The plan.
        env_files: The env files that the user named.
        read: Returns the bytes of a file of the app; None if it does not exist.
        allow_missing: Accept secrets without a value.
        allow_placeholders: Accept placeholders such as `changeme`.

    Raises:
        ValueMissingError: A secret has no value, or a placeholder.
    """
    if plan.placeholders and not allow_placeholders:
        raise ValueMissingError(
            f"placeholders instead of values: {', '.join(plan.placeholders)}",
            "set the real value, or use --allow-placeholders",
        )
    if plan.missing and not allow_missing:
        raise ValueMissingError(
            f"no value for {', '.join(plan.missing)}",
            f"{_source_hint(plan, env_files, read)}; set generate = true for a new signing key, or"
            " optional = true for secrets that production lacks; to store the value later, use"
            " --allow-missing",
        )


def _source_hint(plan: Plan, env_files: Sequence[str], read: FileReader) -> str:
    """Return how to provide the missing values: in the env files of the plan, or in a new one."""
    files = sorted({*env_files, *planned_env_files(plan.changes)})
    if files:
        it = "it" if len(plan.missing) == 1 else "them"
        return f"add {it} to {' or '.join(files)}"
    if read(DOTENV) is None:
        return "pass a file with --env-file"
    return f"if {DOTENV} has production's values, use --env-file {DOTENV}"


def unhide_copy(root: Path, plan: Plan) -> Plan:
    """Add a .gitignore to the copy of the runtime if git ignores some of its files.

    A pattern such as `settings.py` or `testing/` is meant for other files. If git ignores the whole
    folder, nothing is added, because a .gitignore in it would have no effect.

    Args:
        root: The app's folder.
        plan: The plan.
    """
    new = [file.path for file in plan.files if file.before is None and is_copied_file(file.path)]
    count = len(git.ignored_files(root, new))
    if count in {0, len(new)}:
        return plan
    file = creation_change(f"{copied_folder(new[0])}.gitignore", UNHIDE)
    files = sorted([*plan.files, file], key=lambda file: file.path)
    return msgspec.structs.replace(plan, files=tuple(files))


def ignored_new_files(root: Path, plan: Plan) -> list[Skipped]:
    """Report the files to create that git ignores: a commit of the changes would lack them.

    Args:
        root: The app's folder.
        plan: The plan.
    """
    new = [file.path for file in plan.files if file.before is None]
    copied = [path for path in new if is_copied_file(path)]
    # The .gitignore of `unhide_copy` makes git track the copy.
    if any(path == f"{copied_folder(path)}.gitignore" for path in copied):
        new = [path for path in new if path not in copied]
    reason = SkipId.GIT_IGNORES_FILE.reason()
    return [reason.entry(path) for path in git.ignored_files(root, new)]


def require_runtime_not_ignored(root: Path, plan: Plan, runtime: str) -> None:
    """Require that git does not ignore the files to create that the app imports.

    Args:
        root: The app's folder.
        plan: The plan.
        runtime: Path of the map file.

    Raises:
        UnsafePlanError: git ignores a file. The app would fail where it is deployed from git.
    """
    for skip in ignored_new_files(root, plan):
        path = PurePosixPath(skip.path)
        is_module = is_copied_file(skip.path) and path.suffix == ".py"
        if skip.path == runtime or path.name == "__init__.py" or is_module:
            pattern = git.ignore_pattern(root, skip.path)
            raise UnsafePlanError(
                f"git ignores {skip.path}, which the app would import",
                f"change the pattern ({printable(pattern)}), set `runtime` in shield.toml to a path"
                ' that git does not ignore, or set runtime = "package"',
            )


def require_python(tree: Tree, versions: Sequence[DeclaredVersion]) -> None:
    """Require that an app can run on a version of Python that can import the runtime.

    Args:
        tree: The app's folder.
        versions: The versions that the project names, oldest first.

    Raises:
        UnsafePlanError: All versions that the project names are too old.
    """
    newest = newest_python(tree, versions)
    if newest and newest.version < OLDEST_WORKING:
        oldest = ".".join(map(str, OLDEST_WORKING))
        raise UnsafePlanError(
            f"{newest.path} names Python {newest}: the runtime needs {oldest} or newer",
            "upgrade Python, or if the app already runs on a newer version, name it in the file",
        )


def old_python_warnings(versions: Sequence[DeclaredVersion]) -> list[Skipped]:
    """Report each file that names a version of Python on which the runtime can't run.

    Args:
        versions: The versions that the project names, oldest first.
    """
    oldest: dict[str, DeclaredVersion] = {}
    for named in versions:
        if named.version < OLDEST_SUPPORTED:
            oldest.setdefault(named.path, named)
    found = []
    for named in oldest.values():
        limit = _NOT_WORKING if named.version < OLDEST_WORKING else _NOT_TESTED
        found.append(SkipId.OLD_PYTHON.reason(version=named, limit=limit).entry(named.path))
    return found


def _manual_changes(tree: Tree, journal: Journal) -> list[str]:
    """Return the files with uncommitted changes that apply did not make."""
    applied = {
        record.what: record.after for record in journal.records if isinstance(record, FileStep)
    }
    changed = []
    for path in git.changed_files(tree.root):
        if path == MANIFEST or path.startswith(".shield/"):
            continue
        if path not in applied or applied[path] != digest(tree.read(path) or b""):
            changed.append(path)
    return changed


def require_committed(tree: Tree, journal: Journal) -> None:
    """Require that git has no uncommitted changes, apart from those that shield made.

    Args:
        tree: The app's folder.
        journal: The loaded journal.

    Raises:
        UnsafePlanError: There are uncommitted changes.
        SourceError: git can't read the repository.
    """
    changed = _manual_changes(tree, journal)
    if not changed:
        return
    names = ", ".join(changed[:_SHOWN])
    if len(changed) > _SHOWN:
        names += f" and {len(changed) - _SHOWN} more"
    raise UnsafePlanError(
        f"uncommitted changes: {names}",
        "commit them first, so that the rewrite can be reviewed separately, or use --allow-dirty",
    )
