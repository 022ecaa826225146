"""What would be done, to the code and in AWS: pure, and without a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.errors import AwsError, UnsafePlanError
from shield_ai.fixers.app import app_files
from shield_ai.fixers.policy import policy_file
from shield_ai.fixers.python import rewrite
from shield_ai.fixers.rename import rename
from shield_ai.manifest import FILE, render
from shield_ai.model import Action, Change, Edit, Kind, Origin, Plan, Shape, Skipped
from shield_ai.source import Source, file_change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.fixers import HasFolder, Read
    from shield_ai.manifest import Manifest, Secret
    from shield_ai.model import FileChange, Finding, Live

MANAGED_BY = "shield-ai"
_PERMISSIONS = {
    Action.CREATE: "secretsmanager:CreateSecret",
    Action.RESTORE: "secretsmanager:RestoreSecret",
    Action.KEEP: "secretsmanager:DescribeSecret",
}


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
        accessor_import: The line that imports `get_secret` in this app; empty to leave the code alone.

    Raises:
        AwsError: A secret's name is taken by something scheduled for deletion that is not ours.
        UnsafePlanError: A secret's name is taken by another app.
        SourceError: A file can't be read or parsed.
    """
    files: list[FileChange] = []
    skipped: list[Skipped] = []
    if accessor_import:
        files, skipped = _code(manifest, findings, calls, read, accessor_import)
    if accessor_import and manifest.secret:
        others, left = app_files(read, manifest, has_folder=has_folder, module=accessor_import.split()[1])
        files += others
        skipped += left
    changes: list[Change] = []
    missing: list[str] = []
    if live:
        written, left = policy_file(read, manifest, live.account)
        files += written
        skipped += left
        for secret in manifest.secret:
            origins = _origins(secret, [*findings, *constants], available)
            change = _secret(secret, manifest, live, origins)
            lacking = _lacking(secret, origins, findings)
            if change and (change.action is Action.KEEP or not lacking):
                changes.append(change)
            elif lacking:
                missing.append(f"{secret.name} ({', '.join(lacking)})")
            else:
                skipped.append(Skipped(path=FILE, line=0, name=secret.name, reason="optional, and has no value"))
    return Plan(
        app=manifest.app.name,
        account=live.account if live else "",
        region=live.region if live else "",
        files=tuple(sorted(files, key=lambda file: file.path)),
        changes=tuple(changes),
        skipped=tuple(skipped),
        missing=tuple(missing),
    )


def _code(
    manifest: Manifest,
    findings: Sequence[Finding],
    calls: Sequence[tuple[str, int, int]],
    read: Read,
    accessor_import: str,
) -> tuple[list[FileChange], list[Skipped]]:
    """Rewrite each Python file that has findings, rename what shield.toml renames, and write shield.toml."""
    files: list[FileChange] = []
    skipped: list[Skipped] = []
    sites: dict[str, list[Finding]] = {}
    places: dict[str, list[tuple[int, int]]] = {}
    for finding in findings:
        if finding.site:
            sites.setdefault(finding.path, []).append(finding)
    for path, line, column in calls:
        places.setdefault(path, []).append((line, column))
    for path in sorted({*sites, *places}):
        raw = read(path) or b""
        source = Source.from_bytes(path, raw)
        rewritten = rewrite(source, sites.get(path, []), manifest, accessor_import)
        skipped += rewritten.skipped
        edits = [*rewritten.edits, *rename(source, places.get(path, []), manifest)]
        if edits:
            files.append(file_change(path, raw, edits, source.encoding))
    if not manifest.secret:
        return files, skipped
    old = read(FILE)
    text = render(manifest, old.decode() if old else "")
    if old is None or text.encode() != old:
        addition = text if old is None else text[len(old.decode()) :]
        at = len(old or b"")
        files.append(file_change(FILE, old, [Edit(path=FILE, start=at, end=at, replacement=addition)]))
    return files, skipped


def _secret(secret: Secret, manifest: Manifest, live: Live, origins: tuple[Origin, ...]) -> Change | None:
    """Say what becomes of one secret in AWS; None where nothing has a value for it."""
    name = manifest.app.prefix + secret.name
    state = live.secrets.get(name)
    owner = state.tags.get("app", "") if state and state.tags.get("managed-by") == MANAGED_BY else ""
    if owner and owner != manifest.app.name:
        raise UnsafePlanError(
            f"secret {name} belongs to the app {owner}", f'set prefix = "{manifest.app.name}/" in shield.toml'
        )
    if state and not state.deleted:
        return Change(action=Action.KEEP, resource="secret", name=name, permission=_PERMISSIONS[Action.KEEP])
    if state and not owner:
        raise AwsError(
            f"secret {name} is scheduled for deletion, and was not made by shield for {manifest.app.name}",
            "restore it with aws secretsmanager restore-secret, or set another prefix in shield.toml",
        )
    if not origins:
        return None
    action = Action.RESTORE if state else Action.CREATE
    return Change(
        action=action,
        resource="secret",
        name=name,
        permission=_PERMISSIONS[action],
        origins=origins,
        kms_key=manifest.app.kms_key,
        description=secret.description or f"{secret.kind} of {manifest.app.name}",
        tags={**manifest.app.tags, "app": manifest.app.name, "managed-by": MANAGED_BY},
    )


def _origins(secret: Secret, findings: Sequence[Finding], available: Mapping[str, str]) -> tuple[Origin, ...]:
    """Choose where each part of a secret comes from: a source that the user named, else the code, else a new value."""
    found: list[Origin] = []
    for variable, field in secret.variables().items():
        locator = available.get(variable) or _in_code(secret, variable, field, findings)
        if locator:
            found.append(Origin(locator=locator, field=field))
    if not found and secret.kind is Kind.DJANGO_SECRET_KEY:
        found.append(Origin(locator=f"generate:{secret.kind}"))
    return tuple(found)


def _lacking(secret: Secret, origins: tuple[Origin, ...], findings: Sequence[Finding]) -> list[str]:
    """Name the variables that have no value although the app needs one."""
    held = {origin.field for origin in origins}
    lacking = [variable for variable, field in secret.variables().items() if field not in held]
    if secret.optional and len(lacking) == len(secret.variables()):
        return []
    reads = [f.site for f in findings if f.site and f.site.shape is Shape.READ]
    spared = {site.variable for site in reads if site.optional and (site.spare or not site.default_literal)}
    return [variable for variable in lacking if variable not in spared]


def _in_code(secret: Secret, variable: str, field: str, findings: Sequence[Finding]) -> str:
    """Locate a literal, or the default of a database's name, user, host or port.

    Never a literal Django key, which everybody who has the code knows, nor the default of a password.
    """
    if secret.kind is Kind.DJANGO_SECRET_KEY:
        return ""
    for finding in findings:
        site = finding.site
        if site is None or site.variable != variable or site.reason:
            continue
        if site.shape is Shape.LITERAL:
            return f"code:{finding.path}#{site.start}-{site.end}"
        if field and field != "password" and site.default_end:
            return f"code:{finding.path}#{site.default_start}-{site.default_end}"
    return ""
