"""ministack, a second emulator of AWS: it evaluates alarms, routes events and enforces IAM, which moto does not.

In which points it is not AWS, and what we do about them:

- It has no services that send events of their own, and takes events of `aws.*` from nobody, as AWS does: `send` lets our
  tests play the service.
- An alarm is looked at when a metric comes in or is asked for, over all of its time at once: it knows neither
  `TreatMissingData` nor that two periods in a row must breach.
- A rule in the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS gets nothing: tests enable it plainly.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REGION = "us-east-1"
ACCOUNT = "000000000000"
START = """
import ministack.services.eventbridge as events
events._put_events.__defaults__ = (True,)
from ministack.app import main
main()
"""


class Ministack:
    """The emulator in a process of its own, on loopback."""

    def __init__(self, folder: Path, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            **settings,
        }
        with (folder / "ministack.log").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", START],
                env=env,
                cwd=folder,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.02)  # until it listens; nothing tells us
        raise RuntimeError((folder / "ministack.log").read_text()[-2000:])

    def environment(self) -> dict[str, str]:
        """What points a process at it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def client(self, service: str) -> object:
        """A client of it."""
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, aws_access_key_id="test", aws_secret_access_key="test")  # fmt: skip

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def send(events: object, detail_type: str, detail: Mapping[str, object]) -> None:
    """Play the service that sends an event."""
    import json

    entry = {
        "Source": "aws.secretsmanager",
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
    }
    answer = events.put_events(Entries=[entry])  # type: ignore[attr-defined]
    assert not answer["FailedEntryCount"], answer
