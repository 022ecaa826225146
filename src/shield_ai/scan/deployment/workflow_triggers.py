"""Find the branch or the environment for which GitHub issues the tokens of a job.

The role of `shield export --format github-actions` trusts one of them: tokens for other branches,
tags and pull requests have other subjects.
https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.workflow import BRANCH, ENVIRONMENT_NAME
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.scan.text.config_node import Node

# Events of which the token is for a branch; all but `push` usually run on the default branch.
BRANCH_EVENTS = frozenset({"push", "workflow_dispatch", "repository_dispatch", "schedule"})
UNTRUSTED = frozenset({"pull_request", "pull_request_target", "workflow_run", "issue_comment"})
NAME = frozenset({"name"})
EMPTY_CALL = regex(r"\b\w{1,40}\(\)")
IS_REF = regex(r"github\.ref\s*==\s*'refs/heads/(?P<branch>[^']{1,244})'")
IS_NAME = regex(r"github\.ref_name\s*==\s*'(?P<branch>[^']{1,244})'")
IS_EVENT = regex(r"github\.event_name\s*==\s*'(?P<event>\w{1,40})'")
IS_OTHER = regex(r"github\.event_name\s*!=\s*'(?P<event>\w{1,40})'")
ENVIRONMENT = "the name of the job's environment is computed, or has special characters"
NO_EVENTS = "the triggers of the workflow can't be read"
NEVER = "the if of the job excludes all triggers of the workflow"
FORK = "on: {} can run the job with code of a fork; add if: github.event_name == 'push' to the job"
OTHER_TOKEN = "on: {} gives the job a token for something other than a branch"
CALLED = "other workflows call this workflow, and pass their secrets to it"
BRANCHES = (
    "on: push runs the job for more than one branch or tag, and its role can trust only one; add "
    "if: github.ref == 'refs/heads/main' to the job"
)


class TokenSubject(NamedTuple):
    """What the tokens of a job are for."""

    branch: str = ""  # empty: the default branch
    environment: str = ""  # of GitHub; then any branch
    problem: str = ""  # why a role can't trust the tokens; empty if it can


def find_subject(triggers: Node | None, condition: str, environment: Node | None) -> TokenSubject:
    """Return what GitHub issues the tokens of a job for.

    Args:
        triggers: The value of `on`.
        condition: The `if` of the job; empty if it has none.
        environment: The `environment` of the job.
    """
    events = _events(triggers)
    if not events:
        return TokenSubject(problem=NO_EVENTS)
    if "workflow_call" in events:
        return TokenSubject(problem=CALLED)
    branch = ""
    for part in _conjunction(condition):
        events = _limit(events, part)
        if match := IS_REF.fullmatch(part) or IS_NAME.fullmatch(part):
            branch = match["branch"]
            events.pop("pull_request", None)  # its ref is refs/pull/NUMBER/merge
    if environment is None:
        return _subject(events, branch)
    untrusted = sorted(events.keys() & UNTRUSTED)
    if untrusted:
        return TokenSubject(problem=FORK.format(untrusted[0]))
    name = environment.find_text(NAME) if environment.is_container else environment
    if name is None or not ENVIRONMENT_NAME.fullmatch(name.text):
        return TokenSubject(problem=ENVIRONMENT)
    return TokenSubject(environment=name.text)


def _limit(events: dict[str, Node | None], part: str) -> dict[str, Node | None]:
    """Return the events for which a part of a condition can be true."""
    if match := IS_EVENT.fullmatch(part):
        return {name: node for name, node in events.items() if name == match["event"]}
    if match := IS_OTHER.fullmatch(part):
        return {name: node for name, node in events.items() if name != match["event"]}
    return events


def _subject(events: Mapping[str, Node | None], branch: str) -> TokenSubject:
    if not events:
        return TokenSubject(problem=NEVER)
    others = sorted(events.keys() - BRANCH_EVENTS)
    if others:
        text = FORK if others[0] in UNTRUSTED else OTHER_TOKEN
        return TokenSubject(problem=text.format(others[0]))
    if not branch and "push" in events:
        branch = _pushed_branch(events["push"])
        if not branch:
            return TokenSubject(problem=BRANCHES)
    if branch and not BRANCH.fullmatch(branch):
        return TokenSubject(problem=BRANCHES)
    return TokenSubject(branch)


def _events(triggers: Node | None) -> dict[str, Node | None]:
    """Return the events of a workflow, with their filters."""
    if triggers is None:
        return {}
    if not triggers.is_container:
        return {triggers.text: None}
    names: dict[str, Node | None] = {item.text: None for item in triggers.items}
    return names | {key.text: value for key, value in triggers.pairs}


def _conjunction(condition: str) -> list[str]:
    """Return the parts of a condition that must all be true; none if that is not certain."""
    text = condition.strip()
    if text.startswith("${{") and text.endswith("}}"):
        text = text[3:-2]
    text = EMPTY_CALL.sub("true", text)
    if "||" in text or "(" in text or "${{" in text:
        return []
    return [part.strip() for part in text.split("&&")]


def _pushed_branch(filters: Node | None) -> str:
    """Return the only branch of which a push starts a workflow; empty if there are others."""
    keys = {key.text: value for key, value in filters.pairs} if filters else {}
    branches = keys.get("branches")
    if branches is None or keys.keys() & {"tags", "tags-ignore"}:
        return ""
    names = branches.items if branches.is_container else (branches,)
    return names[0].text if len(names) == 1 and not names[0].is_container else ""
