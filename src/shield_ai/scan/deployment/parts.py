"""Decide what the parts of a deployment file are for: jobs, services, documents and stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.compose_services import (
    OtherFile,
    development_compose_services,
    find_services,
)
from shield_ai.scan.deployment.containers import development_documents
from shield_ai.scan.deployment.line_formats import Span
from shield_ai.scan.deployment.production import CI_KINDS, common_use, is_production_name, job_use
from shield_ai.scan.deployment.stages import development_stages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shield_ai.scan.deployment.environment import Block
    from shield_ai.scan.text.config_node import Node

ANCHOR = b"&"
JOB_KEYS = frozenset({"steps", "script", "uses", "stage"})
TRAVIS_FILE = regex(r"(?:^|/)\.travis\.ya?ml$")
DEPLOY_KEYS = frozenset({"deploy", "jobs", "stages"})
ENVIRONMENTS = "environments"  # of an app.json: for tests and review apps


class DeploymentFile(NamedTuple):
    """A parsed deployment file, and what its parts are for."""

    path: str
    kind: DeploymentKind
    raw: bytes
    roots: list[Node]
    uses: Mapping[str, Use] = {}  # by the key of a job or service, or the offset of a document


def part_uses(file: DeploymentFile, others: Iterable[OtherFile] = ()) -> dict[str, Use]:
    """Return what the parts of a file are for, if the file alone does not decide.

    The key "" is for what is outside the services of a Compose file.

    Args:
        file: The file.
        others: The other Compose files of the app, if this is one.
    """
    if file.kind in CI_KINDS:
        return _job_uses(file) or _use_without_jobs(file)
    development: frozenset[str] = frozenset()
    if is_production_name(file.path):
        return {}
    if file.kind is DeploymentKind.COMPOSE:
        development = development_compose_services(file.path, file.roots, others)
        services = {key.text for key, _ in find_services(file.roots)}
        if development and len(development) == len(services):
            development |= {""}
    elif file.kind is DeploymentKind.KUBERNETES:
        development = development_documents(file.roots)
    return dict.fromkeys(development, Use.DEVELOPMENT)


def _job_uses(file: DeploymentFile) -> dict[str, Use]:
    """Return what the jobs of a workflow are for."""
    workflow = file.path.rpartition("/")[2]
    key_of_environment = "" if file.kind is DeploymentKind.CI else "environment"
    return {
        key.text: job_use(key.text, job, workflow, key_of_environment) for key, job in _jobs(file)
    }


def _jobs(file: DeploymentFile) -> Iterator[tuple[Node, Node]]:
    """Yield the jobs of a workflow, with their keys."""
    maps: list[Node] = []
    if file.kind in {DeploymentKind.GITHUB, DeploymentKind.CI}:
        maps = [value for key, value in file.roots[0].pairs if key.text == "jobs"]
    elif file.kind is DeploymentKind.GITLAB:
        maps = file.roots
    for node in maps:
        for key, job in node.pairs:
            if any(inner.text in JOB_KEYS for inner, _ in job.pairs):
                yield key, job


def _use_without_jobs(file: DeploymentFile) -> dict[str, Use]:
    """Return what a Travis CI file is for: tests, if it does not deploy."""
    is_travis = TRAVIS_FILE.search(file.path) is not None
    deploys = any(key.text in DEPLOY_KEYS for root in file.roots for key, _ in root.pairs)
    return {"": Use.DEVELOPMENT} if is_travis and not deploys else {}


def development_spans(file: DeploymentFile) -> list[Span]:
    """Return the parts of a file that are only for development, or the whole file.

    Args:
        file: The file.
    """
    if file.kind is DeploymentKind.DOCKERFILE:
        return [] if is_production_name(file.path) else development_stages(file.raw)
    if file.kind is DeploymentKind.HEROKU:
        values = [value for key, value in file.roots[0].pairs if key.text == ENVIRONMENTS]
        return [Span(value.start, value.end) for value in values]
    is_whole = file.uses.get("") is Use.DEVELOPMENT
    if file.kind in CI_KINDS:
        is_whole = common_use(file.uses.values()) is Use.DEVELOPMENT
    if is_whole:
        return [Span(0, len(file.raw))]
    return [
        Span(part.start, part.end)
        for key, part in _parts(file)
        if file.uses.get(key) is Use.DEVELOPMENT
    ]


def _parts(file: DeploymentFile) -> Iterator[tuple[str, Node]]:
    """Yield the parts of a file, but not services of Compose that can share YAML anchors."""
    if file.kind in CI_KINDS:
        yield from ((key.text, job) for key, job in _jobs(file))
    elif file.kind is DeploymentKind.KUBERNETES:
        yield from ((str(root.start), root) for root in file.roots)
    elif file.kind is DeploymentKind.COMPOSE and ANCHOR not in file.raw:
        yield from ((key.text, service) for key, service in find_services(file.roots))


def block_use(file: DeploymentFile, block: Block) -> Use | None:
    """Return what a value of a file is for; None if the file decides.

    Args:
        file: The file.
        block: The value.
    """
    path, kind = block.path, file.kind
    if kind is DeploymentKind.HEROKU:
        return Use.DEVELOPMENT if path[0] == ENVIRONMENTS else None
    if kind is DeploymentKind.KUBERNETES:
        return file.uses.get(str(block.parents[0].start))
    if kind is DeploymentKind.COMPOSE:
        is_service = path[0] == "services" and len(path) > 1
        return file.uses.get(path[1] if is_service else "")
    if kind not in CI_KINDS:
        return None
    if kind is DeploymentKind.GITHUB and "services" in path[2:3]:
        return Use.DEVELOPMENT
    job = path[0]
    if kind is not DeploymentKind.GITLAB:
        job = path[1] if job == "jobs" and len(path) > 1 else ""
    return job_part_use(file, job)


def job_part_use(file: DeploymentFile, job: str) -> Use:
    """Return what a part of a workflow is for.

    Args:
        file: The workflow.
        job: The job; empty outside of jobs.
    """
    return file.uses.get(job) or common_use(file.uses.values())
