"""Check the files of the app: the code, the copy of the runtime and the policy file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.policy_scope import find_broad_grants
from shield_ai.flow.rollback import last_run
from shield_ai.flow.verify.check import Check, Status, join_names, ok_or_failed
from shield_ai.project.python_source import digest
from shield_ai.rewrite.project.iam_policy import PATH as POLICY
from shield_ai.rewrite.project.runtime_copy import copies, is_unmodified

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.flow.journal import Journal
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import Read

_SHOWN_GRANTS = 3


def verify_code(findings: Sequence[Finding], journal: Journal, read: Read) -> Iterator[Check]:
    """Check that every secret is read with get_secret(), and that no file changed since apply.

    Args:
        findings: All findings of the app.
        journal: Loaded.
        read: Returns the bytes of a file of the app.
    """
    fixable = [
        f"{finding.path}:{finding.line} {finding.name}" for finding in findings if finding.fixable
    ]
    yield ok_or_failed(
        "every secret that can be moved is read with get_secret()",
        join_names(fixable, "; "),
        "shield apply",
    )
    yield _verify_files(journal, read)


def _verify_files(journal: Journal, read: Read) -> Check:
    title = "files are unchanged since apply"
    steps = journal.open_steps(last_run(journal, "file"), "file")
    applied = {step.what: step.after for step in reversed(steps)}
    if not applied:
        return Check(name=title, status=Status.UNKNOWN, detail="no apply on record")
    changed = [path for path, after in applied.items() if digest(read(path) or b"") != after]
    return ok_or_failed(title, join_names(changed), "git diff shows what changed")


def verify_runtime(manifest: Manifest, read: Read) -> Iterator[Check]:
    """Check that the app's copy of the runtime was not edited.

    Args:
        manifest: shield.toml.
        read: Returns the bytes of a file of the app.
    """
    if manifest.app.runtime == "package":
        return
    edited = []
    missing = []
    for path in copies(manifest.app.runtime):
        raw = read(path)
        if raw is None:
            missing.append(f"{path} is missing")
        elif not is_unmodified(raw):
            edited.append(f"{path} was edited")
    yield ok_or_failed(
        "the vendored runtime is unchanged",
        ", ".join([*edited, *missing]),
        "shield apply writes missing files; remove edited ones first",
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
    except ValueError:
        document = None
    problem = ""
    if document != policy_document(manifest, account):
        problem = _policy_problem(document, manifest)
    yield ok_or_failed(
        "the IAM policy allows exactly these secrets",
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
