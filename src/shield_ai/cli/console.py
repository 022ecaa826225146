"""The output layer of the commands: text, JSON and output files.

It removes control characters and masks credentials, because names and texts come from the scanned
repository. Commands print only through this module. Prompts (`prompts.py`), the progress bar
(`progress.py`) and the signal handler in `rotation_steps.py` write to standard error themselves.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from shield_ai.model.errors import ShieldError
from shield_ai.model.output_options import OUTPUT, use_color
from shield_ai.model.printable import printable, printable_lines
from shield_ai.reports.terminal.wrapping import wrap_lines
from shield_ai.scan.text.secret_names import mask_tokens

if TYPE_CHECKING:
    import msgspec

    from shield_ai.model.plan import Receipt


UNCHANGED = "nothing changed"
STDOUT = Path("/dev/stdout")


def echo(
    text: str = "",
    *,
    err: bool = False,
    nl: bool = True,
    commands: bool = False,
    wraps: bool = False,
) -> None:
    """Print text without control characters, except the colors of `reports.terminal.color`.

    Args:
        text: The text, which can have several lines.
        err: Print on standard error.
        nl: End with a newline.
        commands: Keep GitHub Actions workflow commands (`::error …`) at the start of lines.
        wraps: Wrap long lines on a terminal. In a file or a pipe, a message stays on one line.
    """
    stream = sys.stderr if err else sys.stdout
    if wraps:
        text = wrap_lines(text, terminal_width(stream))
    color = has_color(stream)
    safe_text = mask_tokens(printable_lines(text, keep_color=color, keep_commands=commands))
    encoding = getattr(stream, "encoding", None) or "utf-8"
    if not safe_text.isascii():
        safe_text = safe_text.encode(encoding, "replace").decode(encoding)
    click.echo(safe_text, err=err, nl=nl, color=color or None)


def replace_line(text: str) -> None:
    """Overwrite the current line of the terminal on stderr, without a newline."""
    sys.stderr.write(f"\r\033[K{printable(text)}")
    sys.stderr.flush()


def note(text: str, *, nl: bool = True) -> None:
    """Print an informational message on standard error, unless -q is given."""
    if not OUTPUT.quiet:
        echo(text, err=True, nl=nl, wraps=True)


def can_ask() -> bool:
    """Return whether questions are possible: stdin and stderr are terminals."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def print_json(document: msgspec.Struct) -> None:
    """Print a document as indented JSON."""
    from shield_ai.reports.json import to_json

    echo(to_json(document, indent=2), nl=False)


def write_output(path: Path, text: str, *, mask: bool = True, commands: bool = False) -> None:
    """Write a result to the file given with --output.

    Args:
        path: The file.
        text: Its content.
        mask: Mask credentials, for example in names. A plan is not masked, because its edits are
            applied to the code.
        commands: Keep GitHub Actions workflow commands (`::error …`) at the start of lines.

    Raises:
        ShieldError: The file can't be written.
    """
    from shield_ai.project.safe_write import write_output

    try:
        safe_text = printable_lines(text, keep_commands=commands)
        content = mask_tokens(safe_text) if mask else safe_text
        if path == STDOUT:  # opening it again would overwrite a file that stdout is redirected to
            sys.stdout.write(content)
            sys.stdout.flush()
        else:
            write_output(path, content.encode())
    except OSError as error:
        raise ShieldError(
            f"{path} can't be written: {error.strerror}",
            "check that the folder exists, is writable and has free space",
        ) from None


def has_color(stream: TextIO) -> bool:
    """Check whether output to a stream should be colored."""
    return use_color(os.environ, is_terminal=stream.isatty())


def no_terminal_text() -> str:
    """Return why questions are not possible: stdin or stderr is not a terminal."""
    stream = "stderr" if sys.stdin.isatty() else "stdin"
    return f"{stream} is not a terminal"


def terminal_width(stream: TextIO) -> int:
    """Return the columns of a terminal; 0 for other streams, where lines are not wrapped."""
    return shutil.get_terminal_size().columns if stream.isatty() else 0


def is_shown(receipt: Receipt) -> bool:
    """Return whether a completed step is printed: all files of a vendored runtime share a line."""
    from shield_ai.project.runtime_names import copied_folder

    folder = copied_folder(receipt.what)
    return not folder or receipt.what == f"{folder}__init__.py"


def format_receipt(receipt: Receipt) -> str:
    """Format a completed step as one line."""
    from shield_ai.model.plan import StepStatus
    from shield_ai.project.runtime_names import copied_folder

    marks = {StepStatus.KEPT: "!", StepStatus.UNCHANGED: "=", StepStatus.UNDONE: "-"}
    mark = marks.get(receipt.status, "+")
    name = copied_folder(receipt.what) or receipt.what
    return f"  {mark} {name}  {receipt.detail}"
