"""Check that edits since apply did not undo the changes that apply made in files."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.flow.journal.log import Journal
from shield_ai.flow.verify.check import (
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    unknown_check,
)
from shield_ai.flow.verify.registry import CodeCheck
from shield_ai.model.errors import SourceError, UnsafePlanError
from shield_ai.project.git import GitState, changed_files, git_state
from shield_ai.project.python_source import Source, digest, string_constant
from shield_ai.project.runtime_names import COPY
from shield_ai.rewrite.project.runtime_copy import is_generated_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.manifest import Secret
    from shield_ai.scan.python.scan import Scan

FILES_UNCHANGED = CheckInfo(
    "files-unchanged",
    "the changes of apply are in place",
    "the journal, the files that apply wrote, and git",
)
_SETTINGS_SOURCE = "SecretsManagerSource"
_MAP_HINT = "move other code out of the map file, then run shield apply"
_OLD_HINT = "check out the branch with the changes, or run shield apply again"
_CALL_HINT = "restore the call of get_secret(), or remove the secret from shield.toml"


def verify_files(app: AppContext) -> Check:
    """Check the files that changed since apply.

    Users may edit their settings. The check fails only if an edit removed the get_secret() call of
    a secret in shield.toml, or added code to the map file, or if all changes are gone. Other checks
    compare the copy of the runtime, the mapping and the IAM policy with what they must be.

    Args:
        app: The app.
    """
    try:
        journal = Journal(app.tree.root).load()
    except UnsafePlanError as error:  # it is from another folder, user or machine
        return unknown_check(FILES_UNCHANGED, error)
    applied = {step.what: step.after for step in reversed(journal.last_file_steps())}
    if not applied:
        return make_check(
            FILES_UNCHANGED, Status.UNKNOWN, "no change of a file is recorded in the journal"
        )
    if _has_old_files(app, journal.original_files()):
        return _failed("every file is as it was before apply", _OLD_HINT)
    changed = _changed_files(app, applied)
    runtime = app.manifest.app.runtime
    if runtime in changed:
        return _failed(f"{runtime} contains code other than the map of secrets", _MAP_HINT)
    lost = []
    for path in changed:
        for name in _lost_secrets(app, path, _read_backup(journal, applied[path])):
            lost.append(f"{path}: {name} is no longer read with get_secret()")
    if lost:
        return _failed(join_names(lost, "; "), _CALL_HINT)
    places = join_names(_with_states(app, changed))
    detail = f"changed since apply: {places}" if places else ""
    return make_check(FILES_UNCHANGED, Status.OK, detail)


def _has_old_files(app: AppContext, before: dict[str, str | None]) -> bool:
    """Return whether all files are as before apply, such as on a branch without its changes."""
    for path, old in before.items():
        raw = app.tree.read(path)
        if (None if raw is None else digest(raw)) != old:
            return False
    return True


def _failed(detail: str, hint: str) -> Check:
    return make_check(FILES_UNCHANGED, Status.FAILED, detail, hint)


def _changed_files(app: AppContext, applied: dict[str, str]) -> list[str]:
    """Return the files that differ, except the copy of the runtime and a newer mapping."""
    manifest = app.manifest
    module = app.scan_result.facts.module(manifest.app.runtime)
    found = []
    for path, after in applied.items():
        raw = app.tree.read(path)
        if digest(raw or b"") == after or COPY in path.split("/"):
            continue
        is_map = path == manifest.app.runtime
        if not is_map or (raw and not is_generated_map(app.tree.read, manifest, module)):
            found.append(path)
    return found


def _read_backup(journal: Journal, after: str) -> bytes:
    """Return the content that apply wrote; empty if its backup is missing."""
    try:
        return journal.backups.read(after)
    except SourceError:
        return b""


def _lost_secrets(app: AppContext, path: str, applied: bytes) -> list[str]:
    """Return the secrets that a file read through the runtime, and that nothing reads now."""
    if not path.endswith(".py"):
        return []
    secrets = [secret for secret in app.manifest.secret if not secret.external]
    before = _named_secrets(applied, secrets)
    after = _named_secrets(app.tree.read(path) or b"", secrets)
    used = set(_used_secrets(app.scan_result, secrets))
    return [secret.name for secret in secrets if secret.name in before - after - used]


def _named_secrets(raw: bytes, secrets: Sequence[Secret]) -> set[str]:
    """Return the secrets that a file names as `name` or `name:field`; all for a settings source."""
    names = {secret.name for secret in secrets}
    try:
        tree = Source.from_bytes("", raw).tree
    except SourceError:
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == _SETTINGS_SOURCE:
            return names
        text = string_constant(node)
        if text is not None:
            found.add(text.partition(":")[0])
    return found & names


def _used_secrets(scan: Scan, secrets: Iterable[Secret]) -> Iterator[str]:
    """Yield the secrets that the code reads through the runtime."""
    called = {name for call in scan.secret_calls for name in call.names}
    migrated = set(scan.migrated)
    for secret in secrets:
        if secret.name in called or not migrated.isdisjoint(secret.variables()):
            yield secret.name


def _with_states(app: AppContext, paths: Sequence[str]) -> list[str]:
    """Return the paths, each followed by whether its change is committed, if git can be read."""
    if not paths:
        return []
    try:
        uncommitted = set(changed_files(app.tree.root))
    except SourceError:
        return list(paths)
    return [f"{path}{_state(app.tree.root, path, uncommitted)}" for path in paths]


def _state(root: Path, path: str, uncommitted: set[str]) -> str:
    if path in uncommitted:
        return " (not committed)"
    return " (committed)" if git_state(root, path) is GitState.TRACKED else ""


def _check(app: AppContext) -> Iterator[Check]:
    yield verify_files(app)


CHECKS = (CodeCheck(15, _check, (FILES_UNCHANGED,)),)
