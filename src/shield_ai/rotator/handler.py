"""The entry of Lambda: Secrets Manager calls it four times for each rotation, and again after a failure."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from .errors import SetupError, SupersededError
from .interface import Rotation
from .secret import (
    CURRENT,
    PENDING,
    Store,
    connect,
)
from .selection import choose

if TYPE_CHECKING:
    from collections.abc import Mapping

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
log = logging.getLogger("shield_ai.rotator")
_clients: list[Any] = []  # a warm function keeps its client


# Lambda's signature
def handler(event: Mapping[str, Any], context: object) -> None:  # noqa: ARG001
    """Do one step."""
    if not _clients:
        _clients.append(connect())
    try:
        step, secret_id, token = (
            str(event[name]) for name in ("Step", "SecretId", "ClientRequestToken")
        )
    except KeyError as missing:
        raise SetupError(
            f"the event has no {missing.args[0]}: only Secrets Manager calls this function"
        ) from None
    run_step(Store(_clients[0], secret_id, event.get("RotationToken")), step, token, os.environ)


def run_step(
    store: Store, step: str, token: str, environ: Mapping[str, str], *, by_hand: bool = False
) -> None:
    """Check that the step may be done, and do it; it does nothing where its work is done already.

    Args:
        store: The secret.
        step: One of STEPS.
        token: The id of the version that is to become the current one.
        environ: The function's settings.
        by_hand: Not called by Secrets Manager: rotation need not be enabled, and createSecret makes the version.
    """
    if step not in STEPS:
        raise SetupError(f"unknown step {step}")
    rotation = Rotation(store, token, store.describe(), environ)
    if not _is_open(rotation, step, by_hand=by_hand):
        log.info("%s: version %s is current already", step, token)
        return
    if step == "createSecret":
        _create(rotation)
    else:
        strategy = choose(rotation.current(), environ)
        if step == "setSecret":
            strategy.set(rotation)
        elif step == "testSecret":
            strategy.test(rotation)
        else:
            with strategy.finishing(rotation):
                rotation.finish()
    log.info("%s: done for version %s of %s", step, token, store.secret_id)


def _is_open(rotation: Rotation, step: str, *, by_hand: bool) -> bool:
    """Make AWS's checks; say whether there is anything left to do."""
    state = rotation.state
    if not by_hand and not state.rotation_enabled:
        raise SetupError(f"rotation is not enabled for {rotation.store.secret_id}")
    stages = state.stages.get(rotation.token)
    if stages is not None and CURRENT in stages:
        return False
    if stages is None and by_hand and step == "createSecret":
        holder = state.holder(PENDING)
        if holder is not None and CURRENT not in state.stages[holder]:
            raise SupersededError(f"version {holder} is pending: resume that rotation or cancel it")
        return True
    if stages is None or PENDING not in stages:
        # AWS lists no version without a label, so that these two can't be told apart.
        raise SupersededError(
            f"version {rotation.token} is not pending: another rotation took over, or it never was"
        )
    return True


def _create(rotation: Rotation) -> None:
    if rotation.store.value(version=rotation.token, stage=PENDING) is not None:
        return
    current = rotation.current()
    value = choose(current, rotation.environ).new_value(rotation, current)
    rotation.store.put_pending(rotation.token, value)
