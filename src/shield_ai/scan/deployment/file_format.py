"""Recognize deployment files by their names and their content."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.line_formats import ENV_LINE
from shield_ai.scan.deployment.value_form import STORE

if TYPE_CHECKING:
    from shield_ai.scan.text.config_node import Node

# The group of a match is the format of the file.
FILE = regex(
    r"(?P<dockerfile>(?:docker|container)file([._-].*)?|.*\.dockerfile)"
    r"|(?P<systemd>.*\.(?:service|socket|timer|container)(?:\.(?:j2|in|tmpl|template))?)"
    r"|(?P<procfile>procfile([.-].*)?)|(?P<fly>fly([.-][\w.-]+)?\.toml)|"
    r"(?P<shell>.*\.(?:sh|bash|zsh|envrc)|\.(?:bash_|z)?profile|\.(?:ba|z)shrc|\.zshenv)"
    r"|(?P<terraform>.*\.(?:tf|tofu|tfvars|hcl))"
    r"|(?P<yaml>kustomization|.*\.ya?ml(?:\.(?:tpl|j2|tmpl|gotmpl))?)"
    r"|(?P<json>app\.json|.*\.template|.*\.(?:tf|tofu|tfvars)\.json"
    r"|.*(?:task|container|ecs|template|stack|cloudformation|cfn|lambda|deploy|k8s|kube)"
    r"[\w.-]*\.json)"
    r"|(?P<env_template>(?:.*[._-])?env(?:[._-].*)?\.(?:j2|jinja2?|c?tmpl|tpl|erb))",
    re.IGNORECASE,
)
# The first line of a shell script, also of one that an init program such as dumb-init starts.
SHELL_LINE = regex(rb"#![^\n]{0,200}?/(?:env[ \t]+)?(?:ba|da|a|k|z)?sh\b")
TASK_DEFINITION = regex(
    r"(.*/)?((task|container)[-_]?definitions?|aws|ecs|fargate|deploy(ments?)?)/[^/]+\.json",
    re.IGNORECASE,
)
# Such as vaults.env and .env.production; .env alone is for development.
ENV_FILE = regex(r"[\w.-]{1,100}\.env|\.env[._-][\w.-]{1,100}", re.IGNORECASE)
DROP_IN = regex(r".*\.service\.d/[^/]+\.conf")
WORKFLOW = regex(r"(^|/)\.(github|gitea|forgejo)/workflows/[^/]+$")
GITLAB_FILE = regex(r"(^|/)\.?gitlab-ci([/.-][^/]*)*\.ya?ml$|(^|/)\.?gitlab(-ci)?/", re.IGNORECASE)
# CircleCI, Travis CI, Azure Pipelines and others. Their jobs test or deploy the app.
OTHER_CI = regex(
    r"(^|/)(\.(circleci|semaphore|buildkite|woodpecker)/[^/]+"
    r"|\.?(travis|appveyor|drone|cirrus|woodpecker|wercker|codefresh)"
    r"|(azure|bitbucket)[_-]pipelines([._-][\w.-]+)?|buildspec([._-][\w.-]+)?"
    r"|cloudbuild([._-][\w.-]+)?)\.ya?ml$",
    re.IGNORECASE,
)
TERRAFORM_JSON = regex(r".*\.(?:tf|tofu|tfvars)\.json", re.IGNORECASE)
COMPOSE_FILE = regex(r"(docker-)?compose([.-][\w.-]+)?\.ya?ml(\.\w+)?", re.IGNORECASE)
VALUES_FILE = regex(r"([\w.-]*[.-])?values([.-][\w.-]+)?\.ya?ml", re.IGNORECASE)
KAMAL_FILE = regex(r"(^|/)config/deploy(\.[\w-]+)?\.ya?ml$")
# https://aws.github.io/copilot-cli/docs/manifest/overview/
COPILOT_FILE = regex(r"(^|/)copilot/(?!pipelines/|environments/)[^/]+/manifest\.ya?ml$")
SERVERLESS_FILE = regex(r"serverless([.-][\w.-]+)?\.ya?ml", re.IGNORECASE)
# The kinds of the formats that are neither YAML nor JSON.
LINE_KINDS = {
    "dockerfile": DeploymentKind.DOCKERFILE,
    "systemd": DeploymentKind.SYSTEMD,
    "procfile": DeploymentKind.PROCFILE,
    "fly": DeploymentKind.FLY,
    "env_template": DeploymentKind.ENV_TEMPLATE,
    "shell": DeploymentKind.SHELL,
    "terraform": DeploymentKind.TERRAFORM,
}
ROOT_KEYS = {
    "Resources": DeploymentKind.CLOUDFORMATION,
    "AWSTemplateFormatVersion": DeploymentKind.CLOUDFORMATION,
    "containerDefinitions": DeploymentKind.ECS,
}
SERVICE_KEYS = frozenset({"image", "build", "environment", "env_file", "extends"})
CONTAINER_KEYS = frozenset({"image", "environment", "secrets", "environmentFiles"})
JOB_KEYS = frozenset({"script", "stage", "extends"})


def file_format(path: str) -> str:
    """Return the format of a file that may be a deployment file; empty for other files.

    Args:
        path: The file.
    """
    if DROP_IN.fullmatch(path):
        return "systemd"
    if TASK_DEFINITION.fullmatch(path):
        return "json"
    match = FILE.fullmatch(path, path.rfind("/") + 1)
    if match is None:
        return ""
    return match.lastgroup or ""


def is_shell_script(raw: bytes) -> bool:
    """Return whether a file names a shell in its first line.

    Args:
        raw: The file.
    """
    return SHELL_LINE.match(raw) is not None


def is_env_file(path: str) -> bool:
    """Return whether a file is an env file by its name, except for .env.

    Args:
        path: The file.
    """
    return ENV_FILE.fullmatch(path, path.rfind("/") + 1) is not None


def has_store_references(raw: bytes) -> bool:
    """Return whether an env file has references that the command of a secret manager resolves.

    https://developer.1password.com/docs/cli/secrets-environment-variables/

    Args:
        raw: The file.
    """
    values = (match["value"] for match in ENV_LINE.finditer(raw))
    return any(STORE.search(value.decode("utf-8", "replace")) for value in values)


def tree_kind(path: str, roots: list[Node]) -> DeploymentKind | None:
    """Return the kind of a YAML or JSON file; None if it is not a deployment file.

    Args:
        path: The file.
        roots: Its documents.
    """
    name = path.rpartition("/")[2]
    if WORKFLOW.search(path) or OTHER_CI.search(path):
        return DeploymentKind.GITHUB if WORKFLOW.search(path) else DeploymentKind.CI
    if name == "app.json" and _kind_by_content(path, name, roots) is not DeploymentKind.ECS:
        return DeploymentKind.HEROKU
    if TERRAFORM_JSON.fullmatch(name):
        return DeploymentKind.TERRAFORM
    if COMPOSE_FILE.fullmatch(name):
        return DeploymentKind.COMPOSE
    if name.lower().partition(".")[0] == "kustomization":
        return DeploymentKind.KUBERNETES
    if SERVERLESS_FILE.fullmatch(name):
        return DeploymentKind.SERVERLESS
    if any(_has_keys(root, {"kind", "apiVersion"}) for root in roots):
        return DeploymentKind.KUBERNETES
    return _kind_by_content(path, name, roots)


def _kind_by_content(path: str, name: str, roots: list[Node]) -> DeploymentKind | None:
    root = roots[0]
    if COPILOT_FILE.search(path):
        return DeploymentKind.COPILOT
    if KAMAL_FILE.search(path):
        return DeploymentKind.KAMAL
    for key, _ in root.pairs:
        if key.text in ROOT_KEYS:
            return ROOT_KEYS[key.text]
    if name.endswith(".json") and any(map(_is_container, root.items)):
        return DeploymentKind.ECS
    if _has_services(root):
        return DeploymentKind.COMPOSE
    if VALUES_FILE.fullmatch(name):
        return DeploymentKind.HELM
    if GITLAB_FILE.search(path) or _has_child(root, JOB_KEYS):
        return DeploymentKind.GITLAB
    is_yaml = ".y" in name
    return DeploymentKind.OTHER if is_yaml else None


def _is_container(item: Node) -> bool:
    """Return whether an item of a JSON list is a container of ECS."""
    keys = {key.text for key, _ in item.pairs}
    return "name" in keys and not CONTAINER_KEYS.isdisjoint(keys)


def _has_services(root: Node) -> bool:
    """Return whether a file has the services of Docker Compose."""
    return any(
        key.text == "services" and _has_child(value, SERVICE_KEYS) for key, value in root.pairs
    )


def _has_keys(node: Node, keys: set[str]) -> bool:
    return keys <= {key.text for key, _ in node.pairs}


def _has_child(node: Node, keys: frozenset[str]) -> bool:
    """Return whether a value of a map is a map with one of the keys."""
    for _, value in node.pairs:
        if any(inner.text in keys for inner, _ in value.pairs):
            return True
    return False
