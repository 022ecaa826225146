"""Replace this process with a command that receives secrets as environment variables."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from shield_ai.flow.current_values import ABSENT_HINT
from shield_ai.model.errors import AwsError, ShieldError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.flow.current_values import CurrentValues

# Python ignores these signals, and exec() keeps them ignored.
_IGNORED_BY_PYTHON = ("SIGPIPE", "SIGXFSZ")


def find_program(name: str, environ: Mapping[str, str]) -> str:
    """Return the path of a program.

    Args:
        name: A path, or a name to look up in PATH.
        environ: The environment variables.

    Raises:
        ShieldError: There is no executable file of this name.
    """
    path = shutil.which(name, path=environ.get("PATH", os.defpath))
    if path is None:
        raise ShieldError(
            f"command not found: {name}",
            "check the spelling and PATH; a file must be executable; "
            "for shell syntax, use sh -c '…'",
        )
    return path


def command_environ(environ: Mapping[str, str], current: CurrentValues) -> dict[str, str]:
    """Return the environment variables of the command. Secrets replace inherited variables.

    Args:
        environ: The inherited environment variables.
        current: The values in AWS.

    Raises:
        AwsError: A required secret is missing.
        ShieldError: An environment variable can't contain one of the values.
    """
    if current.missing:
        raise AwsError(
            f"not in AWS: {', '.join(current.missing)}",
            f"{ABSENT_HINT}, or choose other secrets with --only",
        )
    values = {variable: value.reveal() for variable, value in current.values.items()}
    invalid = [variable for variable, value in values.items() if not _can_hold(value)]
    if invalid:
        raise ShieldError(
            f"an environment variable can't hold the value of {', '.join(invalid)}",
            "it contains NUL or a character that can't be encoded; "
            "choose other secrets with --only",
        )
    return {**environ, **values}


def replace_process(path: str, command: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Replace this process with a program, which then receives signals and sets the exit code.

    Args:
        path: From `find_program`.
        command: The name of the program and its arguments.
        environ: From `command_environ`.

    Raises:
        ShieldError: The program can't be started.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    for name in _IGNORED_BY_PYTHON:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execve(path, list(command), dict(environ))  # noqa: S606  # the user's own command
    except OSError as error:
        hint = "check the program, and the size of its arguments and values"
        if error.errno == errno.ENOEXEC:
            hint = "a script needs an interpreter in its first line: #!/bin/sh"
        raise ShieldError(f"{command[0]} can't be started: {error.strerror}", hint) from None


def _can_hold(value: str) -> bool:
    try:
        encoded = os.fsencode(value)
    except UnicodeEncodeError:
        return False
    return b"\0" not in encoded
