"""Decide whether a deployment file is for production, by its path and its jobs.

Files for staging count as production, because a staging environment has its own secrets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.files.file_class import is_non_production

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from shield_ai.scan.text.config_node import Node

WORD_START = r"(?:^|[/._-])"
WORD_END = r"(?:[/._-]|\d|$)"
DEVELOPMENT = regex(
    WORD_START + r"(?:dev|devel|development|develop|local|localhost|locally|tests?|testing|e2e"
    r"|cypress|playwright|examples?|samples?|demos?|sandbox|fixtures?|mocks?|docs?|tutorials?"
    r"|quickstarts?|devcontainer|minikube|vagrant)"
    + WORD_END
    + r"|[._-]ci[._-][^/]*$|(?:^|/)\.envrc$",
    re.IGNORECASE,
)
# Compose reads a file of this name by default. In a longer name, the other words decide.
# `systemctl edit` names a drop-in override.conf, also for production.
OVERRIDE = regex(r"(?:^|[/._-])override\.(?!conf$)[^./]*$", re.IGNORECASE)
# Words of files for development, and of files that create the production environment.
AMBIGUOUS = regex(WORD_START + r"(?:ci|integration|preview|debug|kind)" + WORD_END, re.IGNORECASE)
PRODUCTION = regex(WORD_START + r"(?:prod|production|live)" + WORD_END, re.IGNORECASE)
DEPLOYS = regex(
    r"deploy|release|publish|(?:^|[^a-z])(?:prod|production|staging|cd)(?:[^a-z]|$)", re.IGNORECASE
)
TESTS = regex(
    r"(?:^|[^a-z])(?:tests?|lint|check|e2e|preview|pytest|unit|ci)(?:[^a-z]|$)", re.IGNORECASE
)
# CloudFormation calls its files templates, as in `api.template`.
TEMPLATE_WORD = regex(r"template", re.IGNORECASE)
SOURCE_MOUNT = regex(
    rb"(?m)(?:^[ \t]*-|[\[,])[ \t]*[\"']?\.{1,2}/?:/"
    rb"|\bsource:[ \t]*[\"']?\.{1,2}/?[\"']?[ \t]*(?:$|[,}])"
)
# A comment at the start of a file that says what the file is for.
HEADER = regex(rb"\A(?:[ \t]{0,20}(?:#[^\n]{0,500})?\r?\n){1,20}")
DEVELOPMENT_ONLY = regex(
    rb"(?i)\bonly (?:be used )?(?:for|in) (?:local )?(?:development|dev|testing)\b"
    rb"|\bfor (?:local )?(?:development|dev|testing) (?:use )?only\b"
    rb"|\bnot (?:be used |meant |intended )?(?:for|in) production\b"
)
CI_FOLDER = regex(r"(?:^|/)\.(?:github|gitlab|circleci)/")
CI_KINDS = frozenset({DeploymentKind.GITHUB, DeploymentKind.GITLAB, DeploymentKind.CI})
NAME_KEYS = frozenset({"name", "stage"})


def file_use(path: str, kind: DeploymentKind, siblings: Collection[str], raw: bytes) -> Use:
    """Return what a deployment file is for, by its path and its content.

    Args:
        path: The file.
        kind: Its kind.
        siblings: The names of the files in the same folder.
        raw: Its content.
    """
    use = path_use(path, kind, siblings)
    if kind is DeploymentKind.COMPOSE and not is_production_name(path):
        header = HEADER.match(raw)
        if header and DEVELOPMENT_ONLY.search(header[0]):
            return Use.DEVELOPMENT
    # A service that mounts its source code runs on a developer's computer.
    is_mounted = kind is DeploymentKind.COMPOSE and SOURCE_MOUNT.search(raw) is not None
    if use is Use.PRODUCTION and is_mounted and not PRODUCTION.search(path):
        return Use.UNKNOWN
    return use


def path_use(path: str, kind: DeploymentKind, siblings: Collection[str]) -> Use:
    """Return what a deployment file is for.

    Args:
        path: The file.
        kind: Its kind. The jobs of a workflow decide, not its path.
        siblings: The names of the files in the same folder.
    """
    if kind in CI_KINDS:
        return Use.UNKNOWN
    if DEVELOPMENT.search(path) or _is_compose_file_of_ci(path, kind):
        return Use.DEVELOPMENT
    if PRODUCTION.search(path):
        return Use.PRODUCTION
    if OVERRIDE.search(path):
        return Use.DEVELOPMENT
    if AMBIGUOUS.search(path) or _may_be_example(path, kind):
        return Use.UNKNOWN
    is_base = any(_is_production_variant(kind, name) for name in siblings)
    return Use.UNKNOWN if is_base else Use.PRODUCTION


def _is_compose_file_of_ci(path: str, kind: DeploymentKind) -> bool:
    return kind is DeploymentKind.COMPOSE and CI_FOLDER.search(path) is not None


def _may_be_example(path: str, kind: DeploymentKind) -> bool:
    if kind is DeploymentKind.CLOUDFORMATION:
        path = TEMPLATE_WORD.sub("stack", path)
    return "/templates/" not in path and is_non_production(path)


def is_production_name(path: str) -> bool:
    """Return whether a path has a word for production.

    Args:
        path: The file, or its name.
    """
    return PRODUCTION.search(path) is not None


def _is_production_variant(kind: DeploymentKind, name: str) -> bool:
    """Return whether production may use a file instead of or beside another file of a kind.

    Args:
        kind: The kind of the other file, which is in the same folder.
        name: The name of the file.
    """
    if not is_production_name(name):
        return False
    if kind is DeploymentKind.DOCKERFILE:
        return "dockerfile" in name.lower()
    return kind is DeploymentKind.COMPOSE and name.endswith((".yml", ".yaml"))


def job_use(name: str, job: Node, workflow: str, environment_key: str = "environment") -> Use:
    """Return what a CI job is for: a job that deploys is for production.

    Args:
        name: The key of the job.
        job: The job.
        workflow: The name of the workflow's file.
        environment_key: The key with the environment that the job deploys to; "" if the format
            has none.
    """
    title = job.find_text(NAME_KEYS)
    names = f"{name} {title.text if title else ''}"
    if DEPLOYS.search(names):
        return Use.PRODUCTION
    has_environment = any(key.text == environment_key for key, _ in job.pairs)
    if (has_environment or DEPLOYS.search(workflow)) and not TESTS.search(names):
        return Use.PRODUCTION
    return Use.DEVELOPMENT


def common_use(uses: Iterable[Use]) -> Use:
    """Return the use of all jobs if it is the same; unknown if not.

    Args:
        uses: The use of each job.
    """
    distinct = set(uses)
    return distinct.pop() if len(distinct) == 1 else Use.UNKNOWN
