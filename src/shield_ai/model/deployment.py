"""The places where deployment files set the variables of secrets, and the blocks that edits need.

`Deployment`, which becomes part of a plan, never contains values. `EnvironmentFile` does.
"""

from __future__ import annotations

import enum
from codecs import BOM_UTF8
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from shield_ai.model.skip import Skipped

if TYPE_CHECKING:
    from collections.abc import Mapping


class DeploymentKind(enum.StrEnum):
    """The kind of a deployment file."""

    COMPOSE = "compose"
    DOCKERFILE = "dockerfile"
    KUBERNETES = "kubernetes"
    HELM = "helm"
    ECS = "ecs"
    CLOUDFORMATION = "cloudformation"
    COPILOT = "copilot"
    SERVERLESS = "serverless"
    TERRAFORM = "terraform"
    SYSTEMD = "systemd"
    PROCFILE = "procfile"
    SHELL = "shell"
    GITHUB = "github"
    GITLAB = "gitlab"
    CI = "ci"  # of another service
    HEROKU = "heroku"
    KAMAL = "kamal"
    FLY = "fly"
    ENV_TEMPLATE = "env-template"
    ENV_REFERENCES = "env-references"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The name in reports."""
        return LABELS[self]


# Kinds of deployment files in which `secrets` refers to AWS Secrets Manager or Parameter Store.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/specifying-sensitive-data.html
# https://aws.github.io/copilot-cli/docs/developing/secrets/
INJECTING_KINDS = frozenset(
    {
        DeploymentKind.ECS,
        DeploymentKind.CLOUDFORMATION,
        DeploymentKind.TERRAFORM,
        DeploymentKind.COPILOT,
    }
)
LABELS = {
    DeploymentKind.COMPOSE: "Docker Compose",
    DeploymentKind.DOCKERFILE: "Dockerfile",
    DeploymentKind.KUBERNETES: "Kubernetes",
    DeploymentKind.HELM: "Helm",
    DeploymentKind.ECS: "ECS",
    DeploymentKind.CLOUDFORMATION: "CloudFormation",
    DeploymentKind.COPILOT: "AWS Copilot",
    DeploymentKind.SERVERLESS: "Serverless Framework",
    DeploymentKind.TERRAFORM: "Terraform",
    DeploymentKind.SYSTEMD: "systemd",
    DeploymentKind.PROCFILE: "Procfile",
    DeploymentKind.SHELL: "shell script",
    DeploymentKind.GITHUB: "GitHub Actions",
    DeploymentKind.GITLAB: "GitLab CI",
    DeploymentKind.CI: "CI configuration",
    DeploymentKind.HEROKU: "app.json",
    DeploymentKind.KAMAL: "Kamal",
    DeploymentKind.FLY: "Fly.io",
    DeploymentKind.ENV_TEMPLATE: "template of an env file",
    DeploymentKind.ENV_REFERENCES: "env file with references",
    DeploymentKind.OTHER: "YAML",
}


class ValueForm(enum.StrEnum):
    """How a variable gets its value."""

    LITERAL = "literal"  # the value itself
    URL = "url"  # a URL without credentials, which is not secret
    DEFAULT = "default"  # a literal that is used if another variable is not set
    MIXED = "mixed"  # a reference and other text, which may be the value
    PLACEHOLDER = "placeholder"  # a literal that is not a value, such as `<your-key>`
    EMPTY = "empty"
    REFERENCE = "reference"  # to a variable of the shell or .env, a parameter or another file
    SECRET_STORE = "secret-store"  # a reference to the platform's store of secrets
    READ = "read"  # not set here: the job reads it, and the platform or another line sets it
    ENV_FILE = "env-file"  # a line of an env file that the deployment file names


class Use(enum.StrEnum):
    """What a line of a deployment file is for."""

    PRODUCTION = "production"
    DEVELOPMENT = "development"  # also tests, examples and the services of CI jobs
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"  # accepted with a suppression comment


class DeploymentVariable(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a deployment file that sets the variable of a secret, or where a job reads it."""

    path: str
    line: int
    kind: DeploymentKind
    unit: str  # name of the service, container, job, function or object; can be empty
    variable: str  # empty: any variable, for an env file that is not in the app's folder
    secret: str  # the name in shield.toml
    field: str  # of a JSON secret
    form: ValueForm
    use: Use
    env_file: str = ""  # the path of the env file, as in the deployment file
    is_own_login: bool = False  # of a server that the file starts itself, maybe for development


class Deployment(msgspec.Struct, frozen=True, kw_only=True):
    """What was found in the deployment files, sorted by path and line."""

    variables: tuple[DeploymentVariable, ...] = ()
    unread: tuple[Skipped, ...] = ()  # files and lines that could not be read
    templates: tuple[str, ...] = ()  # of Helm charts, with names of variables that are not parsed


class EntryStyle(enum.StrEnum):
    """How a file sets the variables of a container."""

    MAP = "map"  # NAME: value
    ASSIGNMENTS = "assignments"  # - NAME=value
    OBJECTS = "objects"  # {name: NAME, value: value}


class EnvironmentEntry(NamedTuple):
    """A variable that a container sets: the bytes of the whole entry, with quotes and braces."""

    variable: str
    start: int
    end: int
    value: str | None  # None if it is not a text
    reference: str = ""  # the parameter of a template with the value


class EnvironmentBlock(NamedTuple):
    """A list or map of a file that sets variables of a container."""

    container: int  # where the service or container starts, which has one or two blocks
    unit: str  # its name; of a function, its logical ID
    key: str  # for example `environment`
    key_start: int  # byte offsets, of the name with its quotes and of the list or map
    start: int
    end: int
    style: EntryStyle
    entries: tuple[EnvironmentEntry, ...]
    problem: str  # why the variables of the container can't be edited; empty if they can
    app_problem: str = ""  # why an app in it can't read secrets; empty if it can
    platform_problem: str = ""  # why ECS can't read secrets for it; empty if it can
    reserved: frozenset[str] = frozenset()  # variables that the platform sets itself
    inherited_by: tuple[str, ...] = ()  # the functions that the variables are for, if several


class EnvironmentFile(NamedTuple):
    """The variables of all containers of a file."""

    raw: bytes
    kind: DeploymentKind
    blocks: tuple[EnvironmentBlock, ...] = ()
    problem: str = ""  # why the file can't be edited; empty if it can
    app_problem: str = ""  # why an app in it can't read secrets; empty if it can
    platform_problem: str = ""  # why ECS can't read secrets for it; empty if it can
    # The parameters of a template, and how often it names them outside their declarations.
    parameters: Mapping[str, int] = {}

    @property
    def is_json(self) -> bool:
        """Whether the file is in JSON, not in YAML."""
        is_template = self.kind is DeploymentKind.CLOUDFORMATION
        has_brace = self.raw.removeprefix(BOM_UTF8).lstrip().startswith(b"{")
        return self.kind is DeploymentKind.ECS or (is_template and has_brace)
