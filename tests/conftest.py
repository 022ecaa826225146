"""Fixtures that every test may use: an AWS emulator, a PostgreSQL, the sample app, and no real account anywhere near."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
from empty_account import use_empty_account
from hypothesis import HealthCheck, settings

from shield_ai.sandbox import (
    LocalAws,
    LocalPostgres,
    copy_sample,
    load_data,
    write_env,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shield_ai.model.hidden import Hidden

# On a busy machine, an example may take long; speeds are measured in bench/.
settings.register_profile(
    "explore", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=2000
)
# The suite tries the same examples each time; make properties looks for new ones.
settings.register_profile(
    "suite", parent=settings.get_profile("explore"), max_examples=100, derandomize=True
)
settings.load_profile("suite")
# A shell that starts the suite in the background ignores Ctrl-C for it, and every process of a test would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def no_real_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every AWS setting of the developer's own shell away, their profile and their instance's role included."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture(scope="session")
def state_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for the keys of journals, instead of the one in the developer's home."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(autouse=True)
def private_state(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the keys of journals in a folder of the test run."""
    monkeypatch.setenv("SHIELD_STATE_DIR", str(state_folder))


@pytest.fixture(scope="session")
def aws_server() -> Iterator[LocalAws]:
    """One AWS emulator for the run (for each worker); use `aws`, which empties it."""
    with LocalAws.start() as server:
        yield server


@pytest.fixture
def aws(aws_server: LocalAws, no_real_aws: None, monkeypatch: pytest.MonkeyPatch) -> LocalAws:
    """An empty AWS account, to which this process's environment points: `boto3.client("secretsmanager")` just works.

    A process that a test starts gets `aws.environment(os.environ)`.
    """
    use_empty_account(aws_server, monkeypatch)
    return aws_server


@pytest.fixture(scope="session")
def server_with_hooks() -> Iterator[LocalAws]:
    """Like `aws_server`, for functions that contain a hook; use `aws_with_hooks`."""
    with LocalAws.start(runs_hooks=True) as server:
        yield server


@pytest.fixture
def aws_with_hooks(
    aws: LocalAws, server_with_hooks: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> LocalAws:
    """Like `aws`, for functions that contain a hook."""
    use_empty_account(server_with_hooks, monkeypatch)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it has the key of the other server
    return server_with_hooks


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """One embedded PostgreSQL for the run (for each worker); a test makes roles and databases with names of its own."""
    with LocalPostgres.start() as server:
        yield server


@dataclass(frozen=True)
class Shop:
    """A copy of the storefront that works: see `shop`."""

    folder: Path
    secrets: dict[str, Hidden]  # what its .env holds, by variable


@pytest.fixture(scope="session")
def shop(postgres: LocalPostgres, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The storefront with a `.env` and two products in its database. Shared: copy the folder before changing it."""
    place = tmp_path_factory.mktemp("shop")
    folder = copy_sample(place / "storefront")
    secrets = write_env(folder, postgres)
    load_data(folder, {"PATH": os.environ["PATH"]}, place / "load.log")
    return Shop(folder, secrets)
