"""Load the app's settings with AWS on and the values that AWS holds, without the environment to fall back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.settings_check import Store
from shield_ai.flow.settings_probe import Probe
from shield_ai.flow.verify.check import Check, Status
from shield_ai.project.values import member

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from shield_ai.model.hidden import Hidden
    from shield_ai.model.manifest import Manifest

LOADS, ALONE = "the settings load with AWS on", "no environment fallback in use"


def verify_settings(
    root: Path,
    modules: Sequence[tuple[str, str]],
    manifest: Manifest,
    values: Mapping[str, Hidden],
    environ: Mapping[str, str],
) -> Iterator[Check]:
    """Load each settings module in a process of its own, which talks to nobody but a store of these values here.

    Args:
        root: The app's folder.
        modules: Dotted names, each with the folder below root that it is imported from.
        manifest: What is moved.
        values: What AWS holds, by the name there.
        environ: The process's environment.
    """
    if not modules:
        return
    moved = {variable for secret in manifest.secret for variable in secret.variables()}
    off = {k: v for k, v in environ.items() if not k.startswith("AWS_") and k != "USE_AWS_SECRETS"}
    bare = {k: v for k, v in off.items() if k not in moved} | {"DJANGO_ENV": "production"}
    probe = Probe(root, modules)
    with Store(values) as store:
        probe.port = store.port
        on = store.environment(manifest.app.prefix)
        alone = {
            loaded.module: loaded.error
            for loaded in probe.load({**bare, **on, "AWS_SECRETS_FALLBACK": "deny"})
        }
        wrong = [module for module, error in alone.items() if error]
        if not wrong:
            yield Check(name=LOADS, status=Status.OK)
            yield Check(name=ALONE, status=Status.OK)
            return
        probe.modules = [pair for pair in modules if pair[0] in wrong]
        helped = {
            loaded.module: loaded.error
            for loaded in probe.load({**off, **on, "DJANGO_ENV": "production"})
        }
    held = {
        variable: part.reveal()
        for secret in manifest.secret
        if (value := values.get(manifest.app.prefix + secret.name))
        for variable, field in secret.variables().items()
        if (part := member(value, field))
    }
    before = {
        loaded.module: loaded.error
        for loaded in probe.load({**off, **held, "DJANGO_ENV": "production"})
    }
    yield from _checks(alone, helped, before)


def _checks(
    alone: Mapping[str, str], helped: Mapping[str, str], before: Mapping[str, str]
) -> Iterator[Check]:
    """Judge the modules that do not load by themselves: by how they load with the environment, and without AWS."""
    here = [f"{module} does not load here: {error}" for module, error in before.items() if error]
    failed = [
        f"{module}: {error}" for module, error in helped.items() if error and not before[module]
    ]
    lean = [
        f"{module} does not load without it: {alone[module]}"
        for module, error in helped.items()
        if not error
    ]
    lacks = "load them with USE_AWS_SECRETS=true; the error says what they lack"
    hint = lacks if failed else "run it where the app's dependencies and its other settings are"
    yield Check(
        name=LOADS,
        status=Status.FAILED if failed else Status.UNKNOWN if here else Status.OK,
        detail="; ".join(failed or here),
        hint=hint if failed or here else "",
    )
    yield Check(
        name=ALONE,
        status=Status.FAILED if lean else Status.UNKNOWN,
        detail="; ".join(lean or here or failed),
        hint="shield draft, then shield apply: a secret is in the environment alone"
        if lean
        else hint,
    )
