"""Export a job of GitLab CI that reads the secrets with an OIDC role, and its policies.

https://docs.gitlab.com/ci/cloud_services/aws/
https://docs.gitlab.com/ci/secrets/id_token_authentication/
"""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from shield_ai.aws.desired.iam import app_slug, platform_policies
from shield_ai.model.errors import ShieldError
from shield_ai.model.pipeline import TOKEN
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.aws.export.platform import PlatformVariable, Target
    from shield_ai.model.manifest import App

_HOST = "gitlab.com"
# GROUP/SUBGROUP/PROJECT, or the URL of a project on another instance than gitlab.com.
_REPOSITORY = regex(
    r"(?:https://(?P<host>[A-Za-z0-9.-]{1,200}(?::[0-9]{1,5})?)/)?"
    r"(?P<path>[A-Za-z0-9_][\w.-]{0,254}(?:/[A-Za-z0-9_][\w.-]{0,254}){1,20})"
)
_JOB = """\
# A job of GitLab CI that reads the secrets, the trust policy of its role, and the role's policy.
# Its image needs the AWS CLI, and jq for the fields of JSON secrets. IAM needs the OIDC provider
# https://{host} with the audience {audience}.
deploy:
  image:
    name: public.ecr.aws/aws-cli/aws-cli:latest
    entrypoint: [""]
  rules:
    - if: $CI_COMMIT_BRANCH == "{branch}"
  id_tokens:
    {token}:
      aud: {audience}
  script:
    - |
{script}
    - ./deploy.sh
"""
_DOCUMENT = "SHIELD_JSON"
# The AWS CLI would keep the credentials of AWS_WEB_IDENTITY_TOKEN_FILE in ~/.aws/cli/cache.
_SCRIPT = """\
# Read the secrets from AWS with the ID token of the job
set +x
shield_aws() (
  unset AWS_PROFILE AWS_DEFAULT_PROFILE
  export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
  export AWS_REGION={region} AWS_DEFAULT_REGION={region}
  aws "$@" --output text
)
shield_sign_in() (
  token=$(mktemp) || exit 1
  trap 'rm -f "$token"' EXIT
  printf %s "${token}" > "$token"
  shield_aws sts assume-role-with-web-identity --web-identity-token "file://$token" \\
    --role-arn {role} \\
    --role-session-name "gitlab-ci-$CI_JOB_ID" --duration-seconds 900 \\
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]'
)
shield_secret() (
  set -- "$1" $SHIELD_LOGIN
  export AWS_ACCESS_KEY_ID="$2" AWS_SECRET_ACCESS_KEY="$3" AWS_SESSION_TOKEN="$4"
  shield_aws secretsmanager get-secret-value --secret-id "$1" --query SecretString
)
SHIELD_LOGIN=$(shield_sign_in) || exit 1
"""


def to_gitlab_ci(target: Target) -> str:
    """Return the job as YAML, and the policies as further documents in JSON.

    Raises:
        ShieldError: The repository or branch is missing or invalid.
    """
    match = _REPOSITORY.fullmatch(target.repository)
    if not match:
        raise ShieldError(
            f"invalid GitLab project {target.repository!r}",
            "use --repository GROUP/PROJECT or --repository https://HOST/GROUP/PROJECT",
        )
    target.require_branch()
    host = match["host"] or _HOST
    role = role_name(target.manifest.app)
    lines = read_script(target, target.variables()).splitlines()
    text = _JOB.format(
        host=host,
        audience=target.audience,
        branch=target.branch,
        token=TOKEN,
        script="\n".join(f"      {line}" for line in lines),
    )
    text += f"---\n# Trust policy of the role {role}\n"
    text += _json(_trust_policy(target, host, match["path"]))
    for policy in platform_policies(target.manifest, target.account):
        text += f"---\n# Policy of the role {role}\n" + _json(policy)
    return text


def role_name(app: App) -> str:
    """Return the name of the role that the jobs assume."""
    return f"{app_slug(app)}-gitlab-ci"


def read_script(target: Target, variables: Sequence[PlatformVariable]) -> str:
    """Return a command for bash or sh that reads secrets, and prints none of them.

    The AWS CLI uses nothing but the ID token of the job, and keeps no credentials on the disk. The
    other commands of the job have the variables, but neither the credentials nor the token.

    Args:
        target: The account and region.
        variables: The variables to set. Fields of JSON documents need jq.
    """
    text = _SCRIPT.format(
        region=target.manifest.app.region,
        role=target.location.iam_arn(f"role/{role_name(target.manifest.app)}"),
        token=TOKEN,
    )
    documents: defaultdict[str, list[PlatformVariable]] = defaultdict(list)
    for variable in variables:
        if variable.field:
            documents[variable.secret].append(variable)
        else:
            text += _read_line(variable.name, variable.secret) + f"export {variable.name}\n"
    for secret, fields in documents.items():
        text += _read_line(_DOCUMENT, secret) + "".join(map(_field_lines, fields))
    names = [TOKEN, "SHIELD_LOGIN", *([_DOCUMENT] if documents else [])]
    return f"{text}unset {' '.join(names)}\n"


def _read_line(variable: str, secret: str) -> str:
    return f"{variable}=$(shield_secret {shlex.quote(secret)}) || exit 1\n"


def _field_lines(variable: PlatformVariable) -> str:
    """Return the lines that set a variable to a field of the document that was read."""
    path = shlex.quote(f".[{json.dumps(variable.field)}]")
    read = f'printf %s "${_DOCUMENT}" | jq -er {path}'
    return f"{variable.name}=$({read}) || exit 1\nexport {variable.name}\n"


def _json(document: Any) -> str:
    return json.dumps(document, indent=2) + "\n"


def _trust_policy(target: Target, host: str, project: str) -> dict[str, Any]:
    """Return a policy that lets jobs on one branch assume the role."""
    claims = {
        f"{host}:aud": target.audience,
        f"{host}:sub": f"project_path:{project}:ref_type:branch:ref:{target.branch}",
    }
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": target.location.iam_arn(f"oidc-provider/{host}")},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": claims},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
