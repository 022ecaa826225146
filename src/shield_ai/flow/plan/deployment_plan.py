"""Collect what the edits of deployment files depend on."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.flow.plan.compose_interpolation import (
    interpolate_compose_value,
    is_composed,
    read_compose_variables,
)
from shield_ai.flow.plan.deployment_reads import find_reads
from shield_ai.flow.plan.job_files import JobFiles, find_job_files, pipeline_values, plan_jobs
from shield_ai.flow.plan.workflow_plan import (
    NO_ENVIRONMENT,
    OTHER_ENVIRONMENT,
    environment_pattern,
    export_command,
)
from shield_ai.model.deployment import DeploymentKind, EnvironmentFile, Use, ValueForm
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.project.deployment.variables import (
    DIFFERENT,
    DeploymentInputs,
    edit_deployment,
)
from shield_ai.scan.deployment.blocks import find_environments
from shield_ai.scan.deployment.command_reads import find_command_reads
from shield_ai.scan.deployment.compose_references import find_passed_on
from shield_ai.scan.deployment.recognize import COMPOSE_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from shield_ai.model.deployment import Deployment, DeploymentVariable, EnvironmentEntry
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped
    from shield_ai.rewrite.project.deployment.outcome import EditOutcome

# The file that `docker compose` reads without -f, also in combination with others.
COMPOSE_BASE = regex(r"(?:docker-)?compose\.ya?ml")
# The manifests that overlays of Kustomize for several environments share.
KUSTOMIZE_BASE = regex(r"(?:^|/)bases?/")
EDITABLE = frozenset(
    {
        DeploymentKind.COMPOSE,
        DeploymentKind.KUBERNETES,
        DeploymentKind.ECS,
        DeploymentKind.CLOUDFORMATION,
        DeploymentKind.GITHUB,
        DeploymentKind.GITLAB,
    }
)
# Kinds with jobs, not with containers.
PIPELINES = frozenset({DeploymentKind.GITHUB, DeploymentKind.GITLAB})
NOT_CHOSEN = "{} is not listed in edit under [deployment] in shield.toml"
NOT_EDITED = "shield does not edit files of this kind: {}"
NOT_A_WORKFLOW = "not in the folder .github/workflows of the app"
OUTSIDE = "outside the app: shield does not edit the file, because other apps can share it"
OUTSIDE_PATH = "../"
NOT_A_PIPELINE = "not the file .gitlab-ci.yml of the app"
COMBINED = "it can be combined with {}"
SHARED = "overlays for development can share it"
EXTERNAL = "external = true: something other than the app's code reads it"
NOT_READ = "no code reads it with get_secret()"
PLAIN_READ = "{} reads it without get_secret()"
COMMAND_READ = "{} reads it"
AWS_NOT_READ = "with --only code, it is not known whether AWS has its value"
NOT_STORED = "AWS has no value for it"
NOT_COMPARED = "it is not known whether AWS has this value"


@dataclasses.dataclass(frozen=True, kw_only=True)
class DeploymentSources:
    """The deployment files to edit, and who reads the variables besides the code.

    Args:
        variables: The lines that set variables.
        files: The files that set variables, by path. A file that is not edited has only a problem.
        command_reads: A place that reads each variable, such as an entrypoint script, by variable.
        migrated: The variables that the code already reads with get_secret().
        jobs: The workflows and pipelines.
        read: Returns the bytes of a file of the app.
    """

    variables: Sequence[DeploymentVariable]
    files: Mapping[str, EnvironmentFile]
    command_reads: Mapping[str, str]
    migrated: frozenset[str]
    jobs: JobFiles = dataclasses.field(default_factory=JobFiles)
    read: FileReader = lambda _: None


def find_sources(
    root: Path,
    read: FileReader,
    deployment: Deployment,
    manifest: Manifest,
    environment: str,
    migrated: Collection[str],
) -> DeploymentSources | None:
    """Return the deployment files to edit; None if shield.toml names no kind of files.

    Args:
        root: The app's folder.
        read: Returns the bytes of a file of the app.
        deployment: The lines that set variables.
        manifest: shield.toml.
        environment: The selected environment of shield.toml; empty: none.
        migrated: The variables that the code already reads with get_secret().

    Raises:
        SourceError: A file can't be read, or the folder can't be listed.
    """
    kinds = {DeploymentKind(kind) for kind in manifest.deployment.edit}
    if not kinds:
        return None
    jobs = find_job_files(root, manifest, environment, kinds)
    known = jobs.paths()
    places = {item.path: item.kind for item in deployment.variables if item.path not in known}
    chosen = {path: kind for path, kind in places.items() if _is_chosen(path, kind, kinds)}
    files = {path: find_environments(read(path) or b"", kind) for path, kind in chosen.items()}
    for path in sorted(places.keys() - chosen.keys()):
        problem = _why_not_edited(path, places[path], kinds)
        files[path] = EnvironmentFile(b"", places[path], problem=problem)
    for path, problem in _problems(root, chosen, manifest, environment):
        files[path] = files[path]._replace(problem=problem)
    return DeploymentSources(
        variables=deployment.variables,
        files=files,
        command_reads=find_command_reads(root, manifest.variables()),
        migrated=frozenset(migrated),
        jobs=jobs,
        read=read,
    )


def passed_on_variables(root: Path, manifest: Manifest) -> list[str]:
    """Return the variables that Docker Compose passes to services other than the app.

    Args:
        root: The app's folder.
        manifest: shield.toml.

    Raises:
        SourceError: The folder can't be listed.
    """
    return find_passed_on(root, manifest.variables(), manifest.deployment.containers)


def _is_chosen(path: str, kind: DeploymentKind, kinds: Collection[DeploymentKind]) -> bool:
    """Return whether the containers of a file are edited."""
    return kind in kinds and kind not in PIPELINES and not path.startswith(OUTSIDE_PATH)


def _why_not_edited(path: str, kind: DeploymentKind, kinds: Collection[DeploymentKind]) -> str:
    if path.startswith(OUTSIDE_PATH):
        return OUTSIDE
    if kind in kinds:
        return NOT_A_WORKFLOW if kind is DeploymentKind.GITHUB else NOT_A_PIPELINE
    return NOT_CHOSEN.format(kind) if kind in EDITABLE else NOT_EDITED.format(kind.label)


def _problems(
    root: Path, chosen: Mapping[str, DeploymentKind], manifest: Manifest, environment: str
) -> Iterator[tuple[str, str]]:
    """Yield the files that may be for another environment or combined with others, and why."""
    pattern = environment_pattern(environment)
    for path, kind in chosen.items():
        if manifest.environments and not environment:
            yield path, NO_ENVIRONMENT
        elif manifest.environments and not pattern.search(path):
            yield path, OTHER_ENVIRONMENT.format(environment)
        elif kind is DeploymentKind.COMPOSE and (other := _combined_file(root, path)):
            yield path, COMBINED.format(other)
        elif kind is DeploymentKind.KUBERNETES and KUSTOMIZE_BASE.search(path):
            yield path, SHARED


def _combined_file(root: Path, path: str) -> str:
    """Return another Compose file that can override a base file; empty if there is none."""
    folder, _, name = path.rpartition("/")
    if not COMPOSE_BASE.fullmatch(name):
        return ""
    try:
        names = sorted(entry.name for entry in (root / folder).iterdir())
    except OSError:
        return ""
    others = (other for other in names if other != name and COMPOSE_FILE.fullmatch(other))
    return next(others, "")


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
                if entry.value is None and _is_composed(file, entry, form):
                    yield FileValue(entry.variable, None, place)
                if entry.value is None or form is None:
                    continue
                is_compose = file.kind is DeploymentKind.COMPOSE
                if is_compose and is_composed(entry.value):
                    if variables is None:
                        variables = read_compose_variables(sources.read, path)
                    text = interpolate_compose_value(entry.value, variables)
                    yield FileValue(entry.variable, text, place)
                elif form is ValueForm.LITERAL:
                    text = entry.value.replace("$$", "$") if is_compose else entry.value
                    yield FileValue(entry.variable, text, place)


def _is_composed(file: EnvironmentFile, entry: EnvironmentEntry, form: ValueForm | None) -> bool:
    """Return whether a template computes a value from more than one parameter."""
    is_template = file.kind is DeploymentKind.CLOUDFORMATION
    is_known = form in {None, ValueForm.SECRET_STORE} or entry.reference in file.parameters
    return is_template and not is_known


class KeptValues(NamedTuple):
    """The values in files that may not be those that AWS has after apply."""

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
    in_jobs = (FileValue(*item) for item in pipeline_values(sources.jobs, sources.variables))
    for variable, text, place in (*file_values(sources), *in_jobs):
        is_same = None if text is None else has_value(variable, text)
        if is_same is False:
            kept.reasons[variable] = DIFFERENT
        elif is_same is None:
            kept.reasons.setdefault(variable, NOT_COMPARED)
        if not is_same:
            kept.places.add((*place, variable))
    return kept


def deployment_inputs(
    sources: DeploymentSources,
    manifest: Manifest,
    sites: Sequence[FoundSite],
    skipped: Sequence[Skipped],
    stored: Collection[str] | None,
    different: KeptValues | None = None,
) -> DeploymentInputs:
    """Return the inputs of the edits.

    Args:
        sources: The deployment files, and who reads the variables.
        manifest: shield.toml.
        sites: The sites of the code.
        skipped: The sites that the plan does not rewrite.
        stored: The secrets with a value in AWS after apply; None if AWS is not read.
        different: The values in files that may not be those that AWS has.
    """
    different = different or KeptValues({}, set())
    plain_reads, rewritten = find_reads(sites, skipped)
    read = rewritten | sources.migrated
    kept = {}
    for secret in manifest.secret:
        for variable in secret.variables():
            if secret.external:
                kept[variable] = EXTERNAL
            elif variable in plain_reads:
                kept[variable] = PLAIN_READ.format(plain_reads[variable])
            elif variable not in read:
                kept[variable] = NOT_READ
            elif variable in sources.command_reads:
                kept[variable] = COMMAND_READ.format(sources.command_reads[variable])
            elif stored is None:
                kept[variable] = AWS_NOT_READ
            elif secret.name not in stored:
                kept[variable] = NOT_STORED
            elif variable in different.reasons:
                kept[variable] = different.reasons[variable]
    return DeploymentInputs(
        sources.variables,
        sources.files,
        kept,
        unavailable=_unavailable(manifest, stored),
        different=different.reasons,
        other_values=frozenset(different.places),
    )


def plan_edits(
    sources: DeploymentSources, inputs: DeploymentInputs, target: Manifest, account: str
) -> EditOutcome:
    """Plan the edits of all deployment files.

    Args:
        sources: The deployment files.
        inputs: The inputs of the edits.
        target: shield.toml, with the settings of the environment.
        account: The ID of the AWS account; empty if AWS is not read.
    """
    command = export_command(account, sources.jobs.environment)
    inputs = inputs._replace(account=account, command=command)
    outcome = edit_deployment(target, inputs)
    edited = plan_jobs(sources.jobs, sources.variables, target, inputs)
    outcome.changes.extend(edited.changes)
    outcome.skipped.extend(edited.skipped)
    outcome.next_steps.extend(edited.next_steps)
    return outcome


def _unavailable(manifest: Manifest, stored: Collection[str] | None) -> dict[str, str]:
    """Return why a platform can't read a variable from AWS, by variable."""
    reasons = {}
    for secret in manifest.secret:
        for variable in secret.variables():
            if stored is None:
                reasons[variable] = AWS_NOT_READ
            elif secret.name not in stored:
                reasons[variable] = NOT_STORED
    return reasons
