"""Kills a rotation at each point, recovers in each way, and says what did not come back.

A point is an answer of AWS or of the database that the rotation never gets: the server has acted, the process is dead.
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
    from wire import Wire

RECOVERIES = ("retry", "anew", "overlap")
WHOLE = bool(os.environ.get("ROTATION_MATRIX"))  # make test-rotation
Point = tuple[str, int]  # "aws" or "sql", and which answer is lost
table: dict[str, Row] = {}


def some(number: int) -> range:
    """All numbers from 1; every fifteenth where the whole matrix was not asked for."""
    return range(1, number + 1, 1 if WHOLE else 15)


class Harness:
    """One bed whose rotations run in a child, through proxies that count."""

    def __init__(self, bed: PostgresBed, wire: Wire) -> None:
        self.bed, self.wire = bed, wire

    def run(self, token: str, point: Point | None = None) -> tuple[int, int, int]:
        """Run the four steps in a child that dies at a point; return its exit code and the number of calls and statements."""
        self.wire.count, self.wire.at = 0, None
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
    """Run undisturbed in a situation, and return every point."""
    harness.bed.arrange(situation)
    code, calls, statements = harness.run(harness.bed.begin())
    assert code == 0
    return [("aws", number) for number in range(1, calls + 1)] + [
        ("sql", number) for number in range(1, statements + 1)
    ]


def cell(harness: Harness, situation: str, point: Point, recovery: str) -> list[str]:
    """Crash at a point, recover, and return what was wrong."""
    bed = harness.bed
    never_dark = bed.never_dark
    bed.arrange(situation)
    before = bed.document()
    token = bed.begin()
    code, _, _ = harness.run(token, point)
    wrong = (
        [] if code == -signal.SIGKILL else [f"the child ended with {code} instead of being killed"]
    )
    crashed = bed.document()
    if never_dark and not bed.works(crashed):
        wrong.append("the current login fails at the crash")
    if never_dark and not bed.works(before):
        wrong.append("the login that the app holds fails at the crash")
    try:
        RECOVER[recovery](bed, token)
    except RotationError as error:
        wrong.append(f"recovery failed: {error}")
    if not bed.works(bed.document()):
        wrong.append("the current login fails after the recovery")
        return wrong
    if bed.document() == before:
        wrong.append("nothing was rotated")
    if never_dark and crashed == before and not bed.works(before):
        wrong.append("the login that the app holds fails after the recovery")
    bed.check()
    return wrong


def retry(bed: PostgresBed, token: str) -> None:
    bed.rotate(token)


def anew(bed: PostgresBed, token: str) -> None:
    bed.drop_pending()
    bed.rotate()


def overlap(bed: PostgresBed, token: str) -> None:
    """Another rotation begins, and the first one comes back to life before each of its steps and after the last."""
    other = bed.begin()
    for step in (*STEPS, None):
        for late in STEPS:
            with contextlib.suppress(SupersededError):
                bed.step(late, token)
        if step:
            bed.step(step, other)


RECOVER: dict[str, Callable[[PostgresBed, str], None]] = {
    "retry": retry,
    "anew": anew,
    "overlap": overlap,
}


class Row:
    """What is known of one strategy on one server."""

    def __init__(self) -> None:
        self.points: set[tuple[str, Point]] = set()  # situation and point
        self.unrecovered = dict.fromkeys(RECOVERIES, 0)
        self.lockouts = 0  # where the app's login failed at the crash
        self.logged: int | None = None  # passwords found in the server's log
        self.load: tuple[int, int] | None = None  # logins during rotations, and failed ones


def row(strategy: str) -> Row:
    return table.setdefault(strategy, Row())


def record(strategy: str, situation: str, point: Point, recovery: str, wrong: list[str]) -> None:
    now = row(strategy)
    now.points.add((situation, point))
    now.unrecovered[recovery] += any("at the crash" not in text for text in wrong)
    now.lockouts += any("at the crash" in text for text in wrong)


def rows() -> Iterator[str]:
    """The table of what ran."""
    if not table:
        return
    yield f"{'':27} crash  --- unrecovered ---  lockouts   in the    logins under load"
    yield f"{'strategy':27}points  retry  anew overlap  at crash  log          all  failed"
    for name, now in sorted(table.items()):
        lost = now.unrecovered
        answered, failed = now.load or ("-", "-")
        # With one user, the login that the app holds ends with the rotation: there the app waits and reads again.
        locked = str(now.lockouts) if "alternating" in name else "waits"
        logged = "-" if now.logged is None else now.logged
        yield (
            f"{name:27}{len(now.points):>6}{lost['retry']:>7}{lost['anew']:>6}{lost['overlap']:>8}{locked:>10}"
            f"{logged:>5}{answered:>13}{failed:>8}"
        )
