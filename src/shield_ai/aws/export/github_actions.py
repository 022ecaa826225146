"""Export a GitHub Actions workflow that reads the secrets with an OIDC role, and its policies.

https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws
https://github.com/aws-actions/aws-secretsmanager-get-secrets
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

from shield_ai.aws.desired.iam import app_slug, platform_policies
from shield_ai.aws.syntax.cloudformation import logical_id
from shield_ai.model.errors import ShieldError
from shield_ai.model.workflow import ENVIRONMENT_NAME
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.aws.export.platform import PlatformVariable, Target
    from shield_ai.model.manifest import App

# The commits of the releases in `_VERSIONS`.
_CREDENTIALS_ACTION = (
    "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c"
)
_SECRETS_ACTION = (
    "aws-actions/aws-secretsmanager-get-secrets@2cb1a461cbd4865ac4299648312e4704c646cd53"
)
_VERSIONS = {_CREDENTIALS_ACTION: "v6.2.3", _SECRETS_ACTION: "v3.0.1"}
SIGN_IN_ID = "shield-aws"  # of the step that gets the credentials
_ISSUER = "token.actions.githubusercontent.com"
# Repositories with immutable subject claims have the IDs in the claim: OWNER@1/NAME@2.
_REPOSITORY = regex(r"[A-Za-z0-9_-]{1,100}(?:@[0-9]+)?/[A-Za-z0-9._-]{1,100}(?:@[0-9]+)?")
_HEADER = """\
# A workflow that reads the secrets in one job, the trust policy of its role, and the role's policy.
"""
_TRUST_HEADER = "---\n# Trust policy of the role {role}\n"
_POLICY_HEADER = "---\n# Policy of the role {role}\n"


class JobSecrets(NamedTuple):
    """The steps with which a job reads secrets."""

    steps: list[dict[str, Any]]
    names: dict[str, str]  # variable -> the environment variable that the action sets


def to_github_actions(target: Target) -> str:
    """Return the workflow as YAML, and the policies as further documents in JSON.

    Raises:
        ShieldError: The repository or branch is missing or invalid, or the action would store two
            fields of a secret in the same variable.
    """
    _check(target)
    role = role_name(target.manifest.app)
    text = _HEADER + dump(_workflow(target, role))
    text += _TRUST_HEADER.format(role=role) + _json(_trust_policy(target))
    for policy in platform_policies(target.manifest, target.account):
        text += _POLICY_HEADER.format(role=role) + _json(policy)
    return text


def role_name(app: App) -> str:
    """Return the name of the role that the jobs assume."""
    return f"{app_slug(app)}-github-actions"


def dump(document: Any) -> str:
    """Return a part of a workflow as YAML, with the versions of the actions as comments."""
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=1000, allow_unicode=True)
    for action, version in _VERSIONS.items():
        text = text.replace(f"{action}\n", f"{action} # {version}\n")
    return text


def job_secrets(target: Target, variables: Sequence[PlatformVariable]) -> JobSecrets:
    """Return steps that read secrets without setting AWS credentials for the steps after them.

    Args:
        target: The account and region.
        variables: The variables to set. The action sets fields of JSON documents under other names;
            `JobSecrets.names` maps them.

    Raises:
        ShieldError: The action would store two fields of a secret in the same variable.
    """
    texts, documents, environment = _secret_ids(variables)
    sign_in = _credentials_step(target, role_name(target.manifest.app))
    sign_in["with"] |= {"output-credentials": "true", "output-env-credentials": "false"}
    steps = [{"name": "Sign in to AWS for the secrets", "id": SIGN_IN_ID, **sign_in}]
    outputs = f"steps.{SIGN_IN_ID}.outputs"
    credentials = {
        "AWS_DEFAULT_REGION": target.manifest.app.region,
        "AWS_ACCESS_KEY_ID": f"${{{{ {outputs}.aws-access-key-id }}}}",
        "AWS_SECRET_ACCESS_KEY": f"${{{{ {outputs}.aws-secret-access-key }}}}",
        "AWS_SESSION_TOKEN": f"${{{{ {outputs}.aws-session-token }}}}",
    }
    for name, ids, parse_json in (
        ("Read the secrets", texts, "false"),
        ("Read the fields of secrets", documents, "true"),
    ):
        if ids:
            step = _secrets_step(ids, parse_json=parse_json)
            steps.append({"name": name, "uses": step["uses"], "env": credentials, **step})
    names = {variable.name: variable.name for variable in variables if not variable.field}
    for name, reference in environment.items():
        names[name] = reference.removeprefix("${{ env.").removesuffix(" }}")
    return JobSecrets(steps, names)


class _Dumper(yaml.SafeDumper):
    """Write texts of several lines as blocks."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write a value again instead of an alias."""
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _json(document: Any) -> str:
    return json.dumps(document, indent=2) + "\n"


def _check(target: Target) -> None:
    if not _REPOSITORY.fullmatch(target.repository):
        raise ShieldError(
            f"invalid GitHub repository {target.repository!r}",
            "use --repository OWNER/NAME",
        )
    target.require_branch()
    if target.github_environment and not ENVIRONMENT_NAME.fullmatch(target.github_environment):
        raise ShieldError(
            f"invalid GitHub environment {target.github_environment!r}",
            "use --github-environment with a name of letters, digits, spaces and ._/-",
        )


def _workflow(target: Target, role: str) -> dict[str, Any]:
    job: dict[str, Any] = {"runs-on": "ubuntu-latest"}
    if target.github_environment:
        job["environment"] = target.github_environment
    job["permissions"] = {"contents": "read", "id-token": "write"}
    job["steps"] = list(_steps(target, role))
    return {
        "name": "Deploy",
        "on": {"push": {"branches": [target.branch]}},
        "permissions": {},
        "jobs": {"deploy": job},
    }


def _steps(target: Target, role: str) -> Iterator[dict[str, Any]]:
    yield _credentials_step(target, role)
    texts, documents, environment = _secret_ids(target.variables())
    if texts:
        yield _secrets_step(texts, parse_json="false")
    if documents:
        yield _secrets_step(documents, parse_json="true")
    step: dict[str, Any] = {"name": "Replace this command", "run": "./deploy.sh"}
    if environment:
        step["env"] = environment
    yield step


def _credentials_step(target: Target, role: str) -> dict[str, Any]:
    credentials = {
        "aws-region": target.manifest.app.region,
        "role-to-assume": target.location.iam_arn(f"role/{role}"),
        "audience": target.audience,
    }
    return {"uses": _CREDENTIALS_ACTION, "with": credentials}


def _secret_ids(
    variables: Iterable[PlatformVariable],
) -> tuple[list[str], list[str], dict[str, str]]:
    """Return the ids of texts and of JSON documents, and the variables of their fields.

    The action masks the fields of a document only if it stores each in a variable.
    """
    texts = []
    documents: dict[str, str] = {}  # name -> beginning of the names of its variables
    environment: dict[str, str] = {}
    for name, secret, field in variables:
        if not field:
            texts.append(f"{name},{secret}")
            continue
        alias = documents.get(secret) or logical_id(f"Secret {secret}", documents.values())
        documents[secret] = alias
        variable = f"{alias}_{re.sub(r'[^a-zA-Z0-9_]', '_', field)}"
        reference = f"${{{{ env.{variable} }}}}"
        if reference in environment.values():
            raise ShieldError(
                f"two fields of the secret {secret} become the variable {variable}",
                "rename one of them: the action replaces all characters but letters and digits",
            )
        environment[name] = reference
    return texts, [f"{alias},{secret}" for secret, alias in documents.items()], environment


def _secrets_step(ids: Iterable[str], *, parse_json: str) -> dict[str, Any]:
    inputs = {
        "secret-ids": "\n".join(ids) + "\n",
        "parse-json-secrets": parse_json,
        "name-transformation": "none",
    }
    return {"uses": _SECRETS_ACTION, "with": inputs}


def _trust_policy(target: Target) -> dict[str, Any]:
    """Return a policy that lets jobs on one branch, or with one environment, assume the role."""
    subject = f"ref:refs/heads/{target.branch}"
    if target.github_environment:
        subject = f"environment:{target.github_environment}"
    claims = {
        f"{_ISSUER}:aud": target.audience,
        f"{_ISSUER}:sub": f"repo:{target.repository}:{subject}",
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": target.location.iam_arn(f"oidc-provider/{_ISSUER}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": claims},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
