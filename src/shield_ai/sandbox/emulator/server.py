"""Start and stop the AWS emulator, and configure clients to use it."""

from __future__ import annotations

import http.client
import importlib.util
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from shield_ai.model.emulated import EMULATED
from shield_ai.model.errors import ShieldError
from shield_ai.model.installation import install_command
from shield_ai.sandbox.emulator import ACCOUNT, access
from shield_ai.sandbox.emulator.supervised import ServerProcess, SupervisedProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

HOST = "127.0.0.1"
REGION = "us-east-1"
REQUIREMENTS = ("moto", "flask", "flask_cors")
START_TIMEOUT = 20.0  # seconds
MAX_PORT = 65535


class LocalAws(ServerProcess):
    """An emulated AWS account on a loopback port, which is empty at the start.

    It answers only clients with its random access key ID, and does not enforce most policies.
    `deviations.py` lists the other differences from AWS.
    """

    def __init__(self, url: str, child: SupervisedProcess, access_key_id: str) -> None:
        self.url = url
        self.region = REGION
        self.account = ACCOUNT
        super().__init__(child)
        self.access_key_id = access_key_id
        self._secret_access_key = secrets.token_hex(20)

    @classmethod
    def start(cls, port: int = 0, *, runs_hooks: bool = False) -> Self:
        """Start the server and wait until it answers.

        Args:
            port: A loopback port, or 0 for a free one.
            runs_hooks: Run rotation functions that contain an app's hook.

        Raises:
            ShieldError: A package is missing, the port is taken, or the server does not start.
        """
        _require_packages()
        folder = Path(tempfile.mkdtemp(prefix="shield-aws-"))
        access_key_id = "LOCAL" + secrets.token_hex(8).upper()
        gateway = "shield_ai.sandbox.emulator.gateway"
        env = without_aws(os.environ) | {
            access.KEY_VARIABLE: access_key_id,
            access.HOOKS_VARIABLE: "true" if runs_hooks else "false",
        }
        try:
            with _listen(port) as sock:
                port = sock.getsockname()[1]
                fd = sock.fileno()
                child = SupervisedProcess(
                    "the AWS emulator",
                    [[sys.executable, "-P", "-m", gateway, str(fd)]],
                    log=folder / "aws.log",
                    env=env,
                    fds=[fd],
                    remove=[folder],
                )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        try:
            child.wait_until(lambda: _is_healthy(port), START_TIMEOUT)
        except BaseException:
            child.stop()
            raise
        return cls(f"http://{HOST}:{port}", child, access_key_id)

    def wait(self) -> int:
        """Wait until the server exits, and return its exit code."""
        return self._child.wait()

    def changed_secrets(self, regions: Iterable[str]) -> list[str]:
        """Return the names of the secrets whose value was replaced, sorted.

        Args:
            regions: The regions of the secrets.

        Raises:
            ShieldError: The AWS emulator does not answer.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return sorted({name for region in regions for name in self._changed_in(region)})
        except (BotoCoreError, ClientError):
            raise ShieldError("the AWS emulator does not answer: it may have exited") from None

    def _changed_in(self, region: str) -> Iterator[str]:
        pages = self.client("secretsmanager", region).get_paginator("list_secrets").paginate()
        for secret in (secret for page in pages for secret in page["SecretList"]):
            stages = secret.get("SecretVersionsToStages", {}).values()
            if any("AWSPREVIOUS" in version for version in stages):
                yield secret["Name"]

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a boto3 client of the AWS emulator, independent of environment variables."""
        import boto3
        from botocore.config import Config

        create: Any = boto3.client  # the type stubs accept only literal service names
        return create(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self._secret_access_key,
            config=Config(proxies={}),
        )

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return environment variables with which any AWS client uses only the AWS emulator.

        Args:
            base: Environment variables to add, except those of AWS; None for none.
        """
        return without_aws(base or {}) | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self._secret_access_key,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            **_without_proxy(base or os.environ),
        }


def without_aws(env: Mapping[str, str]) -> dict[str, str]:
    """Copy env vars without AWS's: a profile or a service's endpoint would take precedence."""
    return {name: value for name, value in env.items() if not name.startswith("AWS_")}


def _without_proxy(env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables with which clients use no proxy for the AWS emulator.

    Many clients read the name in lower case first.
    """
    names = ("no_proxy", "NO_PROXY") if "no_proxy" in env else ("NO_PROXY",)
    variables = {}
    for name in names:
        given = env.get(name) or env.get("no_proxy", "")
        hosts = [host for host in given.split(",") if host and host != HOST]
        variables[name] = ",".join([*hosts, HOST])
    return variables


def serve_forever(
    show: Callable[[str], None],
    port: int = 0,
    *,
    runs_hooks: bool = False,
    on_start: Callable[[], None] = lambda: None,
) -> None:
    """Run an AWS emulator until Ctrl-C.

    Args:
        show: Called with each shell command that configures a client.
        port: A loopback port, or 0 for a free one.
        runs_hooks: Run rotation functions that contain an app's hook.
        on_start: Called after the commands.

    Raises:
        ShieldError: The server exited unexpectedly.
    """
    with LocalAws.start(port, runs_hooks=runs_hooks) as aws:
        show("unset AWS_PROFILE AWS_SESSION_TOKEN")
        for name, value in aws.environment().items():
            show(f"export {name}={shlex.quote(value)}")
        on_start()
        try:
            code = aws.wait()
        except KeyboardInterrupt:
            return
    raise ShieldError(f"the AWS emulator exited unexpectedly (exit code {code})")


def run_beside(
    command: Sequence[str],
    port: int = 0,
    *,
    runs_hooks: bool = False,
    on_end: Callable[[LocalAws], None] = lambda _aws: None,
) -> int:
    """Run a command with the env vars of an AWS emulator, and return its exit code.

    For a command that a signal stops, this is 128 and the signal's number, as in a shell.

    Args:
        command: The program and its arguments.
        port: A loopback port, or 0 for a free one.
        runs_hooks: Run rotation functions that contain an app's hook.
        on_end: Called with the AWS emulator after the command, before it stops.

    Raises:
        ShieldError: The program can't be started.
    """
    with LocalAws.start(port, runs_hooks=runs_hooks) as aws:
        # Ctrl-C also reaches the command, which may continue, as a shell does. A handler is not
        # inherited by the command; SIG_IGN would be.
        before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
        try:
            env = aws.environment(os.environ) | {EMULATED: "true"}
            code = subprocess.Popen(command, env=env).wait()
        except OSError as error:
            raise ShieldError(
                f"can't run {command[0]}: {error.strerror}", "give a program, for example bash"
            ) from None
        finally:
            signal.signal(signal.SIGINT, before)
        on_end(aws)
        return code if code >= 0 else 128 - code


def _require_packages() -> None:
    missing = [name for name in REQUIREMENTS if importlib.util.find_spec(name) is None]
    if missing:
        raise ShieldError(
            f"the AWS emulator requires {', '.join(missing)}",
            f"run {install_command('local')}",
        )


def _listen(port: int) -> socket.socket:
    if not 0 <= port <= MAX_PORT:
        raise ShieldError(
            f"{port} is not a port number", f"use 1 to {MAX_PORT}, or 0 for a free port"
        )
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise ShieldError(
            f"can't listen on {HOST}:{port}: {error.strerror}",
            "use another port, or 0 for a free one",
        ) from None


def _is_healthy(port: int) -> bool | None:
    """Return True if the server answers; None if it does not answer yet."""
    connection = http.client.HTTPConnection(HOST, port, timeout=START_TIMEOUT)
    try:
        connection.request("GET", "/_local/health")
        is_ok = connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return True if is_ok else None
