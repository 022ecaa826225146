"""Validate a plan that was read from a file, because anybody could have written it.

Its paths and value sources must be inside the app, and its changes in AWS must be changes that
planning produces now from shield.toml, the code and the account.
"""

from __future__ import annotations

import codecs
import dataclasses
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.flow.journal.private_folder import FOLDER
from shield_ai.model.errors import StalePlanError, UnsafePlanError
from shield_ai.model.locator import (
    CodeLiteral,
    Copy,
    DotenvLine,
    EnvVar,
    FormerSecret,
    Generated,
    Locator,
    Prompt,
)
from shield_ai.model.plan import Action, ValueState
from shield_ai.model.resource import SECRET_KIND
from shield_ai.project.app_folder import require_no_nested_repository
from shield_ai.project.env_file import STDIN
from shield_ai.project.inside import GIT_FOLDER
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.values import OPERATOR_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from shield_ai.flow.plan.aws_plan import AwsInputs
    from shield_ai.model.edit import FileChange
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.plan import Change, Origin, Plan
    from shield_ai.project.tree import Tree

MAX_ITEMS = 10_000  # files, and changes in AWS
_UNCHANGED = frozenset({Action.KEEP, Action.DRIFT})
_RESERVED = frozenset({GIT_FOLDER, FOLDER})
_CONTROL = regex(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]*")
_HINT = "make a new plan with shield plan -o, and review it"


def require_safe_paths(plan: Plan, tree: Tree, env_files: Collection[str]) -> None:
    """Require that a plan changes and reads only files of the app.

    Args:
        plan: From a file.
        tree: The app's folder.
        env_files: The files that the user named on the command line; any path is allowed.

    Raises:
        SourceError: Code in the plan is in a git repository below the app's folder.
        UnsafePlanError: A path or a source of a value is not allowed.
    """
    if max(len(plan.files), len(plan.changes), len(plan.read), len(plan.dotenv)) > MAX_ITEMS:
        raise UnsafePlanError(f"the plan has more than {MAX_ITEMS:,} items", _HINT)
    _require_files(plan, tree)
    for origin in plan.dotenv:
        is_literal = isinstance(_source_of(origin), CodeLiteral)
        if not is_literal or not _VARIABLE.fullmatch(origin.field):
            raise _source_error(origin)
    for change in plan.changes:
        for origin in change.origins:
            _require_source(_source_of(origin), tree, env_files)


def _require_files(plan: Plan, tree: Tree) -> None:
    """Require that the files that a plan changes and reads are files of the app."""
    for file in plan.files:
        _require_file(file, tree)
    for path in plan.read:
        _require_path(path, tree)
    code = [file.path for file in plan.files if file.path.endswith(".py")]
    require_no_nested_repository(tree.root, code)


def _require_file(file: FileChange, tree: Tree) -> None:
    """Require that a file's edits refer to this file only, and that its encoding is valid."""
    _require_path(file.path, tree)
    if any(edit.path != file.path for edit in file.edits):
        raise UnsafePlanError(f"the plan has edits of other files for {file.path!r}", _HINT)
    if not _is_text_encoding(file.encoding):
        raise UnsafePlanError(f"the plan has an unknown encoding for {file.path}", _HINT)


def _is_text_encoding(name: str) -> bool:
    try:
        "".encode(name)
        return codecs.lookup(name).name not in {"idna", "punycode"}
    except (LookupError, ValueError):
        return False


def _require_path(text: str, tree: Tree) -> None:
    """Require a relative path in the app that follows no symbolic link."""
    if not _is_plain(text):
        raise UnsafePlanError(f"the plan has an unsafe path: {text!r}", _HINT)
    path = tree.root
    for part in PurePosixPath(text).parts:
        path /= part
        if _is_link(path):
            raise UnsafePlanError(
                f"the plan has the path {text}, which follows a symbolic link",
                "apply without a plan file: shield apply",
            )


def _is_link(path: Path) -> bool:
    try:
        return path.is_symlink()
    except OSError:  # the name is too long
        return False


def _is_plain(text: str) -> bool:
    path = PurePosixPath(text)
    if not text or _CONTROL.search(text) or path.is_absolute() or str(path) != text:
        return False
    # Some file systems ignore case, and dots and spaces at the end.
    names = {part.casefold().rstrip(". ") for part in path.parts}
    return path.parts != () and ".." not in path.parts and not names & _RESERVED


def _source_of(origin: Origin) -> Locator:
    try:
        return origin.source
    except ValueError:
        raise _source_error(origin) from None


def _require_source(source: Locator, tree: Tree, env_files: Collection[str]) -> None:
    """Require that a source of a value is in the app, or was named by the user."""
    if isinstance(source, CodeLiteral):
        _require_path(source.path, tree)
    if not isinstance(source, DotenvLine):
        return
    if source.path not in env_files and not _is_app_file(source.path, tree):
        raise UnsafePlanError(
            f"the plan reads {source.path!r}, which is not a file of the app",
            "name it on the command line: --env-file FILE",
        )


def _is_app_file(text: str, tree: Tree) -> bool:
    """Return whether a path, relative to the current folder, is a file of the app."""
    path = Path(text)
    if text == STDIN or _CONTROL.search(text) or ".." in path.parts:
        return False
    try:
        _require_path((Path.cwd() / path).relative_to(tree.root).as_posix(), tree)
    except (ValueError, UnsafePlanError):
        return False
    return True


def _source_error(origin: Origin) -> UnsafePlanError:
    text = f"the plan has an unknown source of a value: {origin.locator!r}"
    return UnsafePlanError(text, _HINT)


def planned_inputs(inputs: AwsInputs, plan: Plan, manifest: Manifest) -> AwsInputs:
    """Return inputs with which planning produces the changes of a plan again, if it is valid.

    The sources of values and the decisions to overwrite are those of the plan.

    Args:
        inputs: The inputs that planning uses now.
        plan: From a file.
        manifest: shield.toml, with the settings of the environment.

    Raises:
        UnsafePlanError: A secret has a source that planning never chooses for it.
    """
    changes = {(change.resource, change.name): change for change in plan.changes}
    overwritten = {key for key, change in changes.items() if change.action not in _UNCHANGED}
    available = dict(_sources(changes, manifest, inputs.renamed))

    def compare_value(name: str, _version: str, _origins: tuple[Origin, ...]) -> ValueState:
        change = changes.get((SECRET_KIND, name))
        return change.value if change else ValueState.UNKNOWN

    return dataclasses.replace(
        inputs,
        available=available,
        prompts={},
        compare_value=compare_value,
        may_overwrite=lambda kind, name: (kind, name) in overwritten,
    )


def _sources(
    changes: dict[tuple[str, str], Change], manifest: Manifest, renamed: Mapping[str, Locator]
) -> Iterator[tuple[str, Locator]]:
    """Yield the locators in the plan by variable, except those of literals and new values."""
    for secret in manifest.secret:
        change = changes.get((SECRET_KIND, manifest.app.prefix + secret.name))
        if not change:
            continue
        variables = {field: variable for variable, field in secret.variables().items()}
        for origin in change.origins:
            source = _source_of(origin)
            if isinstance(source, CodeLiteral | Generated):
                continue
            variable = variables.get(origin.field, "")
            is_renamed = source == renamed.get(variable)
            if not is_renamed and not _is_allowed(source, variable, secret.name, origin.field):
                raise _source_error(origin)
            yield variable, source


def _is_allowed(
    source: EnvVar | DotenvLine | Prompt | Copy | FormerSecret,
    variable: str,
    secret: str,
    field: str,
) -> bool:
    """Return whether planning can choose a source for a variable."""
    if not variable or isinstance(source, FormerSecret):
        return False
    if isinstance(source, Copy):
        return (source.secret, source.field) == (secret, field)
    if isinstance(source, EnvVar) and variable in OPERATOR_VARIABLES:
        return False
    return source.variable == variable


def require_derived(planned: Sequence[Change], derived: Sequence[Change]) -> None:
    """Require that planning produces each change of a plan.

    Args:
        planned: The changes of the plan.
        derived: The changes that planning produces now.

    Raises:
        StalePlanError: A change differs, or planning does not produce it.
    """
    expected = {(change.resource, change.name): change for change in derived}
    for change in planned:
        if change.action in _UNCHANGED:
            continue
        other = expected.get((change.resource, change.name))
        if other and other.action is Action.KEEP:
            raise StalePlanError(
                f"the plan would {change.action} the {change.resource} {change.name}, which is "
                "already as in shield.toml",
                "if the plan was applied before, it is done; to apply later changes, run shield "
                "apply without a plan file, or make a new plan with shield plan -o",
            )
        if not _is_same(change, other):
            raise StalePlanError(
                f"shield plan does not make this change: {change.action} {change.resource} "
                f"{change.name}",
                "shield.toml, the code or the account changed since the plan was made: "
                "run shield plan again and review the changes",
            )


def _is_same(change: Change, other: Change | None) -> bool:
    if other is None:
        return False
    fields = ("action", "settings", "before", "version", "origins")
    return all(getattr(change, name) == getattr(other, name) for name in fields)
