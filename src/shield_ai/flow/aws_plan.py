"""The AWS half of a plan: what should be there against what is there. Pure, and without a value."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from shield_ai.aws.desired.iam import MANAGED_BY, app_tags, uses_customer_key
from shield_ai.aws.desired.permissions import KMS_ACTIONS, PERMISSIONS
from shield_ai.aws.desired.secrets import secret_settings
from shield_ai.model.edit import Skipped
from shield_ai.model.environments import TAG
from shield_ai.model.errors import AwsError, UnsafePlanError
from shield_ai.model.finding import Kind, Shape
from shield_ai.model.plan import Action, Change, Origin
from shield_ai.model.rotation_policy import PUBLIC
from shield_ai.project.layout import is_example
from shield_ai.project.values import Values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.resource import Live, Resource, SecretState, Settings

    Read = Callable[[str], bytes | None]

_PERMISSIONS = {
    Action.CREATE: ("secretsmanager:CreateSecret", "secretsmanager:TagResource"),
    Action.RESTORE: ("secretsmanager:RestoreSecret", "secretsmanager:PutSecretValue"),
    Action.KEEP: ("secretsmanager:DescribeSecret",),
}


@dataclasses.dataclass(frozen=True)
class PlanInputs:
    """What the AWS half of a plan is made from beside shield.toml and the account."""

    target: Manifest | None = None  # shield.toml as it is for an environment; None: for none
    # what should be there beside the secrets, each after what it depends on
    desired: Sequence[Resource] = ()
    # How an earlier apply left each thing, oldest first: what differs from it was changed by somebody else.
    put: Mapping[tuple[str, str], Settings] = dataclasses.field(default_factory=dict)
    # Variable -> locator, for what no source has.
    last_resort: Mapping[str, str] = dataclasses.field(default_factory=dict)
    # Whether the value of a source is that of the current version: name, version, source -> "unchanged", …
    compare: Callable[[str, str, tuple[Origin, ...]], str] = lambda _name, _version, _origins: (
        "unknown"
    )
    # Whether a value that differs, or settings that somebody changed, may be overwritten: kind, name.
    replace: Callable[[str, str], bool] = lambda _kind, _name: False


def resource_changes(live: Live, known: PlanInputs) -> Iterator[Change]:
    """Compare each resource with what is there; take away what an earlier apply put and nobody asks for any more.

    Args:
        live: The account; `resources` has an entry for each that is asked for here.
        known: What should be there, and what was put.

    Raises:
        UnsafePlanError: Something with the same name was not made for this app.
    """
    for resource in known.desired:
        now = live.resources.get(resource.key)
        yield _change(resource.key, resource.settings, now, known)
    wanted = {resource.key for resource in known.desired}
    for key in reversed(list(known.put)):
        if (
            key not in wanted
            and key[0] != "secret"
            and (now := live.resources.get(key)) is not None
        ):
            yield _change(key, None, now, known)


def comparable(kind: str, settings: Settings) -> Settings:
    """Return what changes only by somebody's hand: AWS forgets an address that nobody confirms."""
    return {key: value for key, value in settings.items() if (kind, key) != ("topic", "emails")}


def _change(
    key: tuple[str, str], settings: Settings | None, now: Settings | None, known: PlanInputs
) -> Change:
    kind, name = key
    ours = known.put.get(key)
    if now and settings and now != settings and "tags" in settings:
        owner = _owner(f"{kind} {name}", now.get("tags", {}), settings["tags"])
        if not owner and ours is None:
            raise UnsafePlanError(
                f"{kind} {name} is there already, and was not made by shield",
                "rename or remove it, or set another name or prefix in shield.toml",
            )
    if now == settings:
        action = Action.KEEP
    elif now is None:
        action = Action.CREATE
    elif (
        ours is not None
        and comparable(kind, now) != comparable(kind, ours)
        and not known.replace(kind, name)
    ):
        action = Action.DRIFT
    else:
        action = Action.REMOVE if settings is None else Action.UPDATE
    return Change(
        action=action,
        resource=kind,
        name=name,
        permissions=PERMISSIONS[kind].for_action(action),
        settings=settings,
        before=now,
    )


def secret_change(
    secret: Secret, manifest: Manifest, live: Live, origins: tuple[Origin, ...], known: PlanInputs
) -> Change | None:
    """Say what becomes of one secret in AWS; None where nothing has a value for it."""
    name = manifest.app.prefix + secret.name
    state = live.secrets.get(name)
    owner = _owner(f"secret {name}", state.tags if state else {}, app_tags(manifest.app))
    if state and not state.deleted:
        return _existing(secret, manifest, state, origins, known) if owner else _keep(name)
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
        permissions=_PERMISSIONS[action] + _key(manifest),
        origins=origins,
        version=state.current if state else "",
        settings=secret_settings(secret, manifest),
        before=state.settings if state else None,
    )


def _owner(what: str, live: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Return the app that a thing was made for by us; empty where somebody else made it.

    Raises:
        UnsafePlanError: It was made for another app, or another environment.
    """
    if live.get("managed-by") != MANAGED_BY:
        return ""
    owner, theirs, ours = live.get("app", ""), live.get(TAG, ""), wanted.get(TAG, "")
    if owner and owner != wanted["app"]:
        hint = (
            f'set prefix = "{wanted["app"]}/"'
            if what.startswith("secret ")
            else "set another name or prefix"
        )
        raise UnsafePlanError(f"{what} belongs to the app {owner}", f"{hint} in shield.toml")
    if owner and theirs and theirs != ours:
        raise UnsafePlanError(
            f"{what} belongs to the environment {theirs}",
            f"give {ours or 'this one'} another prefix in shield.toml, or use --environment {theirs}",
        )
    return owner


def _keep(name: str) -> Change:
    return Change(
        action=Action.KEEP, resource="secret", name=name, permissions=_PERMISSIONS[Action.KEEP]
    )


def _existing(
    secret: Secret,
    manifest: Manifest,
    state: SecretState,
    origins: tuple[Origin, ...],
    known: PlanInputs,
) -> Change:
    """Say what becomes of a secret of ours that is there: its settings as they should be, its value by agreement.

    One without a value, as `shield export` makes them, gets the value of any source.
    """
    name = manifest.app.prefix + secret.name
    settings = secret_settings(secret, manifest)
    # Tags that somebody else has put on it are not ours to take away.
    settings["tags"] = {**state.tags, **settings["tags"]}
    ours = known.put.get(("secret", name))
    drifted = state.settings not in (settings, ours or state.settings)
    given = any(not origin.locator.startswith("generate:") for origin in origins)
    value = known.compare(name, state.current, origins) if given and state.current else ""
    differs = value in {"differs", "unknown"} and known.replace("secret", name)
    replaced = bool(origins) and (differs or not state.current)
    changed = state.settings != settings and (not drifted or known.replace("secret", name))
    action = Action.UPDATE if replaced or changed else Action.DRIFT if drifted else Action.KEEP
    return Change(
        action=action,
        resource="secret",
        name=name,
        permissions=_PERMISSIONS[Action.KEEP]
        + _needed(state.settings, settings, manifest, replaced=replaced)
        if action is Action.UPDATE
        else _PERMISSIONS[Action.KEEP],
        origins=origins if replaced else (),
        version=state.current,
        value=value,
        settings=settings if action is not Action.UPDATE or changed else state.settings,
        before=state.settings,
    )


def _key(manifest: Manifest) -> tuple[str, ...]:
    return KMS_ACTIONS if uses_customer_key(manifest.app) else ()


def _needed(
    now: Settings, settings: Settings, manifest: Manifest, *, replaced: bool
) -> tuple[str, ...]:
    keys = {
        "description": ("secretsmanager:UpdateSecret",),
        "kms_key": ("secretsmanager:UpdateSecret", *_key(manifest)),
        "tags": ("secretsmanager:TagResource",),
        "replicas": (
            "secretsmanager:ReplicateSecretToRegions",
            "secretsmanager:RemoveRegionsFromReplication",
        ),
    }
    value = (
        "secretsmanager:PutSecretValue",
        "secretsmanager:UpdateSecretVersionStage",
        *_key(manifest),
    )
    changed = [p for key in keys if now.get(key) != settings[key] for p in keys[key]]
    return tuple(dict.fromkeys([*(value if replaced else ()), *changed]))


def origins_of(
    secret: Secret,
    findings: Sequence[Finding],
    available: Mapping[str, str],
    read: Read,
    last_resort: Mapping[str, str],
) -> tuple[tuple[Origin, ...], list[Skipped]]:
    """Choose where each part of a secret comes from: a source that the user named, else the code, else a new value.

    Returns:
        The sources, and which values in the code were not taken because they contradict each other.
    """
    found: list[Origin] = []
    disputed: list[Skipped] = []
    values = 0  # that somebody gave
    for variable, field in secret.variables().items():
        here = [] if variable in available else list(_in_code(secret, variable, field, findings))
        other = _contradiction([locator for _, locator in here], read)
        if variable in available:
            found.append(Origin(locator=available[variable], field=field))
            values += 1
        elif other:
            (first, _), (second, _) = here[0], here[other]
            reason = (
                f"{first.path}:{first.line} has another value: give the right one with --env-file"
            )
            disputed.append(
                Skipped(path=second.path, line=second.line, name=variable, reason=reason)
            )
        elif here:
            found.append(Origin(locator=here[0][1], field=field))
            values += here[0][0].site is not None and here[0][0].site.shape is Shape.LITERAL
    if secret.optional and not values:
        found.clear()  # defaults alone are no secret
    if not found and secret.kind is Kind.DJANGO_SECRET_KEY:
        found.append(Origin(locator=f"generate:{secret.kind}"))
    held = {origin.field for origin in found}
    for variable, field in secret.variables().items():
        if field not in held and secret.generate and field in {"", "password"}:
            found.append(Origin(locator="generate:password", field=field))
        elif (
            field not in held
            and not secret.optional
            and not disputed
            and (last := last_resort.get(variable))
        ):
            found.append(Origin(locator=last, field=field))
    return tuple(found), disputed


def _contradiction(locators: Sequence[str], read: Read) -> int:
    """Return the place of the first value that is not the same as the first; 0 where all are."""
    if len(locators) < 2:  # nothing to compare
        return 0
    values = Values({}, {}, read)
    first = values.resolve(locators[0])
    return next((i for i, locator in enumerate(locators) if values.resolve(locator) != first), 0)


def lacking_of(
    secret: Secret, origins: tuple[Origin, ...], findings: Sequence[Finding]
) -> list[str]:
    """Name the variables that have no value although the app needs one."""
    held = {origin.field for origin in origins}
    lacking = [variable for variable, field in secret.variables().items() if field not in held]
    if secret.optional and len(lacking) == len(secret.variables()):
        return []
    reads = [f.site for f in findings if f.site and f.site.shape in {Shape.READ, Shape.FIELD}]
    spared = {
        site.variable
        for site in reads
        if site.optional and (site.default_ok_in_production or not site.default_literal)
    }
    return [variable for variable in lacking if variable not in spared]


def _in_code(
    secret: Secret, variable: str, field: str, findings: Sequence[Finding]
) -> Iterator[tuple[Finding, str]]:
    """Locate the literals, and the defaults of fields that are no secrets: a database's name, user, host or port.

    Never a literal Django key, which everybody who has the code knows, nor the default of a password, nor what stands
    in settings that are there to be copied.
    """
    for finding in findings if secret.kind is not Kind.DJANGO_SECRET_KEY else ():
        site = finding.site
        if site is None or site.variable != variable or site.reason or is_example(finding.path):
            continue
        if site.shape is Shape.LITERAL:
            yield finding, f"code:{finding.path}#{site.start}-{site.end}"
        elif field in PUBLIC and site.default_end:
            yield finding, f"code:{finding.path}#{site.default_start}-{site.default_end}"
