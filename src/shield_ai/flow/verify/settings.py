"""Check that the settings load with AWS on, from the secrets in AWS alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from shield_ai.flow.app_options import SettingsOptions
from shield_ai.flow.apply.agent_stub import AgentStub
from shield_ai.flow.apply.load_environs import production_environ
from shield_ai.flow.apply.sample_values import sample_value
from shield_ai.flow.apply.settings_probe import SettingsLoader
from shield_ai.flow.plan.prefix_variable import PREFIX_VARIABLE, needs_prefix_variable
from shield_ai.flow.value_sources import EnvFiles
from shield_ai.flow.verify.check import Check, CheckInfo, Status, join_names, make_check
from shield_ai.flow.verify.registry import AwsCheck, AwsTarget
from shield_ai.project.secret_document import json_field
from shield_ai.scan.python.app.development_files import development_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from shield_ai.flow.app_context import AppContext
    from shield_ai.flow.apply.loaded_settings import LoadedSettings
    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest

_DEFAULTS = SettingsOptions()
SETTINGS_LOAD = CheckInfo(
    "settings-load",
    "the settings load with AWS on",
    "the settings modules, with the secrets in AWS",
)
NO_FALLBACK_NEEDED = CheckInfo(
    "no-fallback-needed",
    "the settings load without the variables of the secrets",
    "the settings modules, without the variables of the secrets",
)

_HINT_NOT_HERE = (
    "choose the app's Python with --python, or give the app's other environment variables with "
    "--env-file"
)
_HINT_FAILED = (
    "load the settings with USE_AWS_SECRETS=true; the error says what is missing or invalid"
)
_HINT_NOT_RUN = "loading the settings runs the app's code: use --run-settings if you trust the app"
_HINT_NO_BOTO3 = "install the app's requirements there, or choose the app's Python with --python"
_HINT_LEFT_OUT = "add the settings for production to settings in the [app] table of shield.toml"
_LEFT_OUT = "not checked: {}, which only development or tests use"
_HINT_FALLBACK = (
    "run shield draft, then shield apply: a secret is in an environment variable, but not in AWS"
)


def settings_not_checked() -> Iterator[Check]:
    """Yield the checks as unknown, because the user did not allow running the app's code."""
    detail = "not checked: the settings were not loaded"
    for info in (SETTINGS_LOAD, NO_FALLBACK_NEEDED):
        yield make_check(info, Status.UNKNOWN, detail, _HINT_NOT_RUN)


def verify_settings(
    root: Path,
    modules: Sequence[tuple[str, str]],
    manifest: Manifest,
    values: Mapping[str, Hidden],
    environ: Mapping[str, str],
    options: SettingsOptions = _DEFAULTS,
) -> Iterator[Check]:
    """Load the settings with AWS on, first without environment variables to fall back to.

    Each module is loaded in a separate process, which can only reach an agent with these values.

    Args:
        root: The app's folder.
        modules: Dotted names, each with the folder below root that it is imported from.
        manifest: shield.toml, with the settings of the environment.
        values: The value of each secret, by the name in AWS.
        environ: The environment variables of this process.
        options: The interpreter that loads the settings, and env files with other variables.

    Raises:
        SourceError: An env file can't be read.
    """
    if not modules:
        return
    env_files = _env_file_variables(options.env_files)
    production = production_environ(root, modules, environ, env_files, options.stage)
    loader = SettingsLoader(root, modules, options.python)
    from_aws = _env_vars(manifest, values)
    loader.hidden = list(from_aws.values())
    with AgentStub(values) as agent:
        loader.allowed_port = agent.port
        aws_on = agent.env_vars(manifest.app.prefix)
        without_moved = _without_moved(production, manifest)
        loaded = loader.load({**without_moved, **aws_on, "AWS_SECRETS_FALLBACK": "deny"})
        without_fallback = _errors(loaded)
        failed = [module for module, error in without_fallback.items() if error]
        load_check = _boto3_check(loaded, loader.python, environ)
        if not failed:
            yield _with_prefix(load_check, manifest)
            yield _without_fallback_check(load_check, _served_by_defaults(manifest, values))
            return
        loader.modules = [pair for pair in modules if pair[0] in failed]
        with_fallback = _errors(loader.load({**production, **aws_on}))
    off = _errors(loader.load({**production, **from_aws}))
    if any(off.values()):
        off = _without_errors_of_values(off, loader, production, manifest)
    settings = _settings_check(with_fallback, off)
    settings = load_check if settings.status is Status.OK else settings
    yield _with_prefix(settings, manifest)
    yield _fallback_check(without_fallback, with_fallback, off, _fallback_hint(manifest))


def _env_file_variables(paths: Sequence[str]) -> dict[str, str]:
    """Return the variables of env files; the last file takes precedence."""
    variables: dict[str, str] = {}
    for values in EnvFiles().read(paths).values():
        variables |= {name: value.reveal() for name, value in values.items()}
    return variables


def _without_errors_of_values(
    off: Mapping[str, str],
    loader: SettingsLoader,
    production: Mapping[str, str],
    manifest: Manifest,
) -> dict[str, str]:
    """Return the errors with AWS off that sample values do not prevent.

    A module that loads with sample values failed because of the values in AWS.
    """
    remaining = dict(off)
    for samples in _samples(manifest):
        with_samples = _errors(loader.load({**production, **samples}))
        for module, error in with_samples.items():
            if not error:
                remaining[module] = ""
    return remaining


def _samples(manifest: Manifest) -> Iterator[dict[str, str]]:
    """Yield sample values for the variables of the secrets: texts and URLs, then numbers."""
    variables = [(name, secret) for secret in manifest.secret for name in secret.variables()]
    yield {name: sample_value(name, secret).reveal() for name, secret in variables}
    yield {name: "1" for name, _ in variables}


def _without_moved(environ: Mapping[str, str], manifest: Manifest) -> dict[str, str]:
    moved = manifest.variables()
    return {name: text for name, text in environ.items() if name not in moved}


def _errors(loaded: Iterable[LoadedSettings]) -> dict[str, str]:
    """Return the error of each module; empty if it loads."""
    return {found.module: found.failure() or found.class_failure() for found in loaded}


def _boto3_check(
    loaded: Iterable[LoadedSettings], python: str, environ: Mapping[str, str]
) -> Check:
    """Return the check SETTINGS_LOAD, if all modules load from the agent in place of AWS."""
    needs_boto3 = environ.get("AWS_SECRETS_TRANSPORT") != "agent"
    if needs_boto3 and not all(settings.has_boto3 for settings in loaded):
        detail = f"boto3 is not installed for {python}, so the app can't read from AWS there"
        return make_check(SETTINGS_LOAD, Status.FAILED, detail, _HINT_NO_BOTO3)
    return make_check(SETTINGS_LOAD, Status.OK)


def _with_prefix(check: Check, manifest: Manifest) -> Check:
    """Add to a check without details which variable it set, if the app needs it."""
    if check.detail or not manifest.app.prefix or not needs_prefix_variable(manifest):
        return check
    detail = f"with {PREFIX_VARIABLE}={manifest.app.prefix}, which the app needs where it runs"
    return msgspec.structs.replace(check, detail=detail)


def _without_fallback_check(load_check: Check, defaults: Sequence[str]) -> Check:
    """Return the check NO_FALLBACK_NEEDED, if all modules load from the agent in place of AWS.

    Args:
        load_check: The check SETTINGS_LOAD.
        defaults: The secrets and fields without a value in AWS.
    """
    if load_check.status is Status.OK:
        detail = f"with defaults in the code for {join_names(defaults)}" if defaults else ""
        return make_check(NO_FALLBACK_NEEDED, Status.OK, detail)
    return make_check(NO_FALLBACK_NEEDED, Status.UNKNOWN, load_check.detail, load_check.hint)


def _served_by_defaults(manifest: Manifest, values: Mapping[str, Hidden]) -> list[str]:
    """Return the optional secrets, and the fields of others, that AWS has no value for."""
    names = []
    for secret in manifest.secret:
        value = values.get(manifest.app.prefix + secret.name)
        if value is None:
            if secret.optional:
                names.append(secret.name)
            continue
        for field in secret.variables().values():
            if field and not json_field(value, field):
                names.append(f"{secret.name}:{field}")
    return names


def _env_vars(manifest: Manifest, values: Mapping[str, Hidden]) -> dict[str, str]:
    """Return the secrets as the environment variables that the app reads with AWS off."""
    env_vars = {}
    for secret in manifest.secret:
        value = values.get(manifest.app.prefix + secret.name)
        if not value:
            continue
        for variable, field in secret.variables().items():
            part = json_field(value, field)
            if part:
                env_vars[variable] = part.reveal()
    return env_vars


def _settings_check(with_fallback: Mapping[str, str], off: Mapping[str, str]) -> Check:
    """Return the check SETTINGS_LOAD, if modules failed without environment variables.

    Args:
        with_fallback: The errors with AWS on and environment variables to fall back to.
        off: The errors with AWS off.
    """
    failed = _failed_with_aws(with_fallback, off)
    if failed:
        detail = "; ".join(failed)
        return make_check(SETTINGS_LOAD, Status.FAILED, detail, _HINT_FAILED)
    not_here = _failed_here(off)
    if not_here:
        detail = "; ".join(not_here)
        return make_check(SETTINGS_LOAD, Status.UNKNOWN, detail, _HINT_NOT_HERE)
    return make_check(SETTINGS_LOAD, Status.OK)


def _fallback_hint(manifest: Manifest) -> str:
    if not manifest.app.ignore:
        return _HINT_FALLBACK
    return f"{_HINT_FALLBACK}; read the variables in ignore without get_secret()"


def _fallback_check(
    without_fallback: Mapping[str, str],
    with_fallback: Mapping[str, str],
    off: Mapping[str, str],
    hint: str,
) -> Check:
    """Return the check NO_FALLBACK_NEEDED, if modules failed without environment variables.

    Args:
        without_fallback: The errors with AWS on and without environment variables.
        with_fallback: The errors with AWS on and environment variables to fall back to.
        off: The errors with AWS off.
        hint: What to do if a module needs the environment variables.
    """
    needed = [
        f"{module} does not load without them: {without_fallback[module]}"
        for module, error in with_fallback.items()
        if not error
    ]
    if needed:
        detail = "; ".join(needed)
        return make_check(NO_FALLBACK_NEEDED, Status.FAILED, detail, hint)
    failed = _failed_with_aws(with_fallback, off)
    return make_check(
        NO_FALLBACK_NEEDED,
        Status.UNKNOWN,
        "; ".join(_failed_here(off) or failed),
        _HINT_FAILED if failed else _HINT_NOT_HERE,
    )


def _failed_with_aws(with_fallback: Mapping[str, str], off: Mapping[str, str]) -> list[str]:
    return [
        f"{module}: {error}" for module, error in with_fallback.items() if error and not off[module]
    ]


def _failed_here(off: Mapping[str, str]) -> list[str]:
    return [f"{module} does not load here: {error}" for module, error in off.items() if error]


def _check(target: AwsTarget) -> Iterator[Check]:
    if target.app.only:
        return
    modules = target.app.settings_modules()
    if modules and not target.settings.may_run:
        yield from settings_not_checked()
        return
    development = _development_modules(target.app)
    checks = verify_settings(
        target.app.tree.root,
        [pair for pair in modules if pair[0] not in development],
        target.manifest,
        target.reads.readable,
        os.environ,
        msgspec.structs.replace(target.settings, stage=target.app.scan_result.facts.stage),
    )
    yield from _name_left_out(checks, [name for name, _ in modules if name in development])


def _development_modules(app: AppContext) -> set[str]:
    """Return the settings that only development or tests use: they need no production values."""
    facts = app.scan_result.facts
    files = development_files(app.scan_result.files, facts.settings, app.tree.read)
    return set(map(facts.module, files))


def _name_left_out(checks: Iterable[Check], left_out: Sequence[str]) -> Iterator[Check]:
    """Add the settings that were left out to the checks; yield unknown checks if all were."""
    if not left_out:
        yield from checks
        return
    text = _LEFT_OUT.format(join_names(left_out))
    is_empty = True
    for check in checks:
        is_empty = False
        detail = f"{check.detail}; {text}" if check.detail else text
        yield msgspec.structs.replace(check, detail=detail)
    if is_empty:
        for info in (SETTINGS_LOAD, NO_FALLBACK_NEEDED):
            yield make_check(info, Status.UNKNOWN, text, _HINT_LEFT_OUT)


CHECKS = (AwsCheck(110, _check, (SETTINGS_LOAD, NO_FALLBACK_NEEDED)),)
