"""What would be done, to the code and in AWS: pure, and without a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.aws_plan import (
    PlanInputs,
    lacking_of,
    origins_of,
    resource_changes,
    secret_change,
)
from shield_ai.model.edit import Edit, Skipped
from shield_ai.model.manifest import render
from shield_ai.model.naming import MANIFEST
from shield_ai.model.plan import Change, Plan
from shield_ai.project.python_source import file_change
from shield_ai.rewrite.project.iam_policy import policy_file
from shield_ai.rewrite.project.registry import app_files
from shield_ai.rewrite.python.pipeline import code

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.model.edit import FileChange
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.resource import Live
    from shield_ai.rewrite import HasFolder, Read
    from shield_ai.rewrite.python.literals import Removal


def plan(  # noqa: PLR0913  # each is a different thing that a plan is made from
    manifest: Manifest,
    findings: Sequence[Finding],
    *,
    read: Read,
    live: Live | None,
    available: Mapping[str, str],
    has_folder: HasFolder,
    accessor_import: str,
    constants: Sequence[Finding] = (),
    calls: Sequence[tuple[str, int, int]] = (),
    known: PlanInputs | None = None,
    removal: Removal | None = None,
) -> Plan:
    """Work out every edit and every AWS change.

    Args:
        manifest: What is to be moved; not yet written to shield.toml if that is part of the plan.
        findings: Of the whole app.
        read: Gives the bytes of a file of the app, None where there is none.
        live: The account; None to leave AWS out.
        available: Variable → locator, for each that has a value in some source.
        has_folder: Tells whether the app has a folder.
        constants: What stayed in the code of secrets that were moved already.
        calls: Path, line and column of each call of the runtime.
        known: What else the AWS half is made from.
        accessor_import: The line that imports `get_secret` in this app; empty to leave the code alone.
        removal: Takes the literals out of the code; None: they stay as defaults.

    Raises:
        AwsError: A secret's name is taken by something scheduled for deletion that is not ours.
        UnsafePlanError: A secret's name is taken by another app.
        SourceError: A file can't be read or parsed.
    """
    files: list[FileChange] = []
    skipped: list[Skipped] = []
    taken: list[str] = []
    if accessor_import:
        done = code(manifest, findings, calls, read, accessor_import, removal)
        files, skipped, taken = [*done.files, *_manifest(manifest, read)], done.skipped, done.taken
        if manifest.secret:
            module = accessor_import.split()[1]
            others, left = app_files(
                read,
                manifest,
                has_folder=has_folder,
                module=module,
                fields=done.fields,
                engines=done.engines,
            )
            files += others
            skipped += left
    changes: list[Change] = []
    known = known or PlanInputs()
    missing: list[str] = []
    if live:
        cloud = known.target or manifest
        # the file beside the app is for the app as it is without an environment
        if cloud is manifest:
            written, left = policy_file(read, manifest, live.account)
            files += written
            skipped += left
        for secret in manifest.secret:
            origins, left = origins_of(
                secret, [*findings, *constants], available, read, known.last_resort
            )
            skipped += left
            lacking = lacking_of(secret, origins, findings)
            change = secret_change(secret, cloud, live, () if lacking else origins, known)
            if change:
                changes.append(change)
            elif lacking:
                missing.append(f"{secret.name} ({', '.join(lacking)})")
            else:
                skipped.append(
                    Skipped(
                        path=MANIFEST, line=0, name=secret.name, reason="optional, and has no value"
                    )
                )
        changes += resource_changes(live, known)
    return Plan(
        app=manifest.app.name,
        account=live.account if live else "",
        region=live.region if live else "",
        files=tuple(sorted(files, key=lambda file: file.path)),
        changes=tuple(changes),
        skipped=tuple(skipped),
        missing=tuple(missing),
        dotenv=removal.taken(taken) if removal else (),
    )


def _manifest(manifest: Manifest, read: Read) -> list[FileChange]:
    """Write shield.toml, or add to it."""
    old = read(MANIFEST)
    text = render(manifest, old.decode() if old else "")
    if not manifest.secret or (old is not None and text.encode() == old):
        return []
    addition = text if old is None else text[len(old.decode()) :]
    at = len(old or b"")
    return [
        file_change(MANIFEST, old, [Edit(path=MANIFEST, start=at, end=at, replacement=addition)])
    ]
