"""Run the Secrets Manager of the tests in a separate process, controlled through stdin.

Each command is one line. The answer is the number of calls and the number of threads.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "helpers"))

from runtime_server import Server


class Delay:
    """A gate that opens after some seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def wait(self, _timeout: float) -> None:
        time.sleep(self.seconds)

    def set(self) -> None:
        self.seconds = 0.0


def main() -> None:
    server = Server()
    print(server.url, flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "put":
            server.put(*arguments)
        elif command == "delay":
            server.gate = Delay(float(arguments[0]))
        elif command == "fault":
            server.fault = arguments[0] if arguments else None
        elif command == "reset":
            server.calls.clear()
        print(server.count(), threading.active_count(), flush=True)


if __name__ == "__main__":
    main()
