"""Decide which permissions a job needs for a token of GitHub's OIDC provider.

`permissions` of a job replaces that of the workflow, and sets all that it does not name to none.
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.workflow import Permissions
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.node_span import node_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from shield_ai.scan.text.config_node import Node

TOKEN = "id-token"
NEEDED = {TOKEN: "write"}
DEFAULT = {"contents": "read", **NEEDED}
WRITE_ALL = "write-all"
NOT_EXTENDABLE = "permissions: {} can't be extended: list the permissions that the job needs"
NO_TOKEN = "permissions sets id-token to {} instead of write"
UNKNOWN = (
    "neither the job nor the workflow has permissions, and {} may need more than "
    "contents: read: add permissions to the job"
)
# Actions for which the token needs no permission but `contents: read`.
SIMPLE_ACTION = regex(
    r"(?:actions/(?:checkout|cache|setup-[a-z]+|upload-artifact|download-artifact)|aws-actions/[\w.-]+"
    r"|docker/(?:login|setup-buildx|setup-qemu|build-push|metadata)-action|astral-sh/setup-uv"
    r"|hashicorp/setup-terraform|google-github-actions/setup-gcloud|azure/setup-[a-z]+"
    r"|appleboy/(?:ssh|scp)-action|webfactory/ssh-agent|superfly/flyctl-actions/[\w.-]+)"
    r"(?:/[\w.-]+)?@\S+",
)
TOKEN_USE = regex(
    rb"github\.token|secrets\.GITHUB_TOKEN|\bGITHUB_TOKEN\b|\bGH_TOKEN\b|ghcr\.io"
    rb"|\bgit(?:[ \t]|\\\r?\n)+push\b|\bgh(?:[ \t]|\\\r?\n)+[a-z]{2,}"
)


def find_permissions(raw: bytes, root: Node, job: Node) -> Permissions:
    """Return the permissions to add to a job.

    Args:
        raw: The workflow.
        root: Its only document.
        job: The job.
    """
    own = job.child("permissions")
    common = root.child("permissions")
    node = own or common
    if node is None:
        evidence = next(_needs_more(raw, root, job), "")
        problem = UNKNOWN.format(evidence) if evidence else ""
        return Permissions(DEFAULT, is_guess=True, problem=problem)
    granted = {key.text: value.text for key, value in node.pairs}
    if not node.is_container or TOKEN in granted:
        return Permissions(problem=_problem(node, granted))
    if own:
        return Permissions(NEEDED, own.start, node_end(raw, own))
    return Permissions(granted | NEEDED)


def _problem(node: Node, granted: Mapping[str, str]) -> str:
    """Return why `permissions` that can't be extended lack the token; empty if they have it."""
    if not node.is_container:
        return "" if node.text == WRITE_ALL else NOT_EXTENDABLE.format(node.text or "null")
    is_granted = granted[TOKEN] == NEEDED[TOKEN]
    return "" if is_granted else NO_TOKEN.format(granted[TOKEN])


def _needs_more(raw: bytes, root: Node, job: Node) -> Iterator[str]:
    """Yield what may need more than `contents: read`."""
    environment = root.child("env")
    for node in (job, environment):
        if node and (match := TOKEN_USE.search(raw, node.start, node_end(raw, node))):
            yield " ".join(match[0].decode().replace("\\", "").split())
    steps = job.child("steps")
    for step in steps.items if steps else ():
        action = step.child("uses")
        if action and not SIMPLE_ACTION.fullmatch(action.text):
            yield action.text
