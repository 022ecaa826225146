"""Find the deployment files to edit, and who reads their variables."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from shield_ai.flow.aws_clients import aws_client_paths
from shield_ai.flow.plan.job_files import JobFiles, find_job_files
from shield_ai.flow.plan.workflow_plan import (
    NO_ENVIRONMENT,
    OTHER_ENVIRONMENT,
    environment_pattern,
)
from shield_ai.model.deployment import DeploymentKind, EnvironmentFile
from shield_ai.model.kept_variables import KeptVariables
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.blocks import find_environments
from shield_ai.scan.deployment.compose_references import find_passed_on
from shield_ai.scan.deployment.file_format import COMPOSE_FILE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.deployment import DeploymentVariable
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest

# The default file of `docker compose`. Other Compose files are often merged over it.
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class DeploymentSources:
    """The deployment files to edit, and who reads the variables besides the code.

    Args:
        variables: The lines that set variables.
        files: The files that set variables, by path. `problem` says why a file is not edited; the
            blocks of a file of another kind are not read.
        command_reads: The places that read each variable, such as entrypoint scripts.
        migrated: The variables that the code already reads with get_secret().
        jobs: The workflows and pipelines.
        read: Returns the bytes of a file of the app.
    """

    variables: Sequence[DeploymentVariable]
    files: Mapping[str, EnvironmentFile]
    command_reads: Mapping[str, Sequence[str]]
    migrated: frozenset[str]
    jobs: JobFiles = dataclasses.field(default_factory=JobFiles)
    read: FileReader = lambda _: None


def find_sources(app: AppContext) -> DeploymentSources | None:
    """Return the deployment files to edit; None if shield.toml names no kind of files.

    Args:
        app: The app.

    Raises:
        SourceError: A file can't be read, or the folder can't be listed.
    """
    manifest, deployment = app.manifest, app.deployment
    kinds = {DeploymentKind(kind) for kind in manifest.deployment.edit}
    if not kinds:
        return None
    root, read = app.tree.root, app.tree.read
    jobs = find_job_files(root, manifest, app.environment, kinds)
    known = jobs.paths()
    places = {item.path: item.kind for item in deployment.variables if item.path not in known}
    chosen = {path: kind for path, kind in places.items() if _is_chosen(path, kind, kinds)}
    files = {path: find_environments(read(path) or b"", kind) for path, kind in chosen.items()}
    for path in sorted(places.keys() - chosen.keys()):
        problem = _why_not_edited(path, places[path], kinds)
        files[path] = EnvironmentFile(b"", places[path], problem=problem)
    for path, problem in _problems(root, chosen, manifest, app.environment):
        files[path] = files[path]._replace(problem=problem)
    return DeploymentSources(
        variables=deployment.variables,
        files=files,
        command_reads=app.command_reads.preferred,
        migrated=frozenset(app.scan_result.migrated),
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


def find_kept_variables(app: AppContext) -> KeptVariables:
    """Return the variables that must stay set after the code reads secrets from AWS."""
    in_code, in_commands = app.scan_result.kept, app.command_reads.production
    variables = app.manifest.variables()
    injected: dict[str, list[str]] = {}
    for skip in app.scan_result.skipped:
        if skip.id is SkipId.INJECTED and skip.name in variables:
            injected.setdefault(skip.name, []).append(f"{skip.path}:{skip.line}")
    return KeptVariables(
        in_code=[name for name in variables if name in in_code],
        passed_on=passed_on_variables(app.tree.root, app.manifest),
        in_commands={name: in_commands[name] for name in variables if name in in_commands},
        injected=injected,
        aws_readers=aws_client_paths(app) if injected else (),
        parts={
            name: (derived.variable, derived.path)
            for name, derived in app.command_reads.derived.items()
        },
    )
