"""Parse a job of a GitLab pipeline, and decide whether it can be edited."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.pipeline import TOKEN, PipelineJob, ScriptItem
from shield_ai.model.workflow import WorkflowEnv
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.node_span import node_end, node_start
from shield_ai.scan.deployment.pipeline_rules import BRANCHES, job_branch
from shield_ai.scan.deployment.pipeline_scripts import (
    MAX_SCRIPT,
    NO_CLI,
    NO_IMAGE,
    TOO_LONG,
    TRACE,
    cli_position,
    has_jq,
    prints_variables,
    variable_problem,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from shield_ai.scan.deployment.pipeline_rules import Limit
    from shield_ai.scan.text.config_node import Node

NO_SCRIPT = "the script of the job is not a list of commands"
OTHER_KEY = "the job has {}, so part of its configuration is elsewhere"
EXTENDED = "the job {} extends this job"
SERVICES = "the services of the job also get its variables"
DEFAULT_TOKENS = "id_tokens of the job would replace the id_tokens in default"
WINDOWS = "the runner of the job may not use bash or sh"
OTHER_KEYS = ("extends", "<<", "trigger", "run", "secrets", "inherit")
SCRIPTS = ("before_script", "script")  # in the order in which they run, in the same shell
WINDOWS_TAG = regex(r"(?i).*(?:windows|powershell|pwsh).*|win(?:[-_.]?\d+)?")
MAX_TAGS = 100  # of a job; more than GitLab allows
DEBUG = "CI_DEBUG_"
NAME = frozenset({"name"})
EXPORT = re.compile(r"(?m)^export (\w+)$")


def find_job(
    raw: bytes, root: Node, key: Node, job: Node, names: Collection[str], common: Limit | None
) -> PipelineJob:
    """Parse a job.

    Args:
        raw: The pipeline.
        root: Its only document.
        key: The name of the job.
        job: The job.
        names: The variables of the secrets.
        common: The branch to which the rules of the pipeline limit all jobs; None without one.
    """
    script = tuple(_script(job))
    position = cli_position(_text(_inherited(root, job, "image")), script)
    limit = job_branch(job) or common
    tokens = map_of(raw, job, "id_tokens")
    problems = [
        *_other_places(root, key, job),
        *_script_problems(job, script),
        *_context_problems(root, job, script),
    ]
    if limit is None:
        problems.append(BRANCHES)
    problems.extend(_cli_problems(root, job, position, script))
    return PipelineJob(
        name=key.text,
        script=script,
        script_start=_script_start(raw, job),
        tokens=tokens,
        variables=map_of(raw, job, "variables"),
        values=values_of(job),
        position=position or 0,
        branch=limit.branch if limit else "",
        environment=_text(job.child("environment")),
        script_problems={name: variable_problem(name, script) for name in names},
        has_jq=has_jq(position or 0, script),
        read=_read_variables(tokens, script),
        problem=problems[0] if problems else "",
    )


def values_of(node: Node) -> Mapping[str, str | None]:
    """Return the `variables` of a job or a pipeline; None for a value that is not a text."""
    variables = node.child("variables")
    pairs = variables.pairs if variables else ()
    return {key.text: None if value.is_container else value.text for key, value in pairs}


def map_of(raw: bytes, node: Node, name: str) -> WorkflowEnv | None:
    """Return the entries of a map, such as `variables`; None without one.

    Args:
        raw: The pipeline.
        node: The job or the pipeline.
        name: The key of the map.
    """
    for key, value in node.pairs:
        if key.text == name and value.pairs:
            entries = tuple(
                (inner.text, node_start(raw, inner), max(node_end(raw, inner), node_end(raw, text)))
                for inner, text in value.pairs
            )
            return WorkflowEnv(node_start(raw, key), node_end(raw, value), entries, 0)
    return None


def _text(node: Node | None) -> str:
    """Return a text, or the name in a map; empty if it is missing."""
    if node is None:
        return ""
    name = node.find_text(NAME) if node.is_container else node
    return name.text if name else ""


def _inherited(root: Node, job: Node, name: str) -> Node | None:
    """Return a value of a job, of `default`, or of the top level."""
    default = root.child("default")
    found = job.child(name) or (default.child(name) if default else None)
    return found or root.child(name)


def _script_start(raw: bytes, job: Node) -> int:
    starts = {key.text: node_start(raw, key) for key, _ in job.pairs}
    return starts.get("before_script", starts.get("script", job.start))


def _script(job: Node) -> Iterator[ScriptItem]:
    """Yield the commands of a job, but none if they are too long."""
    items = []
    for name in SCRIPTS:
        if commands := job.child(name):
            for number, item in enumerate(commands.items):
                items.append(ScriptItem(name, number, item.start, item.text))
    if sum(len(item.text) for item in items) <= MAX_SCRIPT:
        yield from items


def _other_places(root: Node, key: Node, job: Node) -> Iterator[str]:
    """Yield why a part of a job is elsewhere, or a part of another job."""
    for name in OTHER_KEYS:
        if job.child(name):
            yield OTHER_KEY.format(name)
    for other, value in root.pairs:
        extended = value.child("extends")
        if extended is None:
            continue
        names = {item.text for item in extended.items or (extended,)}
        if key.text in names:
            yield EXTENDED.format(other.text)


def _script_problems(job: Node, script: Sequence[ScriptItem]) -> Iterator[str]:
    for name in SCRIPTS:
        value = job.child(name)
        if value is None:
            is_list = name == "before_script"
        else:
            is_list = bool(value.items) and not any(item.is_container for item in value.items)
        if not is_list:
            yield NO_SCRIPT
    if not script:
        yield TOO_LONG


def _context_problems(root: Node, job: Node, script: Sequence[ScriptItem]) -> Iterator[str]:
    """Yield what around the script of a job prevents the edits."""
    if _inherited(root, job, "services"):
        yield SERVICES
    if _inherited(root, job, "id_tokens") and not job.child("id_tokens"):
        yield DEFAULT_TOKENS
    tags = _inherited(root, job, "tags")
    if tags and any(WINDOWS_TAG.fullmatch(tag.text) for tag in tags.items[:MAX_TAGS] or (tags,)):
        yield WINDOWS
    names = {**values_of(root), **values_of(job)}
    if prints_variables(script) or any(name.startswith(DEBUG) for name in names):
        yield TRACE


def _cli_problems(
    root: Node, job: Node, position: int | None, script: Sequence[ScriptItem]
) -> Iterator[str]:
    if position is None or position >= len(script):
        yield NO_CLI.format(_text(_inherited(root, job, "image")) or NO_IMAGE)


def _read_variables(tokens: WorkflowEnv | None, script: Sequence[ScriptItem]) -> frozenset[str]:
    """Return the variables that a script exports after it has read them with the token."""
    if tokens is None or all(name != TOKEN for name, _, _ in tokens.entries):
        return frozenset()
    texts = [item.text for item in script if TOKEN in item.text]
    return frozenset(name for text in texts for name in EXPORT.findall(text))
