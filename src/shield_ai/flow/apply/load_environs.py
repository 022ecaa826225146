"""Determine the environment variables with which the settings are loaded for a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow.apply.agent_stub import environ_without_aws, variables_of_app
from shield_ai.flow.apply.configuration_class import configuration_variable
from shield_ai.flow.apply.other_values import other_value
from shield_ai.flow.apply.sample_values import sample_value
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from shield_ai.flow.apply.settings_values import KnownValues
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest


DEVELOPMENT = regex(r"(?i)dev|local|test")


class LoadEnvirons(NamedTuple):
    """The environments in which the settings are loaded with AWS off, and the secrets' values."""

    current: dict[str, str]  # the current environment
    # The production environment, in which every required variable of shield.toml is set.
    complete: dict[str, str]
    # By variable: known values, literals, and invented values of required variables without one.
    values: dict[str, Hidden]
    samples: dict[str, str]  # the invented ones of `values`
    others: dict[str, str]  # other values of the variables of secrets, by which nothing may change
    empty: dict[str, str]  # variables of `complete` that are set and empty, as the app demands


def load_environs(
    root: Path,
    modules: Sequence[tuple[str, str]],
    manifest: Manifest,
    values: KnownValues,
    environ: Mapping[str, str],
) -> LoadEnvirons:
    """Return the environments for the comparison of settings.

    Args:
        root: The app's folder.
        modules: The settings modules, each with the folder below root that it is imported from.
        manifest: shield.toml.
        values: The values of the app's variables.
        environ: The environment variables of this process.
    """
    known = _environment_values(manifest, values)
    variables = {name: value.reveal() for name, value in known.items()}
    env_files = {name: value.reveal() for name, value in values.env_files.items()}
    production = production_environ(root, modules, environ, env_files, values.stage)
    empty = _empty_variables(production, manifest) & values.demanded
    complete = {**_without_empty(production, manifest, empty), **variables}
    known_and_literal = {**known, **values.literals}
    return LoadEnvirons(
        current={
            **configuration_variable(root, modules, production=False),
            **environ_without_aws(environ),
        },
        complete=complete,
        values=known_and_literal,
        samples={name: text for name, text in variables.items() if name not in values.variables},
        others=_other_values(set(manifest.variables()) & complete.keys(), known_and_literal),
        empty=dict.fromkeys(empty, ""),
    )


def production_environ(
    root: Path,
    modules: Sequence[tuple[str, str]],
    environ: Mapping[str, str],
    env_files: Mapping[str, str],
    stage: str,
) -> dict[str, str]:
    """Return the environment variables of production, with AWS off.

    Args:
        root: The app's folder.
        modules: The settings modules, each with the folder below root that it is imported from.
        environ: The environment variables of this process.
        env_files: The variables of the env files that the user gave.
        stage: The variable that tells the runtime that the process serves production.
    """
    configuration = configuration_variable(root, modules, production=True)
    if any(map(DEVELOPMENT.search, configuration.values())):
        configuration |= {name: environ[name] for name in configuration if name in environ}
    return {
        **environ_without_aws(environ),
        **configuration,  # the shell is that of a developer
        stage: "production",
        **variables_of_app(env_files),
    }


def _empty_variables(environ: Mapping[str, str], manifest: Manifest) -> set[str]:
    """Return the variables of optional secrets that are set to an empty value.

    AWS stores no empty value, but with AWS on, get_secret() returns that of such a variable.
    """
    optional = {name for s in manifest.secret if s.optional for name in s.variables()}
    return {name for name in optional if environ.get(name) == ""}


def _without_empty(
    environ: Mapping[str, str], manifest: Manifest, allowed: Collection[str]
) -> dict[str, str]:
    """Return an environment without the other empty variables of secrets."""
    unwanted = set(manifest.variables()).difference(allowed)
    return {name: text for name, text in environ.items() if text or name not in unwanted}


def _other_values(names: Collection[str], values: Mapping[str, Hidden]) -> dict[str, str]:
    """Return another value for each variable with a known one, if there is a suitable one."""
    others = {}
    for name in sorted(names):
        other = other_value(values[name].reveal()) if name in values else ""
        if other:
            others[name] = other
    return others


def _environment_values(manifest: Manifest, values: KnownValues) -> dict[str, Hidden]:
    """Return a value for each variable that the app may need in its environment."""
    found = {}
    for secret in manifest.secret:
        for variable in secret.variables():
            is_optional = secret.optional or variable in values.literals
            if variable in values.variables or not is_optional:
                found[variable] = values.variables.get(variable) or sample_value(variable, secret)
    return found
