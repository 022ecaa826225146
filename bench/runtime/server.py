"""The tests' Secrets Manager in a process of its own, told what to do by lines on stdin; answers each with one line."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "helpers"))

from runtime_server import Server


class Delay:
    """A gate that opens after a while."""

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
        verb, *words = line.split()
        if verb == "put":
            server.put(*words)
        elif verb == "delay":
            server.gate = Delay(float(words[0]))
        elif verb == "fault":
            server.fault = words[0] if words else None
        elif verb == "reset":
            server.calls.clear()
        print(server.count(), threading.active_count(), flush=True)


if __name__ == "__main__":
    main()
