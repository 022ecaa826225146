"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path

import click

APP = click.argument("app", default=".", type=click.Path(path_type=Path))
ONLY = click.option("--only", type=click.Choice(["code", "aws"]), help="leave the other half alone")
ENV_FILES = click.option(
    "--env-file",
    "env_files",
    multiple=True,
    type=click.Path(),
    help="take values from here, - for standard input; the last one wins",
)
CONFLICT = click.option(
    "--conflict",
    type=click.Choice(["keep", "replace", "ask"]),
    default="keep",
    show_default=True,
    help="what to do with a value in AWS that differs, and with what somebody changed by hand",
)
ENVIRONMENT = click.option(
    "--environment",
    default="",
    help="one of shield.toml's, with a prefix, region or account of its own",
)
PROMPT = click.option("--prompt", is_flag=True, help="ask for a value that no source has, unseen")
COPY_FROM = click.option(
    "--copy-from", default="", metavar="ENVIRONMENT", help="take values from there"
)
YES = click.option("--yes", "-y", is_flag=True, help="do not ask")
JSON = click.option("--json", "as_json", is_flag=True, help="print JSON")
