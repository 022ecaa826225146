"""Check the files of the app: the code, the copy of the runtime and the policy file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.policy_scope import find_broad_grants
from shield_ai.flow.rollback import last_run
from shield_ai.flow.verify.check import (
    Check,
    CheckId,
    Status,
    join_names,
    make_check,
    ok_or_failed,
)
from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import digest
from shield_ai.rewrite.project.iam_policy import PATH as POLICY
from shield_ai.rewrite.project.runtime_copy import (
    CopyState,
    compare_with_source,
    copy_folder,
    engine_files,
    is_generated_map,
)
from shield_ai.rewrite.project.secret_map import matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.flow.journal import Journal
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest
    from shield_ai.project.tree import Tree
    from shield_ai.rewrite import Read

_SHOWN_GRANTS = 3


def verify_code(
    findings: Sequence[Finding], manifest: Manifest, module: str, journal: Journal, read: Read
) -> Iterator[Check]:
    """Check that every secret is read with get_secret(), and that no file changed since apply.

    Args:
        findings: All findings of the app.
        manifest: shield.toml.
        module: The module that the app imports get_secret from.
        journal: Loaded.
        read: Returns the bytes of a file of the app.
    """
    yield _verify_migration(findings, manifest)
    yield _verify_files(manifest, module, journal, read)


def _verify_migration(findings: Sequence[Finding], manifest: Manifest) -> Check:
    fixable = [finding for finding in findings if finding.fixable]
    if not fixable:
        ignored = join_names(manifest.app.ignore)
        detail = f"ignored in shield.toml: {ignored}" if ignored else ""
        return make_check(CheckId.CODE_MIGRATED, Status.OK, detail)
    places = [f"{finding.path}:{finding.line} {finding.name}" for finding in fixable]
    hint = _migration_hint(fixable, manifest)
    return make_check(CheckId.CODE_MIGRATED, Status.FAILED, join_names(places, "; "), hint)


def _migration_hint(findings: Sequence[Finding], manifest: Manifest) -> str:
    listed = set(manifest.variables())
    unlisted: dict[str, None] = {}
    for finding in findings:
        variables = finding.site.variables if finding.site else ()
        if listed.isdisjoint(variables):
            unlisted.update(dict.fromkeys(variables))
    if not unlisted:
        return "shield apply"
    return (
        f"shield draft adds {join_names([*unlisted])} to shield.toml, then run shield apply; if a "
        "variable holds no secret, add it to ignore under [app]"
    )


def _verify_files(manifest: Manifest, module: str, journal: Journal, read: Read) -> Check:
    steps = journal.open_steps(last_run(journal, "file"), "file")
    applied = {step.what: step.after for step in reversed(steps)}
    if not applied:
        return make_check(CheckId.FILES_UNCHANGED, Status.UNKNOWN, "the journal contains no apply")
    changed = []
    for path, after in applied.items():
        if digest(read(path) or b"") == after:
            continue
        # Users may edit the mapping; verify_runtime() checks it.
        is_map = path == manifest.app.runtime
        if not is_map or not is_generated_map(read, manifest, module):
            changed.append(path)
    return ok_or_failed(CheckId.FILES_UNCHANGED, join_names(changed), "git diff shows what changed")


def verify_runtime(manifest: Manifest, tree: Tree) -> Iterator[Check]:
    """Check that the app's copy of the runtime is unmodified, and that its map file is current.

    Args:
        manifest: shield.toml.
        tree: The app's files.
    """
    path = manifest.app.runtime
    if path == "package":
        return
    yield _verify_copy(path, tree)
    raw = tree.read(path)
    problem = ""
    if raw is None:
        problem = f"{path} is missing"
    elif not matches(raw, manifest):
        problem = f"the mapping in {path} differs from shield.toml"
    yield ok_or_failed(CheckId.MAP_CURRENT, problem, "shield apply")


def _state_of_extra_file(path: str, place: str, read: Read) -> CopyState:
    try:
        raw = read(place) or b""
    except SourceError:  # a link to a folder, for example
        return CopyState.EDITED
    return compare_with_source(path, place, raw)


def _verify_copy(path: str, tree: Tree) -> Check:
    read = tree.read
    edited = [f"{place} takes precedence over {path}" for place in tree.overriding_files(path)]
    missing = []
    other_version = []
    expected = engine_files(path)
    for place in expected:
        raw = read(place)
        if raw is None:
            missing.append(f"{place} is missing")
            continue
        state = compare_with_source(path, place, raw)
        if state is CopyState.EDITED:
            edited.append(f"{place} was edited")
        elif state is CopyState.OTHER_VERSION:
            other_version.append(place)
    for place in tree.importable_files(copy_folder(path)):
        if place in expected:
            continue
        state = _state_of_extra_file(path, place, read)
        if state is CopyState.OTHER_VERSION:
            other_version.append(place)
        elif state is CopyState.EDITED:
            edited.append(f"{place} is not part of the runtime")
    if other_version and not edited:
        detail = f"{other_version[0]} is from another version of shield-ai"
        hint = "shield apply replaces the copy"
        return make_check(CheckId.RUNTIME_UNMODIFIED, Status.UNKNOWN, detail, hint)
    return ok_or_failed(
        CheckId.RUNTIME_UNMODIFIED,
        ", ".join(edited + missing),
        "remove edited and added files; shield apply writes missing ones",
    )


def verify_policy(manifest: Manifest, account: str, read: Read) -> Iterator[Check]:
    """Check that the policy file in the app's folder allows exactly the app's secrets.

    Args:
        manifest: shield.toml.
        account: The AWS account.
        read: Returns the bytes of a file of the app.
    """
    try:
        document = json.loads(read(POLICY) or b"null")
    except (ValueError, RecursionError):
        document = None
    problem = ""
    if document != policy_document(manifest, account):
        problem = _policy_problem(document, manifest)
    yield ok_or_failed(
        CheckId.POLICY_MINIMAL,
        problem,
        "shield apply writes it, but does not overwrite one that you wrote",
    )


def _policy_problem(document: Any, manifest: Manifest) -> str:
    if document is None:
        return f"{POLICY} is missing or invalid"
    broad: list[str] = []
    if isinstance(document, dict):
        names = [manifest.app.prefix + secret.name for secret in manifest.secret]
        try:
            broad = find_broad_grants(document, names)
        except (AttributeError, TypeError):
            broad = []  # JSON, but not a policy
    if broad:
        return f"{POLICY}: {'; '.join(broad[:_SHOWN_GRANTS])}"
    return f"{POLICY} differs from the expected policy"
