"""Write the current values of secrets from AWS into an env file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.current_values import read_current_values, values_in
from shield_ai.model.environments import get_environment
from shield_ai.model.errors import (
    AwsError,
    ShieldError,
    SourceError,
    StalePlanError,
    UnsafePlanError,
)
from shield_ai.model.hidden import Hidden
from shield_ai.model.naming import DOTENV
from shield_ai.project import git
from shield_ai.project.env_file import (
    EXPANDED_BY_DOTENV,
    has_several_lines,
    is_env_file,
    quote_value,
    read_assignments,
    set_variables,
    variables_with_escapes,
)
from shield_ai.project.layout import is_env_example
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.safe_write import read_private_file, write_private_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.current_values import CurrentValues
    from shield_ai.model.manifest import Secret
    from shield_ai.project.tree import Tree

# The states in which git can't commit the file.
_SAFE = (git.GitState.IGNORED, git.GitState.NO_REPOSITORY)
# Characters of a file name with another meaning in .gitignore.
_IGNORE_SYNTAX = regex(r"\A[#!]|[\\*?\[]| (?= *\Z)")
_ESCAPED = r"\\\g<0>"
_QUOTING_HINT = (
    "a value must be UTF-8 text without NUL, carriage return or ${…}, and can't contain both a "
    "single quote and a $ or backtick; leave these secrets out: name the others with --only"
)


class EnvFileUpdate(msgspec.Struct, frozen=True, kw_only=True):
    """What a pull changes in an env file."""

    path: Path
    before: bytes | None  # None: the file does not exist
    values: dict[str, Hidden]  # of the variables to write
    replaced: tuple[str, ...]  # variables to write that have another value in the file
    unchanged: tuple[str, ...]

    def __repr__(self) -> str:
        # `before` contains values
        return f"EnvFileUpdate({str(self.path)!r})"

    @property
    def to_write(self) -> tuple[str, ...]:
        """The variables to write."""
        return tuple(self.values)

    @property
    def several_lines(self) -> tuple[str, ...]:
        """The variables to write with values that django-environ can't read."""
        escaped = variables_with_escapes(self.before or b"")
        names = [name for name, value in self.values.items() if has_several_lines(value.reveal())]
        return tuple(name for name in names if name not in escaped)


def compare_env_file(path: Path, current: CurrentValues) -> EnvFileUpdate:
    """Compare an env file with the values in AWS.

    Args:
        path: The env file, which need not exist.
        current: The values in AWS.

    Raises:
        UnsafePlanError: git tracks the file, does not ignore it, or can't read the repository.
        SourceError: The file can't be read.
        ShieldError: An env file can't contain one of the values.
    """
    before = _read(path)
    _require_ignored(path)
    assigned = _read_assignments(path, before or b"")
    changed: dict[str, Hidden] = {}
    unchanged: list[str] = []
    replaced: list[str] = []
    for variable, value in current.values.items():
        old_values = set(assigned.get(variable, []))
        # If a value contains ${…}, python-dotenv reads another value than the file contains.
        if old_values == {value.reveal()} and not EXPANDED_BY_DOTENV.search(value.reveal()):
            unchanged.append(variable)
            continue
        changed[variable] = value
        if old_values - {""}:
            replaced.append(variable)
    _require_quotable(changed)
    return EnvFileUpdate(
        path=path,
        before=before,
        values=changed,
        replaced=tuple(replaced),
        unchanged=tuple(unchanged),
    )


def pull_command(environment: str, file: str = DOTENV) -> str:
    """Return the command that writes the current values into an env file.

    Args:
        environment: The environment of the secrets; empty: none.
        file: The env file.
    """
    option = f" --environment {environment}" if environment else ""
    return f"shield pull --env-file {shlex.quote(file)}{option}"


def pull_command_for(tree: Tree, environment: str) -> str:
    """Return the pull command for the app's .env, or for FILE if .env is missing.

    Args:
        tree: The app's folder.
        environment: The environment of the secrets; empty: none.
    """
    return pull_command(environment, "FILE" if tree.read(DOTENV) is None else DOTENV)


def env_file_with(context: AppContext, secret: Secret) -> str:
    """Return the env file of the app if it assigns a variable of a secret; empty otherwise.

    Args:
        context: The app, with the selected environment.
        secret: The secret.
    """
    path = _main_env_file(context)
    if not path:
        return ""
    try:
        assigned = read_assignments(context.tree.read(path) or b"")
    except SourceError:
        return ""
    return path if secret.variables().keys() & assigned.keys() else ""


def _main_env_file(context: AppContext) -> str:
    """Return the env file of the selected environment, or .env; empty if it has no env file."""
    if context.environment:
        return get_environment(context.manifest, context.environment).env_file
    return DOTENV


def has_current_values(
    context: AppContext,
    secret: Secret,
    replaced: Collection[str] = (),
    restored: Collection[Hidden] = (),
) -> bool:
    """Return whether the env files and the restored values contain every field of a secret.

    Args:
        context: The app, with the selected environment.
        secret: The secret.
        replaced: The env files to ignore, because a rollback replaces them.
        restored: The values that the rollback restores; they need no env file.
    """
    files = list(_env_files(context, replaced))
    if context.aws is None or not (files or restored):
        return False
    try:
        current = read_current_values(context.target_manifest, [secret], context.aws).values
    except AwsError:
        return False
    if not current:
        return False
    missing = {variable: value for variable, value in current.items() if value not in restored}
    return not missing or any(_has_values(assigned, missing) for assigned in files)


def has_unlisted_value(
    context: AppContext, name: str, replaced: Collection[str], restored: Collection[Hidden]
) -> bool:
    """Return whether the env files have the value of a secret that shield.toml does not list.

    Args:
        context: The app, with the selected environment.
        name: The secret's name in AWS.
        replaced: The env files to ignore, because a rollback replaces them.
        restored: The values that the rollback restores; they need no env file.
    """
    try:
        value = context.aws.secrets.read_many([name])[name] if context.aws else None
    except AwsError:
        return False
    if not isinstance(value, Hidden):
        return False
    known = list(restored)
    for assigned in _env_files(context, replaced):
        for texts in assigned.values():
            known += map(Hidden, texts)
    return all(part in known for part in values_in(value))


def _env_files(
    context: AppContext, replaced: Collection[str]
) -> Iterator[Mapping[str, Sequence[str]]]:
    """Yield the variables in the env files of an app: `.env`, `production.env` and others."""
    found = {file.name for file in context.tree.root.iterdir() if is_env_file(file.name)}
    for name in sorted({*found, _main_env_file(context)} - {"", *replaced}):
        try:
            yield read_assignments(context.tree.read(name) or b"")
        except SourceError:
            continue


def _has_values(assigned: Mapping[str, Sequence[str]], values: Mapping[str, Hidden]) -> bool:
    return all(
        set(assigned.get(variable, ())) == {value.reveal()} for variable, value in values.items()
    )


def write_update(update: EnvFileUpdate) -> None:
    """Write the values into the env file, with mode 0600.

    Raises:
        SourceError: The file can't be written.
        StalePlanError: The file was edited since it was read.
    """
    if not update.values:
        return
    path = update.path
    revealed = {variable: value.reveal() for variable, value in update.values.items()}
    try:
        content = set_variables(update.before or b"", revealed)
    except SourceError as error:
        raise SourceError(f"{path}: {error.message}", error.hint) from None
    if _read(path) != update.before:
        raise StalePlanError(f"{path} was edited in the meantime", "run shield pull again")
    try:
        write_private_file(path, content)
    except OSError as error:
        raise SourceError(
            f"{path} can't be written: {error.strerror}",
            "nothing was changed; free disk space or fix the permissions, then try again",
        ) from None


def _read(path: Path) -> bytes | None:
    if path.is_symlink():
        raise SourceError(f"{path} is a symbolic link", "name the file that it points to")
    try:
        return read_private_file(path)
    except OSError as error:
        raise SourceError(
            f"{path} can't be read: {error.strerror}",
            "name a new file, or a regular file that you own, in an existing folder",
        ) from None


def _read_assignments(path: Path, content: bytes) -> dict[str, list[str]]:
    try:
        return read_assignments(content)
    except SourceError as error:
        raise SourceError(f"{path}: {error.message}", error.hint) from None


def _require_ignored(path: Path) -> None:
    state = git.git_state(path.parent.resolve(), f"./{path.name}")
    if state in _SAFE:
        return
    ignore = f"add the line {_IGNORE_SYNTAX.sub(_ESCAPED, path.name)} to .gitignore"
    problem = "is not ignored by git"
    hint = ignore
    if state is git.GitState.TRACKED:
        problem = "is tracked by git"
        hint = f"run git rm --cached {shlex.quote(str(path))}, and {ignore}"
    elif state is git.GitState.UNKNOWN:
        problem = "is in a git repository, but git can't read it or is not installed"
        hint = "name a file outside the repository"
    if state is not git.GitState.UNKNOWN and is_env_example(path.name):
        hint = f"name a file for values, such as {DOTENV}, that git ignores"
    raise UnsafePlanError(f"{path} {problem}: secrets can't be written there", hint)


def _require_quotable(values: Mapping[str, Hidden]) -> None:
    refused = [name for name, value in values.items() if quote_value(value.reveal()) is None]
    if refused:
        raise ShieldError(
            f"an env file can't hold the value of {', '.join(refused)}", _QUOTING_HINT
        )
