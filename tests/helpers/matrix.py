"""Kill rotations at every point, recover in every way, and report the failures.

A point is a response of AWS or the database: the server has processed the request, but the
rotation is killed before it receives the response.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING

from child import STEPS, start
from fault_proxy import FaultProxy

from shield_ai.rotator.errors import RotationError, SupersededError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.process import BaseProcess

    from bed import PostgresBed
    from wire import DatabaseProxy

RECOVERIES = ("retry", "restart", "overlap")
RUN_ALL = bool(os.environ.get("ROTATION_MATRIX"))  # make test-rotation
Point = tuple[str, int]  # "aws" or "sql", and the number of the lost response
summaries: dict[str, Summary] = {}


def sample(number: int) -> range:
    """Return the numbers from 1, or every fifteenth one without ROTATION_MATRIX."""
    return range(1, number + 1, 1 if RUN_ALL else 15)


class Harness:
    """Runs the rotations of a test bed in a child process, through proxies that count."""

    def __init__(self, bed: PostgresBed, wire: DatabaseProxy) -> None:
        self.bed, self.wire = bed, wire

    def run(self, token: str, point: Point | None = None) -> tuple[int, int, int]:
        """Run the four steps in a child process that is killed at a point.

        Returns:
            Its exit code, the number of AWS calls and the number of statements.
        """
        self.wire.count = 0
        self.wire.at = None
        started = threading.Event()
        child: list[BaseProcess] = []

        def kill(*_: object) -> None:
            started.wait(10)
            os.kill(child[0].pid or 0, signal.SIGKILL)

        with FaultProxy(self.bed.aws.url) as proxy:
            if point and point[0] == "aws":
                proxy.call("*", kill, at=point[1], after=True, drop=True)
            elif point:
                self.wire.stop_at(point[1], kill)
            child.append(start(self.bed.process_environment(proxy.url), self.bed.secret, token))
            started.set()
            child[0].join(60)
            assert child[0].exitcode is not None
            self.wire.at = None
            return child[0].exitcode, proxy.count(), self.wire.count


def points(harness: Harness, situation: str) -> list[Point]:
    """Run a rotation without faults, and return all points."""
    harness.bed.set_up(situation)
    code, calls, statements = harness.run(harness.bed.start_rotation())
    assert code == 0
    return [("aws", number) for number in range(1, calls + 1)] + [
        ("sql", number) for number in range(1, statements + 1)
    ]


def crash_and_recover(harness: Harness, situation: str, point: Point, recovery: str) -> list[str]:
    """Crash at a point and recover; return the failures."""
    bed = harness.bed
    is_always_available = bed.is_always_available
    bed.set_up(situation)
    before = bed.document()
    token = bed.start_rotation()
    code, _, _ = harness.run(token, point)
    wrong = (
        [] if code == -signal.SIGKILL else [f"the child ended with {code} instead of being killed"]
    )
    crashed = bed.document()
    if is_always_available and not bed.can_log_in(crashed):
        wrong.append("the current login fails at the crash")
    if is_always_available and not bed.can_log_in(before):
        wrong.append("the login that the app holds fails at the crash")
    try:
        RECOVER[recovery](bed, token)
    except RotationError as error:
        wrong.append(f"recovery failed: {error}")
    if not bed.can_log_in(bed.document()):
        wrong.append("the current login fails after the recovery")
        return wrong
    if bed.document() == before:
        wrong.append("nothing was rotated")
    if is_always_available and crashed == before and not bed.can_log_in(before):
        wrong.append("the login that the app holds fails after the recovery")
    bed.assert_access()
    return wrong


def retry(bed: PostgresBed, token: str) -> None:
    bed.rotate(token)


def restart(bed: PostgresBed, token: str) -> None:
    bed.discard_pending()
    bed.rotate()


def overlap(bed: PostgresBed, token: str) -> None:
    """Run another rotation, and repeat the steps of the first one between its steps."""
    other = bed.start_rotation()
    for step in (*STEPS, None):
        for late in STEPS:
            with contextlib.suppress(SupersededError):
                bed.step(late, token)
        if step:
            bed.step(step, other)


RECOVER: dict[str, Callable[[PostgresBed, str], None]] = {
    "retry": retry,
    "restart": restart,
    "overlap": overlap,
}


class Summary:
    """The results for a strategy on a server."""

    def __init__(self) -> None:
        self.points: set[tuple[str, Point]] = set()  # situation and point
        self.unrecovered = dict.fromkeys(RECOVERIES, 0)
        self.lockouts = 0  # crashes after which the app's login failed
        self.logged: int | None = None  # number of passwords in the server's log
        self.load: tuple[int, int] | None = None  # logins during rotations, and failures


def summary_of(strategy: str) -> Summary:
    return summaries.setdefault(strategy, Summary())


def record(strategy: str, situation: str, point: Point, recovery: str, wrong: list[str]) -> None:
    now = summary_of(strategy)
    now.points.add((situation, point))
    now.unrecovered[recovery] += any("at the crash" not in text for text in wrong)
    now.lockouts += any("at the crash" in text for text in wrong)


def summary_lines() -> Iterator[str]:
    """Yield the lines of the summary table."""
    if not summaries:
        return
    yield f"{'':27} crash  --- unrecovered ---  lockouts   in the    logins under load"
    yield f"{'strategy':27}points  retry restart overlap  at crash  log          all  failed"
    for name, now in sorted(summaries.items()):
        lost = now.unrecovered
        answered, failed = now.load or ("-", "-")
        # with a single user, the cached login becomes invalid, and the app reads the secret again
        locked = str(now.lockouts) if "alternating" in name else "waits"
        logged = "-" if now.logged is None else now.logged
        yield (
            f"{name:27}{len(now.points):>6}{lost['retry']:>7}{lost['restart']:>8}{lost['overlap']:>8}{locked:>10}"
            f"{logged:>5}{answered:>13}{failed:>8}"
        )
