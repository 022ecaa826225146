"""The embedded AWS, held by this process: start it, point clients at it, stop it."""

from __future__ import annotations

import http.client
import importlib.util
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from shield_ai.model.errors import ShieldError
from shield_ai.sandbox.emulator.supervised import Child, Running

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "123456789012"  # moto's
NEEDS = ("moto", "flask", "flask_cors")
READY = 20.0


class LocalAws(Running):
    """An AWS account on a free loopback port, empty at the start and gone at the end.

    It takes any credentials and asks nobody's permission: what a policy allows can't be tried out here. `rules.py`
    lists the other points in which it is not AWS.
    """

    def __init__(self, url: str, child: Child) -> None:
        self.url = url
        self.region = REGION
        self.account = ACCOUNT
        super().__init__(child)
        self._key = ("LOCAL" + secrets.token_hex(8).upper(), secrets.token_hex(20))

    @classmethod
    def start(cls, port: int = 0) -> Self:
        """Start it and wait until it answers.

        Args:
            port: A loopback port; 0 takes a free one.
        """
        missing = [name for name in NEEDS if importlib.util.find_spec(name) is None]
        if missing:
            raise ShieldError(
                f"the embedded AWS needs {', '.join(missing)}, not installed here",
                hint=f"{sys.executable} -m pip install 'shield-ai[cli,local]'",
            )
        folder = Path(tempfile.mkdtemp(prefix="shield-aws-"))
        try:
            with _listen(port) as sock:
                number = sock.getsockname()[1]
                child = Child(
                    "the embedded AWS",
                    [
                        [
                            sys.executable,
                            "-P",
                            "-m",
                            "shield_ai.sandbox.emulator.gateway",
                            str(sock.fileno()),
                        ]
                    ],
                    log=folder / "aws.log",
                    env=without_aws(os.environ),
                    fds=[sock.fileno()],
                    remove=[folder],
                )
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        try:
            child.wait_until(lambda: _answers(number), READY)
        except BaseException:
            child.stop()
            raise
        return cls(f"http://{HOST}:{number}", child)

    def wait(self) -> int:
        """Wait until it ends by itself."""
        return self._child.wait()

    def client(self, service: str) -> Any:
        """Return boto3's client for a service here, whatever this process's environment says."""
        import boto3  # costs half a second, and few need it

        make: Any = boto3.client  # the stubs know no service by a variable
        return make(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self._key[0],
            aws_secret_access_key=self._key[1],
        )

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return what points any AWS client here, and at nothing else.

        Args:
            base: An environment to build upon: everything of AWS is taken out of it first. None: only our variables.
        """
        hosts = [
            entry
            for entry in (base or os.environ).get("NO_PROXY", "").split(",")
            if entry and entry != HOST
        ]
        return without_aws(base or {}) | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": self._key[0],
            "AWS_SECRET_ACCESS_KEY": self._key[1],
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": ",".join([*hosts, HOST]),
        }


def without_aws(env: Mapping[str, str]) -> dict[str, str]:
    """Copy an environment without a word of AWS in it: a profile or an endpoint of one service would win over ours."""
    return {name: value for name, value in env.items() if not name.startswith("AWS_")}


def serve_forever(show: Callable[[str], None], port: int = 0) -> None:
    """Hold an embedded AWS open until Ctrl-C.

    Args:
        show: Takes the lines to print: the exports that point a shell here.
        port: A loopback port; 0 takes a free one.
    """
    with LocalAws.start(port) as aws:
        show("unset AWS_PROFILE AWS_SESSION_TOKEN")
        for name, value in aws.environment().items():
            show(f"export {name}={value}")
        try:
            code = aws.wait()
        except KeyboardInterrupt:
            return
    raise ShieldError(f"the embedded AWS ended by itself (exit code {code})")


def run_beside(command: Sequence[str], port: int = 0) -> int:
    """Run a command that finds an embedded AWS in its environment, and return its exit code; then AWS is gone.

    Args:
        command: The program and its arguments.
        port: A loopback port; 0 takes a free one.
    """
    with LocalAws.start(port) as aws:
        # Ctrl-C reaches the command, too, and it may go on: a shell does. By a handler from before it starts, which it
        # does not take over; what is ignored it would.
        before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
        try:
            return subprocess.Popen(command, env=aws.environment(os.environ)).wait()
        except OSError as error:
            raise ShieldError(
                f"can't run {command[0]}: {error.strerror}", hint="name a program, as bash"
            ) from None
        finally:
            signal.signal(signal.SIGINT, before)


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise ShieldError(
            f"can't listen on {HOST}:{port}: {error.strerror}",
            hint="give another port, or 0 for a free one",
        ) from None


def _answers(port: int) -> bool | None:
    connection = http.client.HTTPConnection(HOST, port, timeout=READY)
    try:
        connection.request("GET", "/_local/health")
        return connection.getresponse().status == http.client.OK or None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
