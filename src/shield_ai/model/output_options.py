"""What the command prints on the terminal: set from --color, -q and -v."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class OutputOptions:
    """The options of the current command; there is one command per process."""

    def __init__(self) -> None:
        self.color = "auto"
        self.quiet = False
        self.verbose = False
        # Set by the command line; called only with -v.
        self.print_action: Callable[[str], None] = lambda _: None
        self._files: set[str] = set()

    def log(self, action: str) -> None:
        """Print an action, such as "run git log", with -v. It must not contain a secret."""
        if self.verbose:
            self.print_action(action)

    def log_file(self, path: str) -> None:
        """Print the path of a file that is read, once, with -v."""
        if self.verbose and path not in self._files:
            self._files.add(path)
            self.print_action(f"read {path}")


OUTPUT = OutputOptions()


def use_color(environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Return whether output is colored (https://no-color.org, https://force-color.org).

    Args:
        environ: The environment variables of the process.
        is_terminal: Whether the output goes to a terminal.
    """
    if OUTPUT.color != "auto":
        return OUTPUT.color == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return is_terminal and environ.get("TERM") != "dumb"
