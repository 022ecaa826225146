"""The Lambda handler, which Secrets Manager calls for each step and again after a failure."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from .errors import SetupError, SupersededError
from .interface import Rotation
from .secret import CURRENT, PENDING, Store, create_client
from .selection import select_strategy

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
log = logging.getLogger("shield_ai.rotator")
_clients: list[Any] = []  # reused by later invocations of the same execution environment


def handler(event: Mapping[str, Any], context: object) -> None:  # noqa: ARG001  # Lambda's signature
    """Run one step of a rotation."""
    if not _clients:
        _clients.append(create_client())
    for key in ("Step", "SecretId", "ClientRequestToken"):
        if key not in event:
            raise SetupError(
                f"the event has no {key}: this function must be called by Secrets Manager"
            )
    store = Store(_clients[0], str(event["SecretId"]), event.get("RotationToken"))
    run_step(store, str(event["Step"]), str(event["ClientRequestToken"]), os.environ)


def run_step(
    store: Store, step: str, token: str, environ: Mapping[str, str], *, is_manual: bool = False
) -> None:
    """Run one step of a rotation, unless the new version is already current.

    Args:
        store: The secret.
        step: One of STEPS.
        token: The id of the new version.
        environ: The environment variables of the Lambda function.
        is_manual: True for calls from outside Secrets Manager. Rotation need not be enabled for the
            secret, and the version need not exist: createSecret creates it.

    Raises:
        RotationError: The step failed.
    """
    if step not in STEPS:
        raise SetupError(f"unknown step {step}")
    rotation = Rotation(store, token, store.describe(), environ)
    if not is_manual:
        _require_enabled(rotation)
    if _is_current(rotation):
        log.info("%s: version %s is already current", step, token)
        return
    _check_version(rotation, step, is_manual=is_manual)
    if step == "createSecret":
        _create_version(rotation)
    else:
        strategy = select_strategy(rotation.current_value(), environ)
        if step == "setSecret":
            strategy.set(rotation)
        elif step == "testSecret":
            strategy.test(rotation)
        else:
            with strategy.finishing(rotation):
                rotation.finish()
    log.info("%s: done for version %s of %s", step, token, store.secret_id)


def _require_enabled(rotation: Rotation) -> None:
    if not rotation.state.rotation_enabled:
        raise SetupError(f"rotation is not enabled for {rotation.store.secret_id}")


def _is_current(rotation: Rotation) -> bool:
    return CURRENT in rotation.state.stages.get(rotation.token, ())


def _check_version(rotation: Rotation, step: str, *, is_manual: bool) -> None:
    """Require that the version is pending, as AWS's own rotation functions do.

    For a manual createSecret without the version, require that no other version is pending.
    """
    state = rotation.state
    stages = state.stages.get(rotation.token)
    if stages is None and is_manual and step == "createSecret":
        pending = state.version_with(PENDING)
        if pending is not None and CURRENT not in state.stages[pending]:
            raise SupersededError(
                f"version {pending} is pending: resume that rotation or cancel it"
            )
    elif stages is None or PENDING not in stages:
        # AWS does not list versions without a staging label, so both causes have the same result
        raise SupersededError(
            f"version {rotation.token} is not pending: another rotation took over, "
            "or it never existed"
        )


def _create_version(rotation: Rotation) -> None:
    if rotation.store.get_value(version=rotation.token, stage=PENDING) is not None:
        return
    current = rotation.current_value()
    value = select_strategy(current, rotation.environ).new_value(rotation, current)
    rotation.store.put_pending(rotation.token, value)
