"""Workflows are parsed for edits of their secrets."""

from __future__ import annotations

import pytest

from shield_ai.model.workflow import Place
from shield_ai.scan.deployment import workflow_triggers
from shield_ai.scan.deployment.blocks import ALIASES, INVALID
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.shell_quotes import quote_at
from shield_ai.scan.deployment.workflow_file import (
    MAX_JOBS,
    MAX_STEPS,
    NO_STEPS,
    TOO_LARGE,
    TOO_MANY,
    find_workflow,
)
from shield_ai.scan.deployment.workflow_permissions import UNKNOWN

JOB = "jobs: {deploy: {runs-on: ubuntu-latest, steps: [{run: x}]}}\n"
MAIN = "branches: [main]"
FORK = workflow_triggers.FORK
OTHER = workflow_triggers.OTHER_TOKEN


def branch_and_problem(triggers, condition=""):
    text = f"on: {triggers}\n{JOB}"
    if condition:
        text = text.replace("runs-on", f'if: "{condition}", runs-on')
    (job,) = find_workflow(text.encode()).jobs
    return job.branch, job.problem


@pytest.mark.parametrize(
    ("triggers", "condition", "branch"),
    [
        pytest.param(f"{{push: {{{MAIN}}}}}", "", "main", id="one branch"),
        pytest.param("{push: {branches: live}}", "", "live", id="a text"),
        pytest.param(f"{{push: {{{MAIN}, paths: [a]}}}}", "", "main", id="paths"),
        pytest.param("workflow_dispatch", "", "", id="by hand"),
        pytest.param("[schedule, repository_dispatch]", "", "", id="default branch"),
        pytest.param(
            "[push, pull_request]", "github.ref == 'refs/heads/main'", "main", id="pushed branch"
        ),
        pytest.param(
            "[push, pull_request]",
            "${{ github.event_name == 'push' && github.ref == 'refs/heads/live' }}",
            "live",
            id="event and branch",
        ),
        pytest.param(
            f"{{push: {{{MAIN}}}, pull_request: }}",
            "success() && github.event_name != 'pull_request'",
            "main",
            id="not a pull request",
        ),
        pytest.param("{push: {tags: [v1]}}", "github.ref_name == 'main'", "main", id="name"),
        pytest.param(
            f"{{push: {{{MAIN}}}, workflow_run: }}",
            "github.event_name == 'push' && github.repository == 'a/b'",
            "main",
            id="one of two events",
        ),
    ],
)
def test_branch_of_a_job(triggers, condition, branch):
    assert branch_and_problem(triggers, condition) == (branch, "")


@pytest.mark.parametrize(
    ("triggers", "condition", "problem"),
    [
        pytest.param("push", "", workflow_triggers.BRANCHES, id="all branches"),
        pytest.param("{push: {tags: [v1]}}", "", workflow_triggers.BRANCHES, id="tags"),
        pytest.param(
            f"{{push: {{{MAIN}, tags: [v1]}}}}", "", workflow_triggers.BRANCHES, id="branch and tag"
        ),
        pytest.param("{push: {branches: [a, b]}}", "", workflow_triggers.BRANCHES, id="two"),
        pytest.param("{push: {branches: ['a*']}}", "", workflow_triggers.BRANCHES, id="pattern"),
        pytest.param("{push: {branches: [main, '!a']}}", "", workflow_triggers.BRANCHES, id="not"),
        pytest.param(
            f"{{push: {{{MAIN}}}, pull_request: }}", "", FORK.format("pull_request"), id="PR"
        ),
        pytest.param("pull_request_target", "", FORK.format("pull_request_target"), id="target"),
        pytest.param(
            "pull_request_target",
            "github.ref == 'refs/heads/main'",
            FORK.format("pull_request_target"),
            id="the ref of pull_request_target is a branch",
        ),
        pytest.param("workflow_run", "", FORK.format("workflow_run"), id="workflow_run"),
        pytest.param("release", "", OTHER.format("release"), id="release"),
        pytest.param("workflow_call", "", workflow_triggers.CALLED, id="called"),
        pytest.param("{}", "", workflow_triggers.NO_EVENTS, id="none"),
        pytest.param("push", "github.event_name == 'release'", workflow_triggers.NEVER, id="never"),
        pytest.param(
            "pull_request",
            "github.ref_name == 'main'",
            workflow_triggers.NEVER,
            id="never a branch",
        ),
        pytest.param(
            "[push, pull_request]",
            "github.ref == 'refs/heads/main' || github.actor == 'a'",
            FORK.format("pull_request"),
            id="or",
        ),
        pytest.param(
            "[push, pull_request]",
            "!(a && github.ref == 'refs/heads/main' && b)",
            FORK.format("pull_request"),
            id="negated",
        ),
        pytest.param(
            "push", "github.ref != 'refs/heads/main'", workflow_triggers.BRANCHES, id="others"
        ),
        pytest.param(
            "push", "startsWith(github.ref, 'refs/heads/')", workflow_triggers.BRANCHES, id="start"
        ),
        pytest.param("push", "github.ref == 'refs/tags/v1'", workflow_triggers.BRANCHES, id="tag"),
        pytest.param(
            "push", "github.ref == 'refs/heads/a b'", workflow_triggers.BRANCHES, id="invalid name"
        ),
    ],
)
def test_tokens_for_something_else(triggers, condition, problem):
    assert branch_and_problem(triggers, condition)[1] == problem


@pytest.mark.parametrize(
    ("triggers", "environment", "expected"),
    [
        pytest.param("[push, release]", "live", ("live", ""), id="name"),
        pytest.param("push", "{name: a b, url: x}", ("a b", ""), id="map"),
        pytest.param("push", "{url: x}", ("", workflow_triggers.ENVIRONMENT), id="no name"),
        pytest.param("push", "'${{ a }}'", ("", workflow_triggers.ENVIRONMENT), id="computed"),
        pytest.param("push", "'a:b'", ("", workflow_triggers.ENVIRONMENT), id="colon"),
        pytest.param(
            "[push, pull_request]", "live", ("", FORK.format("pull_request")), id="pull request"
        ),
        pytest.param("workflow_call", "live", ("", workflow_triggers.CALLED), id="called"),
    ],
)
def test_environment_of_a_job(triggers, environment, expected):
    job = JOB.replace("runs-on", f"environment: {environment}, runs-on")
    (found,) = find_workflow(f"on: {triggers}\n{job}".encode()).jobs
    assert (found.environment, found.problem) == expected


@pytest.mark.parametrize(
    ("script", "quote"),
    [
        pytest.param("a @", "", id="none"),
        pytest.param('a "b @', '"', id="double"),
        pytest.param("a 'b @", "'", id="single"),
        pytest.param("a 'b' \"c\" @", "", id="closed"),
        pytest.param("a \\' @", "", id="escaped"),
        pytest.param('a "b \\" @', '"', id="escaped in quotes"),
        pytest.param("a 'b\\' @", "", id="backslash in single quotes"),
        pytest.param("# it's\n @", "", id="comment before"),
        pytest.param("a # @", None, id="comment"),
        pytest.param('"a # @', '"', id="no comment in quotes"),
        pytest.param("a#b' @", "'", id="no comment in a word"),
        pytest.param('"$(a @', "", id="command in quotes"),
        pytest.param('"$(a "b") @', '"', id="after a command"),
        pytest.param("(a) @", "", id="parentheses"),
        pytest.param("case x in a) @", "", id="case"),
        pytest.param("a <<E\n @", None, id="here-document"),
        pytest.param("a <<< b @", "", id="here-string"),
        pytest.param("a '<<' @", "", id="in single quotes"),
        pytest.param("`a @", None, id="backtick"),
        pytest.param("${{ a == 'b' }} ' @", "'", id="expression"),
    ],
)
def test_quotes_of_the_shell(script, quote):
    raw = script.encode()
    assert quote_at(raw, raw.index(b"@")) == quote


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("a: [", INVALID, id="invalid"),
        pytest.param("a: 1\n---\nb: 2\n", INVALID, id="two documents"),
        pytest.param("", INVALID, id="empty"),
        pytest.param("jobs:\n  a: {}\n  a: {}\n", INVALID, id="job twice"),
        pytest.param("a: &x 1\nb: *x\n", ALIASES, id="alias"),
        pytest.param(
            "jobs:\n" + "".join(f"  j{number}: {{}}\n" for number in range(MAX_JOBS + 1)),
            TOO_LARGE,
            id="many jobs",
        ),
        pytest.param("a: 1\n" * (MAX_SIZE // 5 + 1), TOO_LARGE, id="large"),
    ],
)
def test_file_that_is_not_edited(text, problem):
    assert find_workflow(text.encode()).problem == problem


def test_job_with_too_many_steps():
    text = JOB.replace("{run: x}", ", ".join(["{run: x}"] * (MAX_STEPS + 1)))
    (job,) = find_workflow(f"on: workflow_dispatch\n{text}".encode()).jobs
    assert job.problem == TOO_MANY


@pytest.mark.parametrize(
    "job",
    [
        pytest.param("{runs-on: x}", id="no steps"),
        pytest.param("{steps: x}", id="text"),
        pytest.param("{steps: [{run: x}, x]}", id="text in the list"),
        pytest.param("{steps: [[{run: x}]]}", id="list in the list"),
        pytest.param("x", id="no map"),
    ],
)
def test_job_without_steps(job):
    (found,) = find_workflow(f"on: workflow_dispatch\njobs: {{a: {job}}}\n".encode()).jobs
    assert found.problem == NO_STEPS


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a SECRET", id="no map"),
        pytest.param("jobs: a SECRET", id="text instead of jobs"),
        pytest.param("jobs: {a: SECRET}", id="text instead of a job"),
        pytest.param("jobs: {a: [SECRET]}", id="list instead of a job"),
        pytest.param("jobs: {a: {steps: SECRET}}", id="text instead of steps"),
        pytest.param("jobs: {a: {steps: {b: {run: SECRET}}}}", id="map instead of steps"),
        pytest.param("jobs: {a: {steps: {b: {c: {d: SECRET}}}}}", id="deep map instead of steps"),
    ],
)
def test_secret_in_an_invalid_workflow_is_not_in_a_step(text):
    secret = "'${{ secrets.A }}'" if "{" in text else "${{ secrets.A }}"
    (use,) = find_workflow(text.replace("SECRET", secret).encode()).uses
    assert (use.step, use.place) == (-1, Place.INPUT)
    assert use.problem


def test_uses_of_secrets():
    text = """\
on: workflow_dispatch
env:
  A: ${{ secrets.ONE }}
jobs:
  b:
    runs-on: [self-hosted, Linux]
    steps:
      - run: ${{ 'secrets.NOT' }} secrets.NOT "${{ secrets.Two }}" ${{ github.secrets.NOT }}
        env: {C: "${{ format('{0}', secrets.THREE) }}"}
"""
    uses = find_workflow(text.encode()).uses
    assert [(use.secret, use.job, use.step, use.place, use.line) for use in uses] == [
        ("ONE", "", -1, Place.ENV, 3),
        ("TWO", "b", 0, Place.SCRIPT, 8),
        ("THREE", "b", 0, Place.ENV, 9),
    ]
    assert [use.is_whole for use in uses] == [True, False, False]
    assert [text[use.start : use.end] for use in uses] == [
        "secrets.ONE",
        "${{ secrets.Two }}",
        "secrets.THREE",
    ]


@pytest.mark.parametrize(
    ("script", "evidence"),
    [
        pytest.param("gh issue list", "gh issue", id="command"),
        pytest.param("git \\\n push", "git push", id="continued line"),
        pytest.param("gh \\\r\n pr list", "gh pr", id="continued line, CRLF"),
        pytest.param("which gh\nls", "", id="next line"),
        pytest.param("git\npush", "", id="two lines"),
    ],
)
def test_commands_that_may_need_more_permissions(script, evidence):
    lines = "\n          ".join(script.split("\n"))
    job = f"jobs:\n  a:\n    steps:\n      - run: |\n          {lines}\n"
    (found,) = find_workflow(f"on: workflow_dispatch\n{job}".encode()).jobs
    assert found.problem == (UNKNOWN.format(evidence) if evidence else "")
