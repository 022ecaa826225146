"""Check that edits of a GitLab pipeline change only what they are meant to change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from shield_ai.model.deployment import DeploymentKind
from shield_ai.model.pipeline import TOKEN
from shield_ai.rewrite.project.deployment.deployment_parser import parse_deployment_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MAX_NODES = 300_000  # of a document with its aliases


class PipelineEdit(NamedTuple):
    """What the edits of a job are meant to do."""

    key: str  # `before_script` or `script`
    number: int  # of the new command in it
    command: str
    audience: str  # of the ID token
    removed: Collection[str]  # the variables to remove from its `variables`


def is_exact_pipeline_edit(
    before: bytes, after: bytes, jobs: Mapping[str, PipelineEdit], removed: Collection[str]
) -> bool:
    """Return whether a pipeline differs only by the edits.

    Args:
        before: The file.
        after: The file after the edits.
        jobs: The edits, by job.
        removed: The variables that are removed for all jobs.
    """
    try:
        expected, found = _load(before), _load(after)
        _remove(expected, removed)
        for name, edit in jobs.items():
            job = expected[name]
            _remove(job, edit.removed)
            job["id_tokens"] = {**job.get("id_tokens", {}), TOKEN: {"aud": edit.audience}}
            job[edit.key].insert(edit.number, edit.command)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return False
    return bool(expected == found)


def _load(raw: bytes) -> Any:
    """Parse a file with one document, with all scalars as strings, and expand its aliases.

    Raises:
        ValueError: It is invalid, or its aliases expand to more than `MAX_NODES` values.
    """
    [document] = parse_deployment_file(raw, DeploymentKind.GITLAB)
    return _copy(document, iter(range(MAX_NODES)))


def _copy(node: Any, budget: Iterator[int]) -> Any:
    """Copy a node, so that no two places share a list or map; each value uses up the budget."""
    if next(budget, None) is None:
        raise ValueError("too many values")
    if isinstance(node, list):
        return [_copy(item, budget) for item in node]
    if isinstance(node, dict):
        return {key: _copy(value, budget) for key, value in node.items()}
    return node


def _remove(node: dict[str, Any], names: Collection[str]) -> None:
    """Remove variables, and the map if it becomes empty."""
    for name in names:
        del node["variables"][name]
    if names and not node["variables"]:
        del node["variables"]
