"""The command `shield`, and how every failure ends: one line, a hint, the right exit code, and never a value."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

from shield_ai.model.errors import (
    BUG,
    DONE,
    INTERRUPTED,
    USAGE,
    ShieldError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def main(argv: Sequence[str] | None = None) -> int:
    """Run `shield` and return its exit code.

    Args:
        argv: The arguments; those of the process by default.
    """
    _open_streams()
    try:
        # without the extra, the command must still say what to install
        import click

        from shield_ai.cli import cli  # as above
    except ModuleNotFoundError as error:
        return fail(USAGE, f"{error.name} is not installed", "pip install 'shield-ai[cli]'")
    try:
        code = cli.main(
            args=None if argv is None else list(argv), prog_name="shield", standalone_mode=False
        )
        sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except ShieldError as error:
        return fail(error.exit_code, error.message, error.hint)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(error.format_message() + "\n")
        return USAGE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "shield"
        return fail(USAGE, error.format_message().rstrip("."), f"{command} --help")
    except (KeyboardInterrupt, click.Abort):
        return fail(
            INTERRUPTED,
            "interrupted",
            "run the same command again, or shield rollback: the journal is whole",
        )
    except Exception as error:  # noqa: BLE001
        # the last line of defence: a bug must not print locals or values
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    """Tell a reader that has gone and a full disk from a bug."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EPIPE:
        _drop(sys.stdout)  # nobody is left to tell
        return DONE
    if number in FULL:
        _drop(sys.stdout)
        return fail(
            USAGE, f"can't write: {os.strerror(number or 0)}", "make room, or write elsewhere"
        )
    return fail(
        BUG, f"a bug in shield: {type(error).__name__}", f"please report it with {_report(error)}"
    )


def _open_streams() -> None:
    """Open what the caller has closed: else the next file that is opened takes its place, and gets what is printed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # so that reading is an error
            handle = os.open(os.devnull, os.O_RDWR if number else os.O_WRONLY)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            setattr(
                sys,
                name,
                os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False),
            )


def _drop(stream: TextIO) -> None:
    """Throw away what is printed from now on, and what could not be, so that Python's end is silent."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def fail(code: int, message: str, hint: str = "") -> int:
    """Print an error and, after a blank line, what to do; return the exit code."""
    colour = (
        sys.stderr.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
    red, cyan, plain = ("\033[31m", "\033[36m", "\033[0m") if colour else ("", "", "")
    try:
        sys.stderr.write(
            f"{red}error:{plain} {message}\n" + (f"\n{cyan}hint:{plain} {hint}\n" if hint else "")
        )
        sys.stderr.flush()
    except OSError:  # nobody reads it; the exit code still says it
        _drop(sys.stderr)
    return code


def _report(error: BaseException) -> str:
    """Write where it happened: types, files and lines; no message and no local variable, which could hold a value."""
    import tempfile  # slow, and only a bug needs it
    import traceback  # likewise

    lines = [f"Python {sys.version}\n"]
    seen: BaseException | None = error
    while seen is not None:
        frames = traceback.extract_tb(seen.__traceback__)
        lines += [f"{type(seen).__module__}.{type(seen).__name__}\n"]
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in frames]
        seen = seen.__cause__ or seen.__context__
    handle, path = tempfile.mkstemp(prefix="shield-bug-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.writelines(lines)
    return path


if __name__ == "__main__":
    sys.exit(main())
