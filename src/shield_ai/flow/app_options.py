"""The options of a command on one app. They don't change while the command runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from shield_ai.model.hidden import Hidden
from shield_ai.project.runtime_names import DJANGO_STAGE

Scope = Literal["code", "aws"]
# Called with a label, the number of completed items and their total.
Progress: TypeAlias = Callable[[str, int, int], None]


class AppOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a command works on."""

    only: Scope | None = None  # limit the command to code or AWS
    environment: str = ""  # an environment of shield.toml; empty: none
    on_progress: Progress = lambda _label, _done, _total: None


class PlanningOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The sources of values for a plan, and what to do with them."""

    env_files: tuple[str, ...] = ()  # files to take values from
    copy_from: str = ""  # the environment to copy values from; empty: none
    # Prompts the user for the value of a variable; None: don't prompt.
    prompt: Callable[[str], Hidden] | None = None
    remove_literals: bool = False  # move literals from the code to .env
    # Returns, by kind and name, whether to overwrite values and settings that differ in AWS.
    may_overwrite: Callable[[str, str], bool] = lambda _kind, _name: False
    # Read values in AWS if nothing else tells whether they differ.
    compares_values: bool = False


class SettingsOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Whether and how to load the app's settings, which runs the app's code."""

    may_run: bool = False
    python: str = ""  # the interpreter; empty: that of the app
    env_files: tuple[str, ...] = ()  # files with other variables, for the load with AWS on
    stage: str = DJANGO_STAGE  # the variable with the stage of the process
