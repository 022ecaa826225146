"""Add the dependencies of the runtime to the app's requirements."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model.file_reader import FileReader, read_optional
from shield_ai.model.skip import SkipId
from shield_ai.rewrite.project.dependencies.locked_versions import is_any_locked, locked_version
from shield_ai.rewrite.project.dependencies.locks_above import outdated_locks_above
from shield_ai.rewrite.project.dependencies.production_groups import find_production_groups
from shield_ai.rewrite.project.dependencies.pyproject import (
    add_to_pipfile,
    add_to_pyproject,
    declares_app_dependencies,
)
from shield_ai.rewrite.project.dependencies.requirement_lines import (
    add_requirement,
    only_includes,
    required_names,
    requirement_lines,
)
from shield_ai.rewrite.project.dependencies.requirements_files import (
    COMPILED,
    compile_command,
    exists,
    installs_app,
    is_left_over,
    names_framework,
    outdated_compiled_files,
    read_requirements_files,
    requires,
)
from shield_ai.rewrite.project.dependencies.setup_files import add_to_setup_cfg, add_to_setup_py
from shield_ai.rewrite.project.dependencies.version_pins import outdated_pins, outdated_version
from shield_ai.rewrite.project.dependencies.wanted_requirements import (
    BOTO_NAMES,
    DEFAULT_TARGET,
    Bound,
    Target,
    first_requirement_name,
)
from shield_ai.rewrite.project.file_edits import NOTHING, Outcome, skip_file
from shield_ai.rewrite.project.import_names import root_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from shield_ai.model.manifest import Manifest
    from shield_ai.model.skip import Skipped
    from shield_ai.rewrite.project.dependencies.wanted_requirements import Wanted
    from shield_ai.rewrite.project.fixer import FixContext

STEMS = ("requirements", "base", "common", "main", "all", "app", "production", "prod")
# The parts of a name before its extension: requirements, requirements/base, requirements-prod.
NAMES = (
    "requirements",
    *(f"requirements{separator}{stem}" for separator in "/._-" for stem in STEMS),
)
FILES = (
    *(f"{name}.in" for name in NAMES),
    *(f"{name}.txt" for name in NAMES),
    *(f"requirements.d/{stem}.txt" for stem in STEMS),
)
NESTED = re.compile(rf"requirements/[^/]+/(?:requirements[._-])?(?:{'|'.join(STEMS)})\.(?:in|txt)")
# Files with dependencies, and their lock files.
LOCKED_FILES = (
    ("pyproject.toml", ("uv.lock", "poetry.lock", "pdm.lock"), add_to_pyproject),
    ("Pipfile", ("Pipfile.lock",), add_to_pipfile),
)
PACKAGE_FILES = (
    ("pyproject.toml", add_to_pyproject),
    ("setup.cfg", add_to_setup_cfg),
    ("setup.py", add_to_setup_py),
)
OTHER_FILES = (PACKAGE_FILES[0], ("Pipfile", add_to_pipfile), *PACKAGE_FILES[1:])
# The files in the folders above an app that declare or lock its dependencies.
LOCKS = tuple(lock for _, locks, _ in LOCKED_FILES for lock in locks)
FILES_ABOVE = (*(name for name, _ in OTHER_FILES), *LOCKS, *FILES)
# What an app needs with a copy of the runtime, and with the installed package.
VENDORED = {"boto3": Bound(">=1.26")}
PACKAGE = {"shield-ai-runtime[aws]": Bound(">=0.1")}
FOR_TOOLS = re.compile(r"(?:^|[/._-])(?:docs?|lint|tests?|testing|dev|ci)\.(?:in|txt)$")


def fix(context: FixContext) -> Outcome:
    """Add the dependencies of the runtime."""
    app = context.app
    changes, skipped = add_requirements(
        context.read,
        context.manifest,
        context.module,
        Target(app.installed, find_production_groups(context), app.python),
        app.nested_requirements,
    )
    if any(item.id is SkipId.NO_REQUIREMENTS for item in skipped):
        above = _missing_above(context)
        return [], skipped if above is None else above
    return changes, [*skipped, *outdated_locks_above(context, changes, skipped)]


def add_requirements(
    read: FileReader,
    manifest: Manifest,
    module: str = "",
    target: Target = DEFAULT_TARGET,
    nested: Collection[str] = (),
) -> Outcome:
    """Add the dependencies of the runtime to the first file that declares dependencies.

    The app's import root is searched first, then the folders above it, then the app's package.

    Args:
        read: Returns the bytes of a file of the app, None if it does not exist.
        manifest: The secrets to move.
        module: Dotted name by which the settings import the runtime; derived from the path if "".
        target: What the requirements are installed with.
        nested: The files in the folders inside the folder `requirements`.
    """
    nested = [path for path in nested if NESTED.fullmatch(path)]
    requirements = required_by(manifest)
    name = first_requirement_name(requirements)
    wanted = _with_known_version(requirements, target.versions.get(name, ""))
    if requirements is VENDORED:
        wanted = {
            name: bound._replace(installed=target.groups, python=target.python)
            for name, bound in wanted.items()
        }
    locked: dict[Skipped, None] = {}
    for folder in candidate_folders(read, manifest, module):
        outcome = _add_in_folder(read, folder, wanted, nested)
        if outcome is None:
            continue
        changes, skipped = outcome
        if changes:
            return changes, [*locked, *skipped]
        if not skipped:
            return NOTHING
        locked.update(dict.fromkeys(skipped))  # the files in `nested` are found in each folder
    if locked:
        return [], [*locked]
    return skip_file("requirements.txt", SkipId.NO_REQUIREMENTS.reason(requirement=name))


def required_by(manifest: Manifest) -> Wanted:
    """Return the packages that the runtime of an app requires."""
    return PACKAGE if manifest.app.runtime == "package" else VENDORED


def _missing_above(context: FixContext) -> list[Skipped] | None:
    """Return entries for the nearest files above the app that lack the requirements.

    None if no file above the app declares dependencies.
    """
    prefix, files = context.app.above
    wanted = required_by(context.manifest)
    name, bound = next(iter(wanted.items()))
    reason = SkipId.REQUIREMENTS_ABOVE.reason(requirement=f"{name}{bound.minimum}")
    for parent in PurePosixPath(prefix).parents:
        folder = "" if parent == PurePosixPath() else f"{parent}/"
        outcome = _add_in_folder(files.get, folder, wanted)
        if outcome is not None:
            paths = [change.path for change in outcome[0]] or [item.path for item in outcome[1]]
            return [
                reason.entry(posixpath.relpath(path, prefix))
                for path in paths
                if posixpath.basename(path) not in LOCKS
            ]
    return None


def _with_known_version(wanted: Wanted, version: str) -> Wanted:
    """Return the requirements with the version that the app has, if the runtime works with it."""
    name = first_requirement_name(wanted)
    if name not in wanted or not version or outdated_pins([f"{name}=={version}"]):
        return wanted
    return {name: wanted[name]._replace(known=version)}


def candidate_folders(read: FileReader, manifest: Manifest, module: str) -> list[str]:
    """Return the folders that can contain requirements, each with a trailing slash."""
    path = manifest.app.runtime
    if path == "package":
        path = next(iter(manifest.app.settings), "")
    root = root_of(read, path, module) if path else ""
    parts = root.split("/") if root else []
    folders = []
    for depth in range(len(parts), -1, -1):
        folders.append("".join(f"{part}/" for part in parts[:depth]))
    package, _, module_path = path.removeprefix(folders[0]).partition("/")
    if module_path:
        folders.append(f"{folders[0]}{package}/")
    return folders


def _add_in_folder(
    read: FileReader, folder: str, wanted: Wanted, nested: Collection[str] = ()
) -> Outcome | None:
    """Add requirements to a file in a folder; return None if no file declares dependencies."""
    name = first_requirement_name(wanted)
    files = read_requirements_files(read, [*(f"{folder}{name}" for name in FILES), *nested])
    wanted = _with_known_version(wanted, locked_version(read, folder, name))
    if is_any_locked(read, folder, [name, *BOTO_NAMES]):
        wanted = {name: bound._replace(is_free=False) for name, bound in wanted.items()}
    outcome = _add_to_locked(read, folder, files, wanted)
    if outcome is not None:
        return outcome
    for path, raw in files.items():
        if name in required_names(raw):
            texts = [line.text for line in requirement_lines(raw)]
            problem = outdated_version(texts)
            return skip_file(path, problem) if problem else NOTHING
    compiled = [path for path, raw in files.items() if COMPILED.search(raw)]
    makefile = read_optional(read, f"{folder}Makefile") or b""
    locked = [_locked(path, files[path], name, makefile) for path in compiled]
    editable = []
    for path, raw in files.items():
        if path not in compiled and not only_includes(raw):
            editable.append(path)
    if not editable:
        return _add_to_other_format(read, folder, wanted, locked)
    path = min(editable, key=lambda path: _is_for_tools(path, files[path]))
    changes, problems = add_requirement(path, files[path], wanted)
    outdated = outdated_compiled_files(read, folder, files, path)
    locked = [_locked(path, read(path) or b"", name, makefile) for path in outdated]
    outcome = (changes, [*locked, *problems])
    if not changes:
        return outcome
    return _merge(outcome, _add_to_package(read, folder, path, wanted))


def _locked(path: str, raw: bytes, requirement: str, makefile: bytes) -> Skipped:
    """Return the entry of a file that must be compiled again."""
    command = compile_command(raw, makefile)
    text = f"{requirement}: {command}" if command else requirement
    return SkipId.LOCKED_REQUIREMENTS.reason(requirement=text).entry(path)


def _is_for_tools(path: str, raw: bytes) -> bool:
    """Return whether a requirements file is for documentation or tests, and not for the app."""
    return FOR_TOOLS.search(path) is not None and not names_framework(raw)


def _merge(*outcomes: Outcome) -> Outcome:
    changes = [change for outcome in outcomes for change in outcome[0]]
    return changes, [item for outcome in outcomes for item in outcome[1]]


def _add_to_package(read: FileReader, folder: str, edited: str, wanted: Wanted) -> Outcome:
    """Add requirements to the dependencies that the app's package declares in a second file."""
    outcome = NOTHING
    for name, add in PACKAGE_FILES:
        path = f"{folder}{name}"
        if path != edited and declares_app_dependencies(path, read):
            outcome = _merge(outcome, add(path, read, wanted) or NOTHING)
    return outcome


def _add_to_locked(
    read: FileReader, folder: str, files: Mapping[str, bytes], wanted: Wanted
) -> Outcome | None:
    """Add requirements to the pyproject.toml or Pipfile of an app with a lock file.

    A pyproject.toml that declares no dependencies does not count beside requirements files, nor
    does a Pipfile without the web framework that they name.
    """
    for name, locks, add in LOCKED_FILES:
        path = f"{folder}{name}"
        if not any(exists(read, f"{folder}{lock}") for lock in locks):
            continue
        if files and not declares_app_dependencies(path, read):
            continue
        if name == "Pipfile" and is_left_over(read(path) or b"", files):
            continue
        outcome = add(path, read, wanted)
        if outcome is not None:
            return _merge(outcome, _add_to_others(read, path, files, wanted))
    return None


def _add_to_others(
    read: FileReader, edited: str, files: Mapping[str, bytes], wanted: Wanted
) -> Outcome:
    """Add requirements to the other files from which the app is installed.

    These are the dependencies of its package, and requirements files with the web framework. A
    file in which each version is pinned may be generated, and is not edited.

    Args:
        read: Returns the bytes of a file of the app.
        edited: The locked pyproject.toml or Pipfile.
        files: The requirements files.
        wanted: The requirements.
    """
    name = first_requirement_name(wanted)
    folder = edited.removesuffix(edited.rpartition("/")[2])
    changes, skipped = _add_to_package(read, folder, edited, wanted)
    reason = SkipId.OTHER_REQUIREMENTS.reason(path=edited, requirement=name)
    for path, raw in files.items():
        if requires(read, path, name):
            continue
        if installs_app(raw):
            added, problems = add_requirement(path, raw, wanted)
            changes, skipped = [*changes, *added], [*skipped, *problems]
        elif not only_includes(raw):
            skipped.append(reason.entry(path))
    return changes, skipped


def _add_to_other_format(
    read: FileReader, folder: str, wanted: Wanted, locked: list[Skipped]
) -> Outcome | None:
    """Add requirements to pyproject.toml, Pipfile, setup.cfg or setup.py.

    Args:
        read: Returns the bytes of a file of the app.
        folder: The folder, with a trailing slash.
        wanted: The requirements.
        locked: The entries for locked requirements files in the folder.
    """
    for name, add in OTHER_FILES:
        outcome = add(f"{folder}{name}", read, wanted)
        if outcome is None:
            continue
        changes, skipped = outcome
        if changes:
            return changes, [*locked, *skipped]
        return [], skipped
    return ([], locked) if locked else None
