"""Check that edits of a workflow change only what they are meant to change."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from shield_ai.model.deployment import DeploymentKind
from shield_ai.rewrite.project.deployment.deployment_parser import parse_deployment_file

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

# `${{ ... }}`; the strings in it can contain `}`
EXPRESSION = re.compile(r"\$\{\{(?:[^'}]|'[^']*'|\}(?!\}))*\}\}")
# an expression that is only a secret
WHOLE = re.compile(r"\$\{\{\s*secrets\.(\w+)\s*\}\}", re.IGNORECASE)
# the secrets in an expression; strings match too, so that their text is skipped
SECRET = re.compile(r"('[^']*')|(?<![\w.-])secrets\.([A-Za-z_][\w-]*)", re.IGNORECASE)


class JobEdit(NamedTuple):
    """What the edits of a job are meant to do."""

    position: int  # of the new steps
    steps: Sequence[Mapping[str, Any]]
    names: Mapping[str, str]  # secret in upper case -> environment variable that the steps set
    exported: Collection[str]  # variables that the steps set under their own name
    permissions: Mapping[str, str]  # to add to those of the job


def is_exact_workflow_edit(before: bytes, after: bytes, jobs: Mapping[str, JobEdit]) -> bool:
    """Return whether a workflow differs only by the edits.

    Args:
        before: The file.
        after: The file after the edits.
        jobs: The edits, by job.
    """
    try:
        expected, found = _load(before), _load(after)
        # The `env` of the workflow is common to all jobs, so the edits of each job include its
        # variables.
        for edit in list(jobs.values())[:1]:
            _edit_env(expected, edit, is_step=False)
        for name, edit in jobs.items():
            _edit_job(expected["jobs"][name], edit)
            expected["jobs"][name]["steps"] = _with_placeholders(expected["jobs"][name], edit)
            found["jobs"][name]["steps"] = _with_placeholders(found["jobs"][name], edit)
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return False
    return bool(expected == found)


def _load(raw: bytes) -> Any:
    """Parse a file with one document, with all scalars as strings.

    Raises:
        ValueError: It is invalid.
    """
    [document] = parse_deployment_file(raw, DeploymentKind.GITHUB)
    return document


def _edit_job(job: dict[str, Any], edit: JobEdit) -> None:
    """Change a parsed job as the edits should change the text."""
    _edit_env(job, edit, is_step=False)
    for step in job["steps"]:
        _edit_env(step, edit, is_step=True)
        inputs = step.get("with")
        if isinstance(inputs, dict):
            step["with"] = {key: _replace_secrets(value, edit) for key, value in inputs.items()}
    job["steps"][edit.position : edit.position] = copy.deepcopy(list(edit.steps))
    if edit.permissions:
        job["permissions"] = {**job.get("permissions", {}), **edit.permissions}


def _edit_env(node: dict[str, Any], edit: JobEdit, *, is_step: bool) -> None:
    env = node.get("env")
    if not isinstance(env, dict):
        return
    kept = {
        name: _replace_secrets(value, edit) if is_step else value
        for name, value in env.items()
        if not _is_removed(name, value, edit, is_step=is_step)
    }
    node["env"] = kept
    if env and not kept:
        del node["env"]


def _is_removed(name: str, value: Any, edit: JobEdit, *, is_step: bool) -> bool:
    """Return whether the edits remove a variable from `env`, because the new steps set it."""
    whole = WHOLE.fullmatch(value) if isinstance(value, str) else None
    secret = whole[1].upper() if whole else ""
    if secret not in edit.names or name not in edit.exported:
        return False
    return not is_step or edit.names[secret] == name


def _replace_secrets(value: Any, edit: JobEdit) -> Any:
    """Replace the secrets in the expressions of a string."""
    if not isinstance(value, str):
        return value

    def rename(match: re.Match[str]) -> str:
        name = edit.names.get((match[2] or "").upper())
        return f"env.{name}" if name else match[0]

    return EXPRESSION.sub(lambda found: SECRET.sub(rename, found[0]), value)


def _with_placeholders(job: dict[str, Any], edit: JobEdit) -> list[Any]:
    """Return the steps; in scripts, a secret and its variable have the same placeholder."""
    replace = _placeholder_function(edit)
    return [
        {key: replace(value) if key == "run" else value for key, value in step.items()}
        for step in job["steps"]
    ]


def _placeholder_function(edit: JobEdit) -> Callable[[str], str]:
    """Return a function that replaces secrets and their variables, including their quotes."""
    names = {name: secret for secret, name in edit.names.items()}
    variable = "|".join(map(re.escape, names)) or "(?!)"
    pattern = re.compile(
        rf"[\"']*(?:\$\{{\{{\s*(?i:secrets)\.(?P<secret>\w+)\s*\}}\}}"
        rf"|\$\{{(?P<name>{variable})\}})[\"']*"
    )

    def replace(match: re.Match[str]) -> str:
        secret = match["secret"].upper() if match["secret"] else names[match["name"]]
        return f"\0{secret}\0" if secret in edit.names else match[0]

    return lambda text: pattern.sub(replace, text)
