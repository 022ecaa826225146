"""Generate the pages on the commands, environment variables, exit codes, checks and reasons."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import click
import words
from tables import table

import shield_runtime
from shield_ai.cli import SECTIONS, cli
from shield_ai.cli.global_options import EXAMPLES
from shield_ai.cli.project_settings import SETTINGS
from shield_ai.flow.verify.registry import find_checks
from shield_ai.model import errors
from shield_ai.model.skip import SkipId

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = r'"((?:AWS_SECRETS|USE_AWS|DJANGO|PARAMETERS_SECRETS)_\w+|AWS_REGION)"'


def commands_page() -> str:
    """Return the page on all commands, from their `--help`."""
    parts = [
        "# Commands\n",
        "Run `shield` or `python -m shield_ai`. `APP` is the folder of the application; the",
        "default is the current folder. Results are written to stdout, messages to stderr.",
        "Each option can also be set with an environment variable, and some in",
        "[pyproject.toml](settings.md#pyprojecttoml). See also [exit",
        "codes](exit-codes.md), and [shell completion and the man page](../guides/shell.md).\n",
    ]
    context = click.Context(cli, info_name="shield")
    parts += [
        "## Global options\n",
        "Every command accepts `-v`, `-q`, `--color` and `-V`, before or after its name.\n",
        table("option | description | variable", _option_rows(cli, context)),
    ]
    for title, names in SECTIONS.items():
        listed = ", ".join(f"[{name}](#shield-{name})" for name in names)
        parts.append(f"- {title}: {listed}")
    parts.append("")
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command
        parts += _sections(name, command, context)
    return "\n".join(parts)


def _option_rows(command: click.Command, context: click.Context) -> list[tuple[str, str, str]]:
    rows = []
    for parameter in command.get_params(context):
        if not isinstance(parameter, click.Option) or parameter.hidden:
            continue
        if "--help" in parameter.opts:
            continue
        variable = f"`{parameter.envvar}`" if parameter.envvar else ""
        rows.append((_option(parameter), parameter.help or _choices(parameter), variable))
    return rows


def _command_section(name: str, command: click.Command, parent: click.Context) -> list[str]:
    context = click.Context(command, parent=parent, info_name=name)
    usage = " ".join(command.collect_usage_pieces(context))
    help_text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    level = "###" if " " in name else "##"
    parts = [f"{level} shield {name}\n", f"`shield {name} {usage}`\n", f"{help_text}\n"]
    rows = _option_rows(command, context)
    if rows:
        parts.append(table("option | description | variable", rows))
    if name in EXAMPLES:
        parts += ["Examples:\n", "```text", *EXAMPLES[name], "```\n"]
    return parts


def _sections(name: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    """Yield the section of a command and those of its subcommands."""
    yield from _command_section(name, command, parent)
    if isinstance(command, click.Group):
        for subname, subcommand in sorted(command.commands.items()):
            yield from _command_section(f"{name} {subname}", subcommand, parent)


def _option(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    if option.is_flag:
        return names
    return f"{names} `{option.make_metavar(click.Context(cli))}`"


def _choices(option: click.Option) -> str:
    if not isinstance(option.type, click.Choice):
        return ""
    return " or ".join(str(choice) for choice in option.type.choices)


def environment_page() -> str:
    """Return the page on the environment variables of the runtime and of the command."""
    used = set()
    for path in Path(shield_runtime.__file__).parent.rglob("*.py"):
        used.update(re.findall(VARIABLE, path.read_text("utf-8")))
    assert used == set(words.RUNTIME_VARIABLES), used ^ set(words.RUNTIME_VARIABLES)
    of_runtime = []
    for name, (default, description) in words.RUNTIME_VARIABLES.items():
        of_runtime.append((f"`{name}`", default, description))
    of_command = [(f"`{name}`", text) for name, text in words.COMMAND_VARIABLES.items()]
    return "\n".join(
        [
            "# Environment variables and settings\n",
            "## Application\n",
            "The runtime reads these variables when the application first reads a secret,",
            "and again after `clear_secret_cache()`.\n",
            table("variable | default | description", of_runtime),
            "Credentials, endpoint and proxy are configured as for every AWS SDK:",
            "`AWS_PROFILE`, `AWS_ROLE_ARN`, `AWS_ENDPOINT_URL` and so on.\n",
            "## Command\n",
            "Each option of `shield` can be set with an environment variable:",
            "`SHIELD_SCAN_FORMAT=json` is the same as `shield scan --format json`.",
            "[Commands](commands.md) lists these variables. No option or variable accepts",
            "the value of a secret.\n",
            table("variable | description", of_command),
            *_project_settings(),
        ]
    )


def _project_settings() -> list[str]:
    """Return the section on `[tool.shield-ai]` in pyproject.toml."""
    rows = []
    for command, settings in SETTINGS.items():
        where = f"[tool.shield-ai.{command}]" if command else "[tool.shield-ai]"
        rows += [(f"`{where}`", f"`{key}`", why) for key, why in settings.items()]
    return [
        "## pyproject.toml\n",
        "`pyproject.toml` can set the defaults of some options:\n",
        "```toml",
        "[tool.shield-ai.scan]",
        'fail-on = "high"',
        "```\n",
        "The command line takes precedence, then the variable of the option, then",
        "`pyproject.toml`. `shield` uses the file of the current folder or of a folder above it in",
        "the same git repository, and prints on stderr what the file sets. The file of a folder",
        "that is named on the command line, as in `shield scan PATH`, is not used.\n",
        "`shield` also runs in repositories that are not trusted. So only these options can be",
        "set, and all others are errors:\n",
        table("table | setting | why a repository may set it", rows),
        "Not settable are options that\n",
        "- run code: `--run-settings`, `--python`;",
        "- write or name files: `--output`, `--env-file`;",
        "- choose an AWS account or a source of values: `--environment`, `--copy-from`,",
        "  `--repository`;",
        "- skip a question or a check: `--yes`, `--allow-dirty`, `--conflict`;",
        "- limit what is examined or shown: `--baseline`, `--staged`, `--only`, `--since`,",
        "  `--quiet`, `report --format`;",
        "- use the resources of the machine: `--jobs`, `--engine`;",
        "- change what a program reads: `--json`, `scan --format`, which with SARIF also exits",
        "  with 0.\n",
        "`shield run`, `shield rollback` and `shield completion` ignore `[tool.shield-ai]`, so",
        "that an invalid file does not stop them.\n",
    ]


def exit_codes_page() -> str:
    """Return the page on the exit codes and the errors that cause them."""
    codes = set()
    for name, value in vars(errors).items():
        if isinstance(value, int) and re.fullmatch(r"[A-Z_]+", name):
            codes.add(value)
    assert codes == set(words.EXIT_CODES), codes ^ set(words.EXIT_CODES)
    causes: dict[int, list[str]] = {code: [] for code in codes}
    for error in _subclasses(errors.ShieldError):
        summary = (error.__doc__ or "").splitlines()[0]
        causes[error.exit_code].append(f"`{error.__name__}`: {summary}")
    rows = [
        (str(code), words.EXIT_CODES[code], "<br>".join(causes[code])) for code in sorted(codes)
    ]
    return "# Exit codes\n\n" + table("code | meaning | errors", rows)


def checks_page() -> str:
    """Return the page on the checks of `shield verify`."""
    rows = []
    for info in (info for check in find_checks() for info in check.makes):
        title = info.title.replace("{subject}", "*NAME*")
        controls = ", ".join(f"`{control}`" for control in info.controls)
        rows.append((f"`{info.id}`", title, info.reads, controls))
    parts = [
        "# Checks\n",
        "[`shield verify`](commands.md#shield-verify) makes these checks. With `--json`, each has",
        "its `id`, its title as `name`, the `status` (`ok`, `failed`, `unknown`, or",
        "`absent` for an optional secret that is not in AWS), a `detail`, a",
        "`hint`, and as `subject` the secret or key that it is about. The ids are stable; titles",
        "can change. A failed check fails the control of `shield report` that it is for.\n",
        table("id | title | reads | control", rows),
    ]
    return "\n".join(parts)


def skip_reasons_page() -> str:
    """Return the page on the reasons why items are skipped."""
    rows = []
    for case in SkipId:
        parts = Formatter().parse(case.text)
        text = "".join(before + (f"*{name.upper()}*" if name else "") for before, name, *_ in parts)
        rows.append((f"`{case}`", text))
    parts = [
        "# Reasons for skipped items\n",
        "[`shield scan`](commands.md#shield-scan) and [`shield plan`](commands.md#shield-plan)",
        "list what they skip. With `--json`, each item has the `id` of its reason, and the text as",
        "`reason`. The ids are stable; texts can change.\n",
        table("id | text", rows),
    ]
    return "\n".join(parts)


def _subclasses(error: type[errors.ShieldError]) -> Iterator[type[errors.ShieldError]]:
    yield error
    for subclass in error.__subclasses__():
        yield from _subclasses(subclass)
