"""The tables of shield.toml, which lists an app's secrets. It never contains values.

The comment of each field is its description in the reference and in the JSON schema.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from shield_ai.model.finding import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shield_ai.model.skip import SkipReason

# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
SECRET_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,512}")
DEFAULT_REGION = "us-east-1"
DEFAULT_REGION_NOTE = "the default: set it before apply creates the secrets there"
ENV_VAR_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Rotation strategies that do not name the database server.
SHORT_STRATEGIES = ("single-user", "alternating-users")


class App(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The `[app]` table."""

    name: str  # the app's name; the names of its AWS resources start with it
    settings: tuple[str, ...] = ()  # settings files, relative to shield.toml
    # path of the map file, which `shield draft` sets: apply copies the runtime beside it; or
    # "package": apply copies nothing, and adds the dependency `shield-ai-runtime`
    runtime: str = "package"
    region: str = DEFAULT_REGION  # AWS region of the secrets
    prefix: str = ""  # prefix of each secret's name in AWS
    # encryption key: the AWS managed key, or the id, ARN or alias of your key
    kms_key: str = "aws/secretsmanager"
    role: str = ""  # name or ARN of the app's IAM role; if empty, no IAM policy is created
    # tags of all created resources, in addition to `app` and `managed-by`
    tags: dict[str, str] = {}
    replicas: tuple[str, ...] = ()  # other regions to replicate each secret to
    # attach a policy to each secret: only the app's role, rotation and monitoring.readers can read
    readers_only: bool = False
    # files to generate: tests where the app has tests, docs where it has a folder `docs`
    generate: tuple[Literal["tests", "docs"], ...] = ("tests", "docs")
    prefetch: bool = False  # the app calls prefetch(), which requires an additional permission
    # environment variables that hold no secret: `shield draft` does not add them
    ignore: tuple[str, ...] = ()


class Rotation(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """When and how a secret is rotated."""

    # "30 days", "rate(12 hours)" or "cron(0 3 1 * ? *)", in UTC; without it, only `shield rotate`
    # NAME rotates the secret
    every: str = ""
    strategy: str = ""  # how a new value is created; the default depends on the kind
    engine: str = ""  # the database server, if neither the secret nor its variables name it
    # the administrator's secret for alternating-users: its full name in AWS, or its ARN
    admin: str = ""
    window: str = ""  # time after the scheduled start in which AWS can rotate: "3h"
    hook: str = ""  # for API keys: a Python file of the app that defines issue, test and revoke
    sslmode: str = ""  # weakest TLS mode that the secret may set; verify-ca by default
    ca: str = ""  # file of the app with the CA certificates of the database server


class Secret(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A `[[secret]]`: `env` for a single value, or `fields` for a JSON document."""

    name: str  # name in AWS, without the prefix
    kind: Kind = Kind.GENERIC  # determines how a value is generated and rotated
    env: str | None = None  # environment variable of a single value
    fields: dict[str, str] | None = None  # field of the JSON document -> environment variable
    # true: the app starts without it; false: it must not, even if its default in the code is empty
    optional: bool | None = None
    external: bool = False  # read by something other than the app's Python code
    rotate: Literal["manual"] | Rotation | None = None  # "manual", or when and how to rotate
    description: str = ""  # description in AWS
    generate: bool = False  # generate a value or a database password if no source has one

    def variables(self) -> dict[str, str]:
        """Map each environment variable to its field; the field of a single value is empty."""
        if self.fields is not None:
            return {variable: field for field, variable in self.fields.items()}
        return {self.env: ""} if self.env else {}


class Monitoring(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The `[monitoring]` table."""

    # principals besides the app's role that can read the secrets: role/NAME, user/NAME, with *,
    # and @ACCOUNT at the end for another account
    readers: tuple[str, ...] = ()
    email: tuple[str, ...] = ()  # recipients of alarms
    topic: str = ""  # ARN of your SNS topic, instead of email
    namespace: str = ""  # CloudWatch namespace of the runtime's metrics; default: ShieldAI/APP
    errors: int = 10  # alarm if get_secret() fails more than this number of times in five minutes
    # alarm if a rotation is later than this number of days; requires a daily
    # `shield rotate --status --publish`
    overdue: int | None = None

    @property
    def has_recipients(self) -> bool:
        """True if someone receives alarms. Without recipients, no alarms are created."""
        return bool(self.email or self.topic)


class Environment(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """An `[environments.NAME]` table: the differences from `[app]`, and how to sign in."""

    prefix: str | None = None
    region: str | None = None
    kms_key: str | None = None
    role: str | None = None
    replicas: tuple[str, ...] | None = None
    tags: dict[str, str] = {}
    account: str = ""  # 12-digit account id; other accounts are rejected
    profile: str = ""  # profile of ~/.aws/config
    assume: str = ""  # ARN of a role to assume
    env_file: str = ""  # default of --env-file
    # ask for the app's name before changes; default: true for prod, production and live
    production: bool | None = None


class Functions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The `[rotation]` table: if present, apply deploys a Lambda function for each rotation."""

    subnets: tuple[str, ...] = ()  # subnets of the functions, with access to the databases
    security_groups: tuple[str, ...] = ()  # security groups of the functions in these subnets
    log_days: int = 30  # retention of the functions' logs in CloudWatch


class DeploymentEdits(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The `[deployment]` table: the deployment files from which apply removes the variables."""

    # kinds of files to edit: "compose", "kubernetes", "ecs", "cloudformation" (also for AWS SAM),
    # "github" or "gitlab"
    edit: tuple[
        Literal["compose", "kubernetes", "ecs", "cloudformation", "github", "gitlab"], ...
    ] = ()
    # services and containers that run the app, which reads its secrets with get_secret(); and
    # functions, by their logical IDs
    containers: tuple[str, ...] = ()
    # containers of ECS and Kubernetes, and functions, that do not call get_secret(): the platform
    # sets their variables
    inject: tuple[str, ...] = ()
    # jobs of GitHub workflows and of .gitlab-ci.yml that read their secrets from AWS instead of
    # from GitHub or GitLab; with the name of the file, as in "release.yml:deploy", only the job of
    # that file
    jobs: tuple[str, ...] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of shield.toml."""

    app: App
    monitoring: Monitoring = Monitoring()
    rotation: Functions | None = None
    deployment: DeploymentEdits = DeploymentEdits()
    environments: dict[str, Environment] = {}
    secret: tuple[Secret, ...] = ()

    def names(self) -> set[str]:
        """Return the names of the secrets and of their variables."""
        return {name for secret in self.secret for name in (secret.name, *secret.variables())}

    def variables(self) -> list[str]:
        """Return the environment variables of all secrets."""
        names: list[str] = []
        for secret in self.secret:
            names += secret.variables()
        return names

    def secrets_by_variable(self) -> dict[str, tuple[Secret, str]]:
        """Map each environment variable to its secret and field."""
        found: dict[str, tuple[Secret, str]] = {}
        for secret in self.secret:
            for variable, field in secret.variables().items():
                found.setdefault(variable, (secret, field))
        return found


class Draft(NamedTuple):
    """A drafted shield.toml, and why it lacks variables that the app reads, or a schedule."""

    manifest: Manifest
    held: Mapping[str, SkipReason] = MappingProxyType({})
    notes: tuple[str, ...] = ()


def has_default_region(manifest: Manifest, written: bytes | None) -> bool:
    """Return whether the region is the default, and its comment still says to set it.

    Args:
        manifest: shield.toml.
        written: The file; None if it does not exist yet.
    """
    is_noted = written is None or DEFAULT_REGION_NOTE.encode() in written
    return is_noted and manifest.app.region == DEFAULT_REGION
