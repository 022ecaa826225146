"""The entry point of `shield`, and the handling of all errors.

An error is printed as one line with a hint, and sets the exit code. Secret values are
never printed.
"""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

from shield_ai.model.errors import BUG, DONE, INTERRUPTED, USAGE, ShieldError
from shield_ai.model.output_options import use_color
from shield_ai.model.printable import printable_lines
from shield_ai.model.suggestion import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    import click

# Errors of writing that are not bugs: a full disk, a quota or a hardware error.
WRITE_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
OLDEST_PYTHON = (3, 11)
STREAMS = ("stdin", "stdout", "stderr")


def main(argv: Sequence[str] | None = None) -> int:
    """Run `shield` and return its exit code.

    Args:
        argv: The arguments; those of the process by default.
    """
    _open_closed_streams()
    unsupported = _unsupported(sys.version_info[:2], sys.platform)
    if unsupported:
        return fail(USAGE, *unsupported)
    try:
        import click

        from shield_ai.cli import cli
    except (ModuleNotFoundError, KeyboardInterrupt) as error:
        return _fail_to_start(error)
    args = None if argv is None else list(argv)
    try:
        code = cli.main(args=args, prog_name="shield", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else DONE
    except ShieldError as error:
        return fail(error.exit_code, error.message, error.hint)
    except click.ClickException as error:
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # click >= 8.2
            sys.stderr.write(_safe_text(error.format_message()) + "\n")
            return USAGE
        return _fail_on_usage(error)
    except (KeyboardInterrupt, click.Abort):
        # `cli` reports the interrupt of a command: this one came before or after it.
        return fail(INTERRUPTED, "interrupted", "run the same command again")
    except Exception as error:  # noqa: BLE001  # a traceback could show values
        return _fail_unexpectedly(error)


def _fail_to_start(error: ModuleNotFoundError | KeyboardInterrupt) -> int:
    if isinstance(error, KeyboardInterrupt):
        return fail(INTERRUPTED, "interrupted", "nothing was changed; run the same command again")
    return fail(USAGE, f"{error.name} is not installed", "pip install shield-ai")


def _fail_on_usage(error: click.ClickException) -> int:
    """Report wrong usage of a command, with the option that a misspelled one probably means."""
    from click import NoSuchOption

    context = getattr(error, "ctx", None)
    hint = f"see {context.command_path if context else 'shield'} --help"
    if not isinstance(error, NoSuchOption):
        message = " ".join(error.format_message().rstrip(".").split())
        return fail(USAGE, message[:1].lower() + message[1:], hint)
    params = context.command.params if context else []
    if error.option_name == "--json":  # most commands have it; some have --format instead
        has_format = any(map(_is_json_format, params))
        return fail(USAGE, "no such option --json", "use --format json" if has_format else hint)
    known = {option for param in params for option in param.opts}
    suggestion = did_you_mean(error.option_name, known) or hint
    return fail(USAGE, f"no such option {error.option_name}", suggestion)


def _is_json_format(param: click.Parameter) -> bool:
    """Return whether a parameter is an option --format with the choice json."""
    return "--format" in param.opts and "json" in getattr(param.type, "choices", ())


def _unsupported(version: tuple[int, int], platform: str) -> tuple[str, str] | None:
    """Return the message and the hint for a Python or a system that shield does not support.

    pip refuses an older Python; this is for a source tree and for `pip --ignore-requires-python`.
    """
    if version < OLDEST_PYTHON:
        running = ".".join(map(str, version))
        hint = "install shield with a newer Python: pipx install --python python3.13 shield-ai"
        return f"shield needs Python 3.11 or newer; this is Python {running}", hint
    if platform == "win32":
        hint = "install it in WSL: https://learn.microsoft.com/windows/wsl/install"
        return "shield runs on Linux and macOS, not on Windows", hint
    return None


def _fail_unexpectedly(error: Exception) -> int:
    """Handle a closed pipe, a full disk and missing permissions; report the rest as a bug."""
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EPIPE:
        _redirect_to_devnull(sys.stdout)
        return DONE
    if number in WRITE_ERRORS:
        _redirect_to_devnull(sys.stdout)
        reason = os.strerror(number or 0)
        return fail(USAGE, f"can't write output: {reason}", "free some space or write elsewhere")
    if isinstance(error, PermissionError) and error.filename:
        return fail(
            USAGE, f"{os.fsdecode(error.filename)}: {error.strerror}", "check its permissions"
        )
    path = _write_bug_report(error)
    hints = getattr(error, "__notes__", [])  # what the user must do first
    hints = [*hints, f"this is a bug in shield; please report it with {path}"]
    return fail(BUG, f"internal error: {type(error).__name__}", "; ".join(hints))


def _open_closed_streams() -> None:
    """Open the standard streams that the caller closed.

    Otherwise the next file that is opened gets the stream's file descriptor, and output is written
    to it.
    """
    for number, name in enumerate(STREAMS):
        if getattr(sys, name) is not None:
            continue
        is_input = number == 0
        # stdin is opened for writing only, so that reading from it fails
        descriptor = os.open(os.devnull, os.O_WRONLY if is_input else os.O_RDWR)
        if descriptor != number:
            os.dup2(descriptor, number)
            os.close(descriptor)
        mode = "r" if is_input else "w"
        setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _redirect_to_devnull(stream: TextIO) -> None:
    """Discard buffered and further output, because flushing it at exit would fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def fail(code: int, message: str, hint: str = "") -> int:
    """Print an error and a hint on standard error, and return the exit code.

    Args:
        code: The exit code.
        message: What is wrong.
        hint: What to do about it.
    """
    text = f"{_paint('error:', 31)} {_safe_text(message)}\n"
    if hint:
        text += f"\n{_paint('hint:', 36)} {_safe_text(hint)}\n"
    encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
    text = text.encode(encoding, "replace").decode(encoding)
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        _redirect_to_devnull(sys.stderr)
    return code


def _safe_text(text: str) -> str:
    """Remove control characters, and mask credentials, for example in the name of a file."""
    try:
        from shield_ai.scan.text.secret_names import mask_tokens
    except ModuleNotFoundError:  # the error is that a dependency is not installed
        return printable_lines(text)
    return mask_tokens(printable_lines(text))


def _paint(text: str, code: int) -> str:
    """Color text for a terminal."""
    if not use_color(os.environ, is_terminal=sys.stderr.isatty()):
        return text
    return f"\033[{code}m{text}\033[0m"


def _write_bug_report(error: BaseException) -> str:
    """Write exception types, files and lines to a file, and return its path.

    Messages and local variables are left out, because they could contain values.
    """
    import tempfile
    import traceback

    lines = [f"Python {sys.version}\n"]
    cause: BaseException | None = error
    while cause is not None:
        lines.append(f"{type(cause).__module__}.{type(cause).__name__}\n")
        for frame in traceback.extract_tb(cause.__traceback__):
            lines.append(f"  {frame.filename}:{frame.lineno} in {frame.name}\n")
        cause = cause.__cause__ or cause.__context__
    descriptor, path = tempfile.mkstemp(prefix="shield-bug-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(map(printable_lines, lines))
    return path


if __name__ == "__main__":
    sys.exit(main())
