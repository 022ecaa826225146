"""Plan the changes in AWS: compare the desired settings with the live ones. Does no I/O."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from shield_ai.flow.plan.ownership import find_owner
from shield_ai.model.errors import UnsafePlanError
from shield_ai.model.plan import Action, Change, ValueState
from shield_ai.model.resource import SECRET_KIND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from shield_ai.model.locator import Locator
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.plan import Origin
    from shield_ai.model.resource import Live, Resource, Settings


def _unknown_value(_name: str, _version: str, _origins: tuple[Origin, ...]) -> ValueState:
    return ValueState.UNKNOWN


def _has_any_value(_origin: Origin, _text: str) -> bool:
    return True


def _unknown_current_value(_variable: str, _text: str) -> bool | None:
    return None


def _never_overwrite(_kind: str, _name: str) -> bool:
    return False


@dataclasses.dataclass(frozen=True, kw_only=True)
class AwsInputs:
    """The inputs of the AWS part of a plan, besides shield.toml and the findings.

    Args:
        live: The state of the account. Its `resources` include each desired and each applied key.
        available: The locator of each variable that has a value in a source.
        renamed: The locator of each variable whose secret has another name in AWS.
        notes: What the user must know about the renamed secrets.
        prompts: The locator of each variable that the user can be prompted for, if no source has
            a value.
        target: shield.toml with the settings of the environment; None: no environment.
        desired: The desired resources besides the secrets, each after what it depends on.
        last_applied: The settings that apply last gave to each secret and resource, oldest first.
            Live settings that differ from them were changed manually.
        compare_value: Compares the value of the origins with a version in AWS: takes the secret's
            name, the version and the origins.
        has_value: Returns whether the value of an origin equals a text.
        has_current_value: Takes a variable and a text. Returns whether AWS now has the text as the
            value of the variable; None if its secret can't be read.
        may_overwrite: Returns, by kind and name, whether to overwrite a different value or
            settings that were changed manually.
    """

    live: Live
    available: Mapping[str, Locator] = dataclasses.field(default_factory=dict)
    renamed: Mapping[str, Locator] = dataclasses.field(default_factory=dict)
    notes: Sequence[str] = ()
    prompts: Mapping[str, Locator] = dataclasses.field(default_factory=dict)
    target: Manifest | None = None
    desired: Sequence[Resource] = ()
    last_applied: Mapping[tuple[str, str], Settings] = dataclasses.field(default_factory=dict)
    compare_value: Callable[[str, str, tuple[Origin, ...]], ValueState] = _unknown_value
    has_value: Callable[[Origin, str], bool] = _has_any_value
    has_current_value: Callable[[str, str], bool | None] = _unknown_current_value
    may_overwrite: Callable[[str, str], bool] = _never_overwrite


def resource_changes(inputs: AwsInputs) -> Iterator[Change]:
    """Plan the resources: create or update the desired ones, remove those no longer desired.

    Args:
        inputs: What the plan depends on.

    Raises:
        UnsafePlanError: A resource with the same name exists and was not created for this app.
    """
    desired = {resource.key: resource.settings for resource in inputs.desired}
    for key, settings in desired.items():
        yield _resource_change(key, settings, inputs)
    for key in reversed(resource_keys(inputs.last_applied)):
        if key not in desired and inputs.live.resources.get(key) is not None:
            yield _resource_change(key, None, inputs)


def resource_keys(applied: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the kinds and names of what was applied, without the secrets."""
    return [key for key in applied if key[0] != SECRET_KIND]


def comparable_settings(kind: str, settings: Settings) -> Settings:
    """Return the settings without those that AWS changes by itself.

    AWS removes an e-mail address from a topic if its owner does not confirm it.
    """
    return {key: value for key, value in settings.items() if (kind, key) != ("topic", "emails")}


def _resource_change(key: tuple[str, str], settings: Settings | None, inputs: AwsInputs) -> Change:
    kind, name = key
    current = inputs.live.resources.get(key)
    _require_own_resource(key, settings, current, inputs)
    action = _resource_action(key, settings, current, inputs)
    return Change(
        action=action,
        resource=kind,
        name=name,
        permissions=_permissions(kind, action),
        settings=settings,
        before=current,
    )


def _permissions(kind: str, action: Action) -> tuple[str, ...]:
    from shield_ai.aws.live.kinds.registry import KINDS  # imports botocore, which is slow

    return KINDS[kind].permissions.for_action(action)


def _require_own_resource(
    key: tuple[str, str], settings: Settings | None, current: Settings | None, inputs: AwsInputs
) -> None:
    """Require that a resource that would be updated was created by shield for this app.

    Raises:
        UnsafePlanError: The resource was created by something else.
    """
    kind, name = key
    if not current or not settings or current == settings or "tags" not in settings:
        return
    owner = find_owner(f"{kind} {name}", current.get("tags", {}), settings["tags"])
    if not owner and inputs.last_applied.get(key) is None:
        raise UnsafePlanError(
            f"{kind} {name} already exists, and was not created by shield",
            "rename or remove it, or set another name or prefix in shield.toml",
        )


def _resource_action(
    key: tuple[str, str], settings: Settings | None, current: Settings | None, inputs: AwsInputs
) -> Action:
    if current == settings:
        return Action.KEEP
    if current is None:
        return Action.CREATE
    kind, name = key
    applied = inputs.last_applied.get(key)
    has_drifted = applied is not None and comparable_settings(kind, current) != comparable_settings(
        kind, applied
    )
    if has_drifted and not inputs.may_overwrite(kind, name):
        return Action.DRIFT
    return Action.REMOVE if settings is None else Action.UPDATE
