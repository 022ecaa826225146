"""Define the global options, which can precede or follow a command, and --help's examples."""

from __future__ import annotations

import functools
from typing import Any

import click
from click.core import ParameterSource

from shield_ai.model.output_options import OUTPUT

NOTE = "Global options: -v, -q, --color, -V; see shield --help."

# Complete commands without placeholders, so that they can be copied.
EXAMPLES = {
    "scan": (
        "shield scan",
        "shield scan --fail-on high src",
        "shield scan --staged",
        "shield scan --format sarif -o results.sarif",
    ),
    "draft": ("shield draft", "shield draft --from-sarif results.sarif"),
    "plan": (
        "shield plan --only code",
        "shield plan --env-file .env",
        "shield plan --env-file .env -o plan.json",
    ),
    "apply": (
        "shield apply --env-file .env",
        "shield apply plan.json",
        "shield apply --only code",
    ),
    "verify": ("shield verify", "shield verify --only code", "shield verify --json"),
    "rollback": ("shield rollback", "shield rollback --only code"),
    "rotate": (
        "shield rotate --status",
        "shield rotate database-credentials",
        "shield rotate --due --yes",
    ),
    "audit": ("shield audit --since 24h", "shield audit --trail logs/"),
    "report": ("shield report -o report.html", "shield report --only code -o report.md"),
    "cost": ("shield cost", "shield cost --processes 12 --ttl 600"),
    "run": (
        "shield run -- ./backup.sh",
        "shield run --only database-credentials -- psql",
    ),
    "pull": ("shield pull --env-file .env",),
    "export": (
        "shield export --format terraform -o secrets.tf.json",
        "shield export --format operator-policy",
    ),
    "explain": ("shield explain CSEC34.literal",),
    "patterns": ("shield patterns list", "shield patterns check"),
    "local": ("shield local", "shield local bash"),
    "schema": ("shield schema -o shield.schema.json", "shield schema scan"),
    "demo": ("shield demo", "shield demo --keep shop"),
    "completion": ('eval "$(shield completion bash)"',),
}


def _print_action(action: str) -> None:
    from shield_ai.cli.console import echo  # slow, and --help does not need it

    echo(action, err=True)


def _store_option(ctx: click.Context, option: click.Parameter, value: Any) -> None:
    """Store a global option.

    Options after the command's name override those before it, and these override variables.
    """
    if not value and ctx.parent is not None:
        return
    OUTPUT.print_action = _print_action
    name = str(option.name)
    if name == "color":
        OUTPUT.color = value or "auto"
        ctx.color = {"always": True, "never": False}.get(OUTPUT.color)
        return
    other = "verbose" if name == "quiet" else "quiet"
    is_on = bool(value) and _overrides(ctx, name, other)
    setattr(OUTPUT, name, is_on)
    if is_on:
        setattr(OUTPUT, other, False)


def _overrides(ctx: click.Context, name: str, other: str) -> bool:
    """Return whether -q or -v overrides the other one, or is the only one that is on."""
    if not getattr(OUTPUT, other):
        return True
    other_source = ctx.get_parameter_source(other)
    if ctx.get_parameter_source(name) is other_source:
        raise click.UsageError("-q can't be combined with -v", ctx)
    return other_source is not ParameterSource.COMMANDLINE


def _option(*flags: str, help_text: str, **settings: Any) -> click.Option:
    name = max(flags, key=len).lstrip("-")
    return click.Option(
        flags,
        envvar=f"SHIELD_{name}".upper(),
        callback=_store_option,
        expose_value=False,
        is_eager=True,
        help=help_text,
        **settings,
    )


GLOBAL_OPTIONS = (
    _option(
        "-v",
        "--verbose",
        is_flag=True,
        help_text="Print file reads, commands and AWS calls on stderr, but no secret values.",
    ),
    _option(
        "-q",
        "--quiet",
        is_flag=True,
        help_text="Print only results, warnings and errors, and omit the summary of a scan.",
    ),
    _option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        help_text="When to color output. The default is auto: only on a terminal.",
    ),
)


version_option = functools.partial(
    click.version_option,
    None,
    "-V",
    "--version",
    package_name="shield-ai",
    message="%(prog)s %(version)s",
)


def _hidden_copy(option: click.Option) -> click.Option:
    """Return an option for after the command's name, which --help does not repeat."""
    return click.Option(
        [*option.opts],
        is_flag=option.is_flag,
        type=option.type,
        callback=_store_option,
        expose_value=False,
        is_eager=True,
        hidden=True,
    )


def add_global_options(command: click.Command, name: str) -> None:
    """Let a command accept the global options, and add its examples to --help.

    Args:
        command: The command.
        name: Its name below `shield`.
    """
    if command.epilog:  # the command was looked up before
        return
    examples = "\n".join(f"  {example}" for example in EXAMPLES.get(name, ()))
    command.epilog = f"\b\nExamples:\n{examples}\n\n{NOTE}"
    subcommands = command.commands.values() if isinstance(command, click.Group) else ()
    for target in (command, *subcommands):
        target.params += map(_hidden_copy, GLOBAL_OPTIONS)
        version_option(hidden=True)(target)
