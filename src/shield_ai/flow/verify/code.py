"""Check the files of the app: the code, the copy of the runtime and the policy file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.policy_scope import find_broad_grants
from shield_ai.flow.journal import Journal
from shield_ai.flow.verify.check import (
    Check,
    CheckInfo,
    Status,
    join_names,
    make_check,
    ok_or_failed,
)
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget, CodeCheck
from shield_ai.flow.verify.usage import reads_secrets
from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import digest
from shield_ai.project.runtime_names import COPY
from shield_ai.rewrite.project.iam_policy import PATH as POLICY
from shield_ai.rewrite.project.runtime_copy import (
    CopyState,
    compare_with_source,
    copy_folder,
    engine_files,
    is_generated_map,
    runtime_files,
)
from shield_ai.rewrite.project.secret_map import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest
    from shield_ai.project.tree import Tree

CODE_MIGRATED = CheckInfo(
    "code-migrated",
    "every secret that can be moved is read with get_secret()",
    "the scan of the app's code",
)
FILES_UNCHANGED = CheckInfo(
    "files-unchanged",
    "files are unchanged since apply",
    "the journal and the files that apply wrote",
)
RUNTIME_UNMODIFIED = CheckInfo(
    "runtime-unmodified",
    "the vendored runtime is unchanged",
    "the files of the vendored runtime",
)
MAP_CURRENT = CheckInfo(
    "map-current",
    "the map of secrets matches shield.toml",
    "the map file and `shield.toml`",
)
POLICY_MINIMAL = CheckInfo(
    "policy-minimal",
    "the IAM policy allows exactly these secrets",
    "the policy file in the app's folder",
)


def verify_code(
    findings: Sequence[Finding], manifest: Manifest, module: str, journal: Journal, read: FileReader
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
        return make_check(CODE_MIGRATED, Status.OK, detail)
    places = [f"{finding.path}:{finding.line} {finding.name}" for finding in fixable]
    hint = _migration_hint(fixable, manifest)
    return make_check(CODE_MIGRATED, Status.FAILED, join_names(places, "; "), hint)


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


def _verify_files(manifest: Manifest, module: str, journal: Journal, read: FileReader) -> Check:
    applied = {step.what: step.after for step in reversed(journal.last_file_steps())}
    if not applied:
        return make_check(FILES_UNCHANGED, Status.UNKNOWN, "the journal contains no apply")
    changed = []
    for path, after in applied.items():
        if digest(read(path) or b"") == after:
            continue
        # Users may edit the mapping; verify_runtime() checks it.
        is_map = path == manifest.app.runtime
        if not is_map or not is_generated_map(read, manifest, module):
            changed.append(path)
    return ok_or_failed(FILES_UNCHANGED, join_names(changed), "git diff shows what changed")


def verify_runtime(
    manifest: Manifest, tree: Tree, copies: Sequence[str], *, is_used: bool
) -> Iterator[Check]:
    """Check that the app's copy of the runtime is unmodified, and that its map file is current.

    Args:
        manifest: shield.toml.
        tree: The app's files.
        copies: The folders of all copies of the runtime in the app. They are not scanned.
        is_used: Whether the code reads secrets with get_secret().
    """
    path = manifest.app.runtime
    if path == "package":
        if copies:
            yield _verify_copies([], copies, tree)
        return
    raw = tree.read(path)
    missing = [place for place in engine_files(path) if tree.read(place) is None]
    if raw is None and not copies and not is_used and len(missing) == len(engine_files(path)):
        detail = "not applied yet: the app has no copy of the runtime"
        yield make_check(RUNTIME_UNMODIFIED, Status.UNKNOWN, detail, "shield apply")
        return
    problems = [f"{place} takes precedence over {path}" for place in tree.overriding_files(path)]
    problems += [f"{place} is missing" for place in missing]
    yield _verify_copies(problems, {copy_folder(path), *copies}, tree)
    problem = ""
    if raw is None:
        problem = f"{path} is missing"
    elif not matches(raw, manifest):
        problem = f"the mapping in {path} differs from shield.toml"
    yield ok_or_failed(MAP_CURRENT, problem, "shield apply")


def _verify_copies(problems: list[str], folders: Collection[str], tree: Tree) -> Check:
    edited = []
    other_version = []
    for folder in sorted(folders):
        for place in tree.importable_files(folder):
            state = _state_in_copy(folder, place, tree.read)
            if state is CopyState.OTHER_VERSION:
                other_version.append(place)
            elif state is CopyState.EDITED:
                edited.append(place)
    if other_version and not edited and not problems:
        detail = f"{other_version[0]} is from another version of shield-ai"
        hint = "shield apply replaces the copy"
        return make_check(RUNTIME_UNMODIFIED, Status.UNKNOWN, detail, hint)
    known = runtime_files()
    for place in edited:
        is_known = place.partition(f"{COPY}/")[2] in known
        problems.append(f"{place} {'was edited' if is_known else 'is not part of the runtime'}")
    return ok_or_failed(
        RUNTIME_UNMODIFIED,
        join_names(problems),
        "remove edited and added files; shield apply writes missing ones",
    )


def _state_in_copy(folder: str, place: str, read: FileReader) -> CopyState:
    try:
        raw = read(place) or b""
    except SourceError:  # a link to a folder, for example
        return CopyState.EDITED
    return compare_with_source(folder, place, raw)


def verify_policy(manifest: Manifest, account: str, read: FileReader) -> Iterator[Check]:
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
        POLICY_MINIMAL,
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
        return f"{POLICY}: {join_names(broad, '; ')}"
    return f"{POLICY} differs from the expected policy"


def _check_code(app: AppContext) -> Iterator[Check]:
    module = app.scan_result.facts.module(app.manifest.app.runtime)
    journal = Journal(app.tree.root).load()
    yield from verify_code(app.findings, app.manifest, module, journal, app.tree.read)


def _check_runtime(app: AppContext) -> Iterator[Check]:
    is_used = reads_secrets(app.scan_result)
    yield from verify_runtime(app.manifest, app.tree, app.scan_result.copies, is_used=is_used)


def _check_policy(target: AwsTarget) -> Iterator[Check]:
    if not target.app.environment:
        yield from verify_policy(target.app.manifest, target.aws.id, target.app.tree.read)


CHECKS = (
    CodeCheck(10, _check_code, (CODE_MIGRATED, FILES_UNCHANGED)),
    CodeCheck(20, _check_runtime, (RUNTIME_UNMODIFIED, MAP_CURRENT)),
    AwsCheck(50, _check_policy, (POLICY_MINIMAL,)),
)
