"""Find the only branch for which a job of a GitLab pipeline runs.

The role of `shield export --format gitlab-ci` trusts one branch. The token of a pipeline for a
merge request names the source branch, and that of a tag has another subject.
https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload
https://docs.gitlab.com/ci/jobs/job_rules/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.workflow import BRANCH
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from shield_ai.scan.text.config_node import Node

BRANCHES = (
    "the rules of the job allow more than one branch, tags or merge requests, and its role can "
    "trust only one branch; add rules with if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"
)
NEVER = "never"
DEFAULT_BRANCH = "$CI_DEFAULT_BRANCH"
# Only pipelines for branches set this variable.
# https://docs.gitlab.com/ci/variables/predefined_variables/
IS_BRANCH = regex(
    r"\$CI_COMMIT_BRANCH\s*==\s*(?P<right>\$CI_DEFAULT_BRANCH|\"[^\"]{1,244}\"|'[^']{1,244}')"
    r"|(?P<left>\$CI_DEFAULT_BRANCH|\"[^\"]{1,244}\"|'[^']{1,244}')\s*==\s*\$CI_COMMIT_BRANCH"
)
# https://docs.gitlab.com/ci/yaml/deprecated_keywords/#onlyrefs--exceptrefs
REF_KEYWORDS = frozenset(
    {
        "api",
        "branches",
        "chat",
        "external",
        "external_pull_requests",
        "merge_requests",
        "pipelines",
        "pushes",
        "schedules",
        "tags",
        "triggers",
        "web",
    }
)


class Limit(NamedTuple):
    """The branch that rules allow."""

    branch: str  # empty: the default branch


def common_branch(root: Node) -> Limit | None:
    """Return the only branch for which a pipeline runs; None if it can run for something else.

    Args:
        root: The pipeline.
    """
    workflow = root.child("workflow")
    rules = workflow.child("rules") if workflow else None
    return _rules_limit(rules) if rules else None


def job_branch(job: Node) -> Limit | None:
    """Return the only branch that a job runs on by its own rules; None if there are others.

    Args:
        job: The job.
    """
    if rules := job.child("rules"):
        return _rules_limit(rules)
    only = job.child("only")
    if only is None:
        return None
    refs = only.child("refs") if only.pairs else only
    if refs is None:
        return None
    names = refs.items or (refs,)
    if len(names) != 1 or names[0].is_container:
        return None
    name = names[0].text
    is_branch = name not in REF_KEYWORDS and BRANCH.fullmatch(name)
    return Limit(name) if is_branch else None


def _rules_limit(rules: Node) -> Limit | None:
    """Return the branch that all rules which do not exclude the job have in common."""
    limits = set()
    for rule in rules.items:
        when = rule.child("when")
        if rule.pairs and when and when.text == NEVER:
            continue
        condition = rule.child("if")
        limits.add(_condition_limit(condition.text) if condition else None)
    return limits.pop() if len(limits) == 1 else None


def _condition_limit(condition: str) -> Limit | None:
    """Return the branch for which alone a condition can be true."""
    if "(" in condition:
        return None
    limits = {_conjunction_limit(part) for part in condition.split("||")}
    return limits.pop() if len(limits) == 1 else None


def _conjunction_limit(conjunction: str) -> Limit | None:
    for part in conjunction.split("&&"):
        match = IS_BRANCH.fullmatch(part.strip())
        if match is None:
            continue
        name = match["right"] or match["left"]
        if name == DEFAULT_BRANCH:
            return Limit("")
        if BRANCH.fullmatch(name[1:-1]):
            return Limit(name[1:-1])
    return None
