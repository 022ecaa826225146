"""Defaults of options from `[tool.shield-ai]` in pyproject.toml.

The repository can be untrusted, so only the options in SETTINGS can be set: they can't run code,
write a file, use the network, choose an account or a source of values, or hide a finding. The
settings of a command's options are printed when they are used. The file is read from the current
folder or a folder above it in the same repository, not from a folder given on the command line.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from click.core import ParameterSource

from shield_ai.cli.console import echo
from shield_ai.model.addresses import DOCUMENTATION
from shield_ai.model.errors import ShieldError
from shield_ai.model.output_options import OUTPUT
from shield_ai.model.printable import printable
from shield_ai.model.suggestion import did_you_mean
from shield_ai.project.regular_file import read_regular_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FILE = "pyproject.toml"
TABLE = "tool.shield-ai"
GLOBAL = ""  # the key in SETTINGS of the settings for all commands
MAX_SIZE = 1_000_000  # bytes

# The options that can be set, by command, and why they are safe.
SETTINGS: dict[str, dict[str, str]] = {
    GLOBAL: {"color": "Changes only the presentation."},
    "scan": {
        "fail-on": "A severity changes only the exit code: all findings are still listed.",
        "all": "Lists more findings.",
    },
    "export": {"format": "Changes only for which tool the resources are printed."},
    "cost": {
        "processes": "A number for an estimate.",
        "ttl": "A number for an estimate.",
        "reads": "A number for an estimate.",
    },
}
# These commands work with an invalid file: apps are started with run, and restored with rollback.
WITHOUT_SETTINGS = frozenset({"completion", "rollback", "run"})


class ProjectSettings(NamedTuple):
    """The table of a pyproject.toml."""

    path: Path
    table: Mapping[str, Any]


def load_settings(folder: Path) -> ProjectSettings | None:
    """Return the settings for commands in a folder; None without any.

    Raises:
        ShieldError: The file is invalid, or the table has a key that does not exist or can't be
            set.
    """
    for parent in _repository_folders(folder):
        path = parent / FILE
        table = _read_table(path)
        if table is not None:
            _check_keys(table, path)
            return ProjectSettings(path, table)
    return None


def _repository_folders(folder: Path) -> list[Path]:
    """Return the folder and those above it in its git repository; without one, only the folder."""
    folders = [folder]
    while not (folders[-1] / ".git").exists():
        parent = folders[-1].parent
        if parent == folders[-1]:
            return [folder]
        folders.append(parent)
    return folders


def _read_table(path: Path) -> Mapping[str, Any] | None:
    """Return the table; None if the file has none. Invalid TOML without the table is ignored.

    Raises:
        ShieldError: The file with the table is not valid TOML, or the key is not a table.
    """
    try:
        content = read_regular_file(path, MAX_SIZE)
    except OSError:
        return None
    if b"shield-ai" not in content:
        return None
    try:
        document = tomllib.loads(content.decode())
    except (ValueError, RecursionError):
        if f"[{TABLE}".encode() not in content:
            return None
        raise ShieldError(f"{path} is not valid TOML", "correct its syntax") from None
    tools = document.get("tool")
    table = tools.get("shield-ai") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ShieldError(f"{path}: {TABLE} is not a table", f"write [{TABLE}]")
    return table


def _check_keys(table: Mapping[str, Any], path: Path) -> None:
    from shield_ai.cli import COMMANDS

    for key, value in table.items():
        if key in COMMANDS and isinstance(value, dict):
            for name in value:
                if name not in SETTINGS.get(key, {}):
                    raise _invalid_key(path, key, name)
        elif key not in SETTINGS[GLOBAL]:
            raise _invalid_key(path, GLOBAL, key)


def _invalid_key(path: Path, command: str, name: str) -> ShieldError:
    """Return an error for a key that does not exist, is in the wrong table or can't be set."""
    from shield_ai.cli import COMMANDS, cli

    shown = printable(name)
    where = f"[{TABLE}.{command}]" if command else f"[{TABLE}]"
    for other, names in SETTINGS.items():
        if name in names and not command:
            return ShieldError(
                f'{path}: unknown setting "{shown}" in {where}', f"move it to [{TABLE}.{other}]"
            )
    if command:
        found = cli.get_command(click.Context(cli), command)
        flags = [flag for param in found.params for flag in param.opts] if found else []
        if f"--{name}" in flags:
            variable = f"SHIELD_{command}_{name}".upper().replace("-", "_")
            return ShieldError(
                f'{path}: "{name}" can\'t be set in {where}',
                f"give --{name} on the command line, or set {variable}: a scanned repository"
                " must not choose it",
            )
    known = [*SETTINGS.get(command, {}), *(COMMANDS if not command else ())]
    hint = did_you_mean(name, known) or f"see {DOCUMENTATION}reference/settings.html"
    return ShieldError(f'{path}: unknown setting "{shown}" in {where}', hint)


def use_settings(ctx: click.Context, name: str, command: click.Command) -> None:
    """Let pyproject.toml of the current folder set the defaults of a command's options.

    click gives the command line and environment variables precedence.

    Args:
        ctx: The context of `shield`.
        name: The command's name.
        command: The command.
    """
    if name in WITHOUT_SETTINGS:
        return
    settings = load_settings(Path.cwd())
    if settings is None:
        return
    if "color" in settings.table:
        _set_color(ctx, settings)
    defaults = {}
    for key, value in settings.table.get(name, {}).items():
        option = next(param for param in command.params if f"--{key}" in param.opts)
        _require_valid(option, value, f'{settings.path}: invalid "{key}" in [{TABLE}.{name}]')
        option.callback = _announce(settings.path, key)
        defaults[str(option.name)] = value
    ctx.default_map = {name: defaults}


def _set_color(ctx: click.Context, settings: ProjectSettings) -> None:
    value = settings.table["color"]
    option = next(param for param in ctx.command.params if param.name == "color")
    _require_valid(option, value, f'{settings.path}: invalid "color" in [{TABLE}]')
    if ctx.get_parameter_source("color") is ParameterSource.DEFAULT:
        OUTPUT.color = value


def _require_valid(option: click.Parameter, value: object, message: str) -> None:
    is_flag = isinstance(option, click.Option) and option.is_flag
    if is_flag or isinstance(value, bool):
        if is_flag and isinstance(value, bool):
            return
        raise ShieldError(message, "use true or false" if is_flag else "see the option in --help")
    if "--fail-on" in option.opts and value == "never":
        raise ShieldError(message, "give --fail-on never on the command line, or name a severity")
    try:
        # As on the command line: the types expect text, and a list or inf would be another error.
        option.type.convert(str(value), option, None)
    except click.BadParameter as error:
        raise ShieldError(message, error.message.rstrip(".")) from None


def _announce(path: Path, key: str) -> Callable[[click.Context, click.Parameter, Any], Any]:
    """Return a callback of an option that prints where its value comes from."""

    def print_source(ctx: click.Context, option: click.Parameter, value: object) -> object:
        if ctx.get_parameter_source(str(option.name)) is ParameterSource.DEFAULT_MAP:
            shown = str(value).lower() if isinstance(value, bool) else value
            echo(f"{path} sets {key} = {shown}", err=True)
        return value

    return print_source
