"""Options that several commands share."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import msgspec


class _AppPath(click.Path):
    """A path that may be missing; other problems, such as a missing permission, are errors."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        try:
            Path(value).stat()
        except (FileNotFoundError, NotADirectoryError):
            pass  # the commands report it
        except OSError as error:
            self.fail(f"{value} can't be read: {error.strerror}", param, ctx)
        return super().convert(value, param, ctx)


APP_PATH = _AppPath()
APP = click.argument("app", default=".", type=APP_PATH)
APP_OPTION = click.option(
    "--app", type=APP_PATH, default=".", help="The app's folder; the current folder by default."
)
ONLY = click.option("--only", type=click.Choice(["code", "aws"]), help="Limit to code or AWS.")
ENVIRONMENT = click.option(
    "--environment",
    default="",
    help="Use an environment of shield.toml, such as staging.",
)
OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write to this file instead of standard output.",
)
YES = click.option("--yes", "-y", is_flag=True, help="Skip the confirmation prompt.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def grouped_options(
    parameter: str, group: type[msgspec.Struct], *options: Callable[..., Any]
) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Add options to a command that receives their values as one struct.

    Args:
        parameter: The command's parameter that takes the struct.
        group: The struct, with a field for each option.
        options: click's decorators, in the order of --help.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def call(**values: Any) -> int:
            grouped = {name: values.pop(name) for name in group.__struct_fields__}
            return command(**{parameter: group(**grouped)}, **values)

        decorated: Callable[..., int] = call
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate
