"""Run shield as a user does who kills it, and then follows what it prints."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random

COMMAND = re.compile(r"shield (?:apply|rollback|rotate|draft|plan|pull|verify)(?: [\w=./-]+)*")
ATTEMPTS = 4
REPORTING = {"scan", "audit"}  # exit with 1 if they find something


class Done(NamedTuple):
    """A command that ended."""

    command: str
    code: int
    text: str
    seconds: float

    @property
    def has_failed(self):
        return self.code > (self.command in REPORTING)


class Shield:
    """Runs commands in the folder of an app."""

    def __init__(self, app, environment):
        self.app, self.environment = app, environment
        self.printed = []  # the output of all commands

    def _start(self, arguments):
        return subprocess.Popen(
            [sys.executable, "-m", "shield_ai", *arguments],
            cwd=self.app,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments):
        started = time.monotonic()
        process = self._start(arguments)
        text, _ = process.communicate()
        self.printed.append(f"$ shield {' '.join(arguments)}\n{text}")
        return Done(arguments[0], process.returncode, text, time.monotonic() - started)

    def require(self, *arguments):
        """Run a command that must succeed."""
        done = self.run(*arguments)
        if done.has_failed:
            raise SystemExit(f"shield {' '.join(arguments)} exited with {done.code}:\n{done.text}")
        return done

    def kill(self, arguments, after):
        """Start a command and kill it with SIGKILL; return whether it was still running."""
        process = self._start(arguments)
        try:
            text, _ = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            text, _ = process.communicate()
        self.printed.append(text)
        return process.returncode == -signal.SIGKILL

    def errors_without_hint(self):
        """Return the outputs with an error that say nothing about what to do."""
        return [text for text in self.printed if "error: " in text and "hint: " not in text]

    def follow(self, *arguments):
        """Run a command again until it succeeds, doing what its hints say; return what failed."""
        said = []
        for _ in range(ATTEMPTS):
            done = self.run(*arguments)
            if not done.has_failed:
                return ""
            said.append(done.text)
            hint = COMMAND.search(done.text.rpartition("hint: ")[2])
            if hint and hint[0].split()[1] != arguments[0]:
                said.append(self.run(*hint[0].split()[1:], "--yes").text)
            elif hint and len(hint[0].split()) > len(arguments):
                arguments = (*hint[0].split()[1:], "--yes")
        return "\n".join(said)


class Moments(NamedTuple):
    """When commands are killed.

    Attributes:
        number: How often each command is killed.
        in_a_row: How often it is killed before it runs to its end.
        generator: Chooses the moments.
    """

    number: int
    in_a_row: int
    generator: random.Random


class Kills(NamedTuple):
    """What happened when one command was killed at random moments."""

    command: str
    killed: int
    wrong: tuple[str, ...]


def kill_often(moments, shield, arguments, *, check, undo=None, after_kill=None):
    """Kill a command at random moments, run it again, and check the result each time.

    Args:
        moments: When the command is killed.
        shield: Runs the commands.
        arguments: The command.
        check: Returns what is wrong after the command has succeeded; empty: nothing.
        undo: Called after each check, to begin again.
        after_kill: Called after each kill.
    """
    duration = shield.require(*arguments).seconds
    wrong = [check()]
    killed = 0
    while killed < moments.number:
        if undo:
            undo()
        for _ in range(moments.in_a_row):
            killed += shield.kill(arguments, moments.generator.uniform(0, duration))
            if after_kill:
                after_kill()
        wrong += [shield.follow(*arguments), check()]
    return Kills(arguments[0], killed, tuple(filter(None, wrong)))
