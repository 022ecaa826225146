"""Compare the values in deployment files with those that AWS has after apply."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow.plan.compose_interpolation import (
    has_embedded_reference,
    interpolate_compose_value,
    read_compose_variables,
)
from shield_ai.flow.plan.job_files import pipeline_values
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.rewrite.project.deployment.containers import DIFFERENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from shield_ai.flow.plan.deployment_sources import DeploymentSources
    from shield_ai.model.deployment import EnvironmentEntry, EnvironmentFile

NOT_COMPARED = "it is not known whether AWS has this value"


class FileValue(NamedTuple):
    """The value of a variable in a file for production."""

    variable: str
    text: str | None  # None: not known
    place: tuple[str, str] = ("", "")  # the file and the container; empty for a pipeline


def file_values(sources: DeploymentSources) -> Iterator[FileValue]:
    """Yield the values that the files for production contain, or compose of variables."""
    forms = {
        (item.path, item.unit, item.variable): item.form
        for item in sources.variables
        if item.use is Use.PRODUCTION
    }
    for path, file in sources.files.items():
        variables: Mapping[str, str] | None = None
        for block in file.blocks:
            for entry in block.entries:
                place = (path, block.unit)
                form = forms.get((*place, entry.variable))
                if entry.value is None and _has_embedded_reference(file, entry, form):
                    yield FileValue(entry.variable, None, place)
                if entry.value is None or form is None:
                    continue
                is_compose = file.kind is DeploymentKind.COMPOSE
                if is_compose and has_embedded_reference(entry.value):
                    if variables is None:
                        variables = read_compose_variables(sources.read, path)
                    text = interpolate_compose_value(entry.value, variables)
                    yield FileValue(entry.variable, text, place)
                elif form in {ValueForm.LITERAL, ValueForm.URL}:
                    text = entry.value.replace("$$", "$") if is_compose else entry.value
                    yield FileValue(entry.variable, text, place)


def _has_embedded_reference(
    file: EnvironmentFile, entry: EnvironmentEntry, form: ValueForm | None
) -> bool:
    """Return whether a CloudFormation template computes a value.

    It is then neither a single parameter nor a reference to a secret store.
    """
    is_template = file.kind is DeploymentKind.CLOUDFORMATION
    is_known = form in {None, ValueForm.SECRET_STORE} or entry.reference in file.parameters
    return is_template and not is_known


class KeptValues(NamedTuple):
    """The values in files that differ, or may differ, from those that AWS has after apply."""

    reasons: dict[str, str]  # why a variable must stay in all files, by its name
    places: set[tuple[str, str, str]]  # file, container and variable


def kept_values(
    sources: DeploymentSources, has_value: Callable[[str, str], bool | None]
) -> KeptValues:
    """Return the values that must stay in the files.

    Args:
        sources: The deployment files.
        has_value: Takes a variable and a text. Returns whether the text is the value that AWS has
            after apply; None if that value is not known.
    """
    kept = KeptValues({}, set())
    differing: set[str] = set()
    in_jobs = (FileValue(*item) for item in pipeline_values(sources.jobs, sources.variables))
    for variable, text, place in (*file_values(sources), *in_jobs):
        is_same = None if text is None else has_value(variable, text)
        if is_same is False and variable not in differing:
            differing.add(variable)
            kept.reasons[variable] = DIFFERENT.format(place[0] or "the file")
        elif is_same is None:
            kept.reasons.setdefault(variable, NOT_COMPARED)
        if not is_same:
            kept.places.add((*place, variable))
    return kept
