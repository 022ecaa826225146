"""What the command prints on the terminal: set from --color, -q and -v."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class OutputOptions:
    """The options of the current command; there is one command per process."""

    def __init__(self) -> None:
        self.color = "auto"
        self.quiet = False
        self.verbose = False


OUTPUT = OutputOptions()


def use_color(environ: Mapping[str, str], *, tty: bool) -> bool:
    """Return whether output is colored (https://no-color.org, https://force-color.org).

    Args:
        environ: The environment variables of the process.
        tty: Whether the output goes to a terminal.
    """
    if OUTPUT.color != "auto":
        return OUTPUT.color == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return tty and environ.get("TERM") != "dumb"
