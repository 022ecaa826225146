"""Look whether what apply promised is so: in the code, in AWS and in the app itself."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import policy_document
from shield_ai.aws.desired.policy_scope import find_broad_grants
from shield_ai.flow.aws_plan import comparable
from shield_ai.flow.verify.check import Check, Status
from shield_ai.model.errors import AwsError, ShieldError
from shield_ai.project.python_source import digest
from shield_ai.rewrite.project.iam_policy import PATH as POLICY
from shield_ai.rewrite.project.runtime_copy import copies, unmodified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from shield_ai.aws.live.account import Account
    from shield_ai.flow.journal import Journal
    from shield_ai.model.finding import Finding
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.resource import Resource

    Read = Callable[[str], bytes | None]

SHOWN = 5  # of what is wrong, in one line


def verify_code(findings: Sequence[Finding], journal: Journal, read: Read) -> list[Check]:
    """Check that no secret is read around Secrets Manager, and that every file is as apply left it.

    Args:
        findings: Of a scan of the app as it is now.
        journal: Loaded.
        read: Gives the bytes of a file of the app.
    """
    left = [finding for finding in findings if finding.fixable]
    checks = [
        Check(
            name="every secret that can be moved is read with get_secret()",
            status=Status.FAILED if left else Status.OK,
            detail="; ".join(f"{f.path}:{f.line} {f.name}" for f in left[:5]),
            hint="shield apply" if left else "",
        )
    ]
    run = next((run for run in reversed(journal.run_ids()) if journal.open_steps(run, "file")), "")
    latest: dict[str, str] = {}
    for step in reversed(journal.open_steps(run, "file")):
        latest[step.what] = step.after
    if not latest:
        return [
            *checks,
            Check(
                name="files are as apply left them",
                status=Status.UNKNOWN,
                detail="no apply on record",
            ),
        ]
    changed = [path for path, after in latest.items() if digest(read(path) or b"") != after]
    checks.append(
        Check(
            name="files are as apply left them",
            status=Status.FAILED if changed else Status.OK,
            detail=", ".join(changed[:5]),
            hint="git diff shows what changed" if changed else "",
        )
    )
    return checks


def verify_runtime(manifest: Manifest, read: Read) -> Iterable[Check]:
    """Check that the vendored runtime, and what lies beside it, is ours, byte for byte.

    Args:
        manifest: Says where it is.
        read: Gives the bytes of a file of the app.
    """
    path = manifest.app.runtime
    if path == "package":
        return
    there = {place: raw for place in copies(path) if (raw := read(place)) is not None}
    wrong = [f"{place} was edited by hand" for place, raw in there.items() if not unmodified(raw)]
    wrong += [] if path in there else [f"{path} is not there"]
    good = not wrong
    yield Check(
        name="the vendored runtime is unchanged",
        status=Status.OK if good else Status.FAILED,
        detail=", ".join(wrong),
        hint="" if good else "shield apply writes it; an edited one must be removed first",
    )


def verify_policy(manifest: Manifest, account: str, read: Read) -> Iterable[Check]:
    """Check that the policy beside the app allows exactly what the app reads.

    Args:
        manifest: What is moved.
        account: The AWS account.
        read: Gives the bytes of a file of the app.
    """
    try:
        written = json.loads(read(POLICY) or b"null")
    except ValueError:
        written = None
    good = written == policy_document(manifest, account)
    yield Check(
        name="the IAM policy allows exactly these secrets",
        status=Status.OK if good else Status.FAILED,
        detail="" if good else _deviation(written, manifest),
        hint="" if good else "shield apply writes it; one written by hand is left alone",
    )


def _deviation(written: Any, manifest: Manifest) -> str:
    """Say what is wrong with a policy: that there is none, what in it reaches too far, or that it is another one."""
    if not isinstance(written, dict):
        return f"{POLICY} is {'missing' if written is None else 'another one'}"
    try:
        wide = find_broad_grants(
            written, [manifest.app.prefix + secret.name for secret in manifest.secret]
        )
    except (AttributeError, TypeError):  # no policy at all
        wide = []
    return f"{POLICY}: {'; '.join(wide[:3])}" if wide else f"{POLICY} is another one"


def verify_secrets(
    manifest: Manifest, values: Mapping[str, Hidden | AwsError], aws: Account
) -> Iterable[Check]:
    """Check that every secret holds what the app asks for.

    Args:
        manifest: What is moved.
        values: What was read, or why it was not, by the name in AWS.
        aws: The account.
    """
    for secret in manifest.secret:
        name = manifest.app.prefix + secret.name
        yield _secret(secret, name, values[name], aws)


def verify_resources(desired: Sequence[Resource], aws: Account) -> Iterable[Check]:
    """Look at everything beside the secrets as it is in AWS now; nothing where nothing should be there.

    Args:
        desired: How it should be.
        aws: The account.
    """
    if not desired:
        return
    wrong: list[str] = []
    unseen: list[ShieldError] = []
    in_order = sorted(desired, key=lambda resource: resource.kind)
    for kind, group in itertools.groupby(in_order, key=lambda resource: resource.kind):
        wanted = {resource.key: resource.settings for resource in group}
        try:
            found = aws.resources.read(wanted)
        except ShieldError as error:
            unseen.append(error)
            continue
        for key, settings in wanted.items():
            now = found[key]
            if now is None or comparable(kind, now) != comparable(kind, settings):
                wrong.append(
                    f"{kind} {key[1]} {'is not there' if now is None else 'is another one'}"
                )
    more = f" and {len(wrong) - SHOWN} more" if wrong[SHOWN:] else ""
    yield Check(
        name="policies, alarms and all else are in AWS as shield.toml asks",
        status=Status.FAILED if wrong else Status.UNKNOWN if unseen else Status.OK,
        detail="; ".join(wrong[:SHOWN]) + more if wrong else unseen[0].message if unseen else "",
        hint="shield plan shows what differs; shield apply --conflict replace puts it right"
        if wrong
        else unseen[0].hint
        if unseen
        else "",
    )


def _secret(secret: Secret, name: str, value: Hidden | AwsError, aws: Account) -> Check:
    title = f"{name} can be read"
    if isinstance(value, AwsError):
        return _unread(secret, title, name, value, aws)
    text = value.reveal()
    if not text:
        return Check(
            name=title, status=Status.FAILED, detail="it is empty", hint="give it a value in AWS"
        )
    lacking = _lacking(secret, text)
    if lacking:
        detail = f"it lacks {', '.join(lacking)}"
        return Check(name=title, status=Status.FAILED, detail=detail, hint="add the fields in AWS")
    return Check(name=title, status=Status.OK)


def _unread(secret: Secret, title: str, name: str, why: AwsError, aws: Account) -> Check:
    """Say why a secret was not read: that it is not there, AWS tells those alone who may look at it."""
    try:
        state = aws.secrets.state(name)
    except AwsError:
        return Check(name=title, status=Status.FAILED, detail=why.message, hint=why.hint)
    if state and not state.deleted:
        return Check(name=title, status=Status.FAILED, detail=why.message, hint=why.hint)
    if secret.optional and not state:
        return Check(
            name=title,
            status=Status.OK,
            detail="optional, not in AWS: the app's own default serves",
        )
    where = "is scheduled for deletion" if state else "is not in AWS"
    return Check(name=title, status=Status.FAILED, detail=where, hint="shield apply")


def _lacking(secret: Secret, text: str) -> list[str]:
    if secret.fields is None:
        return []
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    return [
        field for field in secret.fields if not isinstance(document, dict) or field not in document
    ]
