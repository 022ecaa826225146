"""Parse a .gitlab-ci.yml for edits of its secrets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.pipeline import Pipeline
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.blocks import INVALID, has_aliases
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.node_span import node_start
from shield_ai.scan.deployment.pipeline_job import find_job, map_of, values_of
from shield_ai.scan.deployment.pipeline_rules import common_branch
from shield_ai.scan.deployment.pipeline_uses import MAX_WORK, find_pipeline_uses, is_job
from shield_ai.scan.text.config_parsers import yaml_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from shield_ai.model.pipeline import PipelineJob
    from shield_ai.scan.text.config_node import Node

TOO_LARGE = "too large"
INCLUDES = "the file has include, so other files can change its jobs"
ALIASED = "the job has YAML anchors or aliases, or !reference"
ANCHOR_OR_ALIAS = regex(rb"(?:^|[\s\[{,:-])[&*][^\s&*,\]}]")
REFERENCE = rb"!reference\s{0,9}\[\s{0,9}[\"']?%s[\"']?\s{0,9}[,\]]"


def find_pipeline(raw: bytes, names: Collection[str]) -> Pipeline:
    """Parse a pipeline.

    Args:
        raw: The file.
        names: The variables of the secrets.
    """
    roots = [] if len(raw) > MAX_SIZE else yaml_values(raw)
    problem = _document_problem(raw, roots)
    if problem:
        return Pipeline(raw, problem=problem)
    root = roots[0]
    return Pipeline(
        raw=raw,
        variables=map_of(raw, root, "variables"),
        values=values_of(root),
        jobs=tuple(_jobs(raw, root, names)),
        uses=find_pipeline_uses(raw, root, names),
        problem=INCLUDES if root.child("include") else "",
    )


def _document_problem(raw: bytes, roots: list[Node]) -> str:
    if len(raw) > MAX_SIZE:
        return TOO_LARGE
    if len(roots) != 1 or not roots[0].pairs:
        return INVALID
    names = {key.text for key, _ in roots[0].pairs}
    if len(names) < len(roots[0].pairs):
        return INVALID
    return TOO_LARGE if len(names) * len(raw) > MAX_WORK else ""


def _jobs(raw: bytes, root: Node, names: Collection[str]) -> Iterator[PipelineJob]:
    """Yield the jobs, but not the hidden ones."""
    starts = [node_start(raw, key) for key, _ in root.pairs]
    ends = [*starts[1:], len(raw)]
    is_shared = has_aliases(raw)
    common = common_branch(root)
    for (key, value), start, end in zip(root.pairs, starts, ends, strict=True):
        if not is_job(key, value) or key.text.startswith("."):
            continue
        job = find_job(raw, root, key, value, names, common)
        has_alias = is_shared and ANCHOR_OR_ALIAS.search(raw, start, end)
        if has_alias or _has_reference(raw, key, raw[start:end]):
            job = job._replace(problem=ALIASED)
        yield job


def _has_reference(raw: bytes, key: Node, text: bytes) -> bool:
    """Return whether a job uses a part of another job with !reference, or the other way round."""
    pattern = REFERENCE % re.escape(key.text.encode())
    return b"!reference" in text or re.search(pattern, raw) is not None
