"""ministack, an AWS emulator that evaluates alarms, routes events and enforces IAM, unlike moto.

It differs from AWS in these points:

- Its services send no events, and like AWS it rejects events from a source `aws.*`. START patches
  it, so that `send` can send an event in the name of a service.
- It evaluates an alarm when a metric is stored or read, over the whole time at once. It ignores
  `TreatMissingData` and the number of consecutive periods.
- Rules in the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS receive no events, so tests use
  the state ENABLED.
"""

from __future__ import annotations

import json
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
    """A ministack process on the loopback interface."""

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
            time.sleep(0.02)
        raise RuntimeError((folder / "ministack.log").read_text()[-2000:])

    def environment(self) -> dict[str, str]:
        """Return the environment variables for a client process."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }

    def client(self, service: str) -> object:
        """Create a client."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def stop(self) -> None:
        """Stop the process."""
        self._process.kill()
        self._process.wait()


def send(events: object, detail_type: str, detail: Mapping[str, object]) -> None:
    """Send an event in the name of Secrets Manager."""
    entry = {
        "Source": "aws.secretsmanager",
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
    }
    answer = events.put_events(Entries=[entry])  # type: ignore[attr-defined]
    assert not answer["FailedEntryCount"], answer
