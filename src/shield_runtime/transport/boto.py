"""Calls through boto3, or through botocore if the app has not imported boto3."""

from __future__ import annotations

import gc
import logging
import os
import sys
from contextvars import ContextVar

from botocore.config import Config

from .. import process
from ..request import CURRENT

# Not `from . import limits`: in a background thread, that statement waits while the main thread
# imports the app's package.
from .limits import ATTEMPTS, CONNECT_TIMEOUT, READ_TIMEOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

MAX_CONNECTIONS = 32
DEFAULT_REGION = "us-east-1"

is_calling: ContextVar[bool] = ContextVar("shield_runtime_is_calling", default=False)
# One item for each client that is being created with garbage collection paused.
gc_pauses: list[bool] = []


def _outside_our_calls(_record: object) -> bool:
    """Drop the SDK's log records during our calls: at level DEBUG, they contain the value."""
    return not is_calling.get()


def _resume_gc_in_child() -> None:
    if gc_pauses:
        gc_pauses.clear()
        gc.enable()


process.child_resets.append(_resume_gc_in_child)


class _GcPause:
    """Pause garbage collection while the SDK creates 100,000 objects that it keeps."""

    def __enter__(self) -> None:
        self._collects = bool(gc_pauses) or gc.isenabled()
        if self._collects:
            gc_pauses.append(True)
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._collects:
            gc_pauses.pop()
            if not gc_pauses:
                gc.enable()


class Boto:
    """The SDK's client of Secrets Manager, with short timeouts."""

    def __init__(self) -> None:
        with _GcPause():
            self.client: Any = _create_client()
        self.region: str = self.client.meta.region_name
        for name in _botocore_loggers():
            logging.getLogger(name).addFilter(_outside_our_calls)

    def fetch(self, secret_id: str, stage: str, *, refresh: bool) -> Any:  # noqa: ARG002
        """Call GetSecretValue."""
        token = is_calling.set(True)
        try:
            if stage == CURRENT:
                return self.client.get_secret_value(SecretId=secret_id)
            return self.client.get_secret_value(SecretId=secret_id, VersionStage=stage)
        finally:
            is_calling.reset(token)

    def fetch_many(self, secret_ids: list[str]) -> Any:
        """Call BatchGetSecretValue."""
        token = is_calling.set(True)
        try:
            return self.client.batch_get_secret_value(SecretIdList=secret_ids)
        finally:
            is_calling.reset(token)


def _create_client() -> Any:
    # With the SDK's default timeouts, a call can hang for minutes.
    config = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
        max_pool_connections=MAX_CONNECTIONS,
        user_agent_extra="shield-ai",
    )
    boto3 = sys.modules.get("boto3")
    # While another thread imports boto3, the module has no client() yet.
    if boto3 is not None and hasattr(boto3, "client"):
        # The app may have replaced or configured boto3's Session.
        session = boto3.session.Session()
        create, region = session.client, session.region_name
    else:
        # botocore, which boto3 is based on, loads faster.
        from botocore.session import Session

        session = Session()
        # botocore would list the folders of its 400 services to check that this one exists.
        loader = session.get_component("data_loader")
        loader.list_available_services = lambda _kind: ["secretsmanager"]
        create, region = session.create_client, session.get_config_variable("region")
    region = os.environ.get("AWS_REGION") or region or DEFAULT_REGION
    return create("secretsmanager", region_name=region, config=config)


def _botocore_loggers() -> Iterator[str]:
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("botocore"):
            yield name
