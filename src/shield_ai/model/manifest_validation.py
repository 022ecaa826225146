"""Validate constraints of shield.toml that its types do not express.

Errors do not show values of unknown form, as in text_validation.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from shield_ai.model.errors import ManifestError
from shield_ai.model.manifest import Functions, Rotation
from shield_ai.model.manifest_patterns import (
    APP_NAME,
    CONTAINER,
    EMAIL,
    JOB,
    KMS_KEY,
    LOG_DAYS,
    NAMESPACE,
    PREFIX,
    PROFILE,
    READER,
    REGION,
    ROLE,
    ROLE_ARN,
    RUNTIME_PATH,
    SECURITY_GROUP,
    SUBNET,
    TAG_KEY,
    TAG_VALUE,
    TOPIC_ARN,
)
from shield_ai.model.rotation_validation import check_rotation
from shield_ai.model.secret_validation import check_secret
from shield_ai.model.text_validation import check_printable, check_texts, check_variable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shield_ai.model.manifest import App, DeploymentEdits, Environment, Manifest, Monitoring
    from shield_ai.model.text_validation import PatternCheck

    Locate = Callable[..., str]

_PIPELINES = frozenset({"github", "gitlab"})  # kinds of files in `edit` with jobs


def validate_manifest(manifest: Manifest, locate: Locate) -> None:
    """Check the values of a manifest.

    Args:
        manifest: The manifest.
        locate: Returns the file and line of a key or table, as `manifest_parser.locate` does.

    Raises:
        ManifestError: A value is invalid.
    """
    with _errors_at(locate, table="app"):
        _check_app(manifest.app)
    if manifest.rotation:
        with _errors_at(locate, table="rotation"):
            _check_functions(manifest.rotation)
    with _errors_at(locate, table="app"):
        _check_tags(manifest.app.tags)
        _check_ignored(manifest)
    for name, environment in manifest.environments.items():
        with _errors_at(locate, table=f"environments.{name}"):
            _check_environment(name, environment)
    with _errors_at(locate, table="monitoring"):
        _check_monitoring(manifest.monitoring)
    with _errors_at(locate, table="deployment"):
        _check_deployment(manifest.deployment)
    _check_secrets(manifest, locate)


@contextlib.contextmanager
def _errors_at(
    locate: Locate, key: str = "", subject: str = "", *, table: str = "", secret: int | None = None
) -> Iterator[None]:
    """Prefix the messages of errors with a file and a line.

    Args:
        locate: Returns `shield.toml:LINE`. Called only after an error.
        key: The key that is checked, unless the error names another one.
        subject: The start of each message after the place, such as `rotate of db: `.
        table: The table that is checked.
        secret: The index of the [[secret]] that is checked.
    """
    try:
        yield
    except ManifestError as error:
        place = locate(error.key or key, table=table, secret=secret)
        raise ManifestError(f"{place}: {subject}{error.message}", error.hint) from None


def _check_app(app: App) -> None:
    """Check the values that become part of resource names, scripts and templates."""
    if not app.name:
        raise ManifestError("name is empty", "set it to the app's name", key="name")
    check_texts([("name", app.name, APP_NAME), *_overridable_checks(app)])
    for path in app.settings:
        check_printable("settings", path)
    check_printable("runtime", app.runtime)
    if app.runtime != "package" and not RUNTIME_PATH.fullmatch(app.runtime):
        raise ManifestError(
            "invalid runtime",
            'use the path of a Python file, such as shop/utils/secrets.py, or "package"',
            key="runtime",
        )


def _overridable_checks(table: App | Environment) -> list[PatternCheck]:
    return [
        ("prefix", table.prefix, PREFIX),
        ("role", table.role, ROLE),
        ("region", table.region, REGION),
        ("kms_key", table.kms_key, KMS_KEY),
        *[("replicas", region, REGION) for region in table.replicas or ()],
    ]


def _check_functions(functions: Functions) -> None:
    if functions.log_days not in LOG_DAYS:
        raise ManifestError(
            f"CloudWatch Logs does not support log_days = {functions.log_days}",
            f"use one of {', '.join(map(str, LOG_DAYS))}",
            key="log_days",
        )
    if bool(functions.subnets) != bool(functions.security_groups):
        raise ManifestError(
            "subnets and security_groups require each other",
            "set both or neither",
            key="subnets" if functions.subnets else "security_groups",
        )
    check_texts([("subnets", subnet, SUBNET) for subnet in functions.subnets])
    groups = [("security_groups", group, SECURITY_GROUP) for group in functions.security_groups]
    check_texts(groups)


def _check_tags(tags: dict[str, str]) -> None:
    for key, value in tags.items():
        if not (TAG_KEY.fullmatch(key) and TAG_VALUE.fullmatch(value)):
            raise ManifestError(
                f"invalid tag {key!r}",
                "use at most 128 characters in the key and 256 in the value: letters, digits, "
                "spaces and _ . : / = + - @",
                key="tags",
            )
        if key.lower().startswith("aws:"):
            raise ManifestError(
                f"invalid tag {key!r}", "AWS reserves keys that start with aws:", key="tags"
            )


def _check_ignored(manifest: Manifest) -> None:
    by_variable = manifest.secrets_by_variable()
    for variable in manifest.app.ignore:
        check_variable("ignore", variable)
        entry = by_variable.get(variable)
        if entry:
            raise ManifestError(
                f"ignore names {variable}, a variable of the secret {entry[0].name!r}",
                "remove it from ignore, or from the secret",
                key="ignore",
            )


def _check_environment(name: str, environment: Environment) -> None:
    _check_tags(environment.tags)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
        raise ManifestError(f"invalid environment name {name!r}", "use letters, digits, - and _")
    if environment.account and not re.fullmatch(r"[0-9]{12}", environment.account):
        raise ManifestError("invalid AWS account id", "use its 12 digits", key="account")
    check_texts(_overridable_checks(environment))
    check_texts([("profile", environment.profile, PROFILE)])
    check_texts([("assume", environment.assume, ROLE_ARN)])
    check_printable("env_file", environment.env_file)


def _check_monitoring(monitoring: Monitoring) -> None:
    check_texts([("namespace", monitoring.namespace, NAMESPACE)])
    if monitoring.topic and not TOPIC_ARN.fullmatch(monitoring.topic):
        raise ManifestError("invalid topic", "write arn:aws:sns:REGION:ACCOUNT:NAME", key="topic")
    if monitoring.topic and monitoring.email:
        raise ManifestError(
            "topic and email are mutually exclusive",
            "subscribe the email addresses to the topic",
            key="email",
        )
    for email in monitoring.email:
        if not EMAIL.fullmatch(email):
            raise ManifestError(
                "invalid email address", 'for example: email = ["ops@example.com"]', key="email"
            )
    for reader in monitoring.readers:
        _check_reader(reader)
    _check_not_negative("overdue", monitoring.overdue or 0)
    _check_not_negative("errors", monitoring.errors)


def _check_reader(reader: str) -> None:
    if not READER.fullmatch(reader):
        raise ManifestError(
            "invalid reader", 'for example: readers = ["role/Deploy*"]', key="readers"
        )
    name = re.sub(r"@\d{12}$", "", reader).rpartition("/")[2]
    # CloudTrail names the sessions of a role without its path: this would allow every role.
    if reader.count("/") > 1 and not name.strip("*@"):
        raise ManifestError(
            "a reader with a path matches every role",
            'add the start of the role names, for example "role/team/Deploy*"',
            key="readers",
        )


def _check_not_negative(key: str, value: int) -> None:
    if value < 0:
        raise ManifestError(f"{key} is negative", "use 0 or more", key=key)


def _check_deployment(deployment: DeploymentEdits) -> None:
    check_texts([("containers", name, CONTAINER) for name in deployment.containers])
    check_texts([("inject", name, CONTAINER) for name in deployment.inject])
    check_texts([("jobs", name, JOB) for name in deployment.jobs])
    edited = set(deployment.edit)
    has_container_files = bool(edited - _PIPELINES)
    has_containers = bool(deployment.containers or deployment.inject)
    if has_container_files and not has_containers:
        raise ManifestError(
            "edit requires containers or inject",
            'name the services and containers that run the app, as in containers = ["web"]',
            key="edit",
        )
    if has_containers and not has_container_files:
        raise ManifestError(
            "containers and inject require a kind of file with containers in edit, "
            'such as "compose"',
            'add the kind of the files that name them, as in edit = ["compose"]',
            key="containers" if deployment.containers else "inject",
        )
    if deployment.inject and not edited & {"ecs", "kubernetes", "cloudformation"}:
        raise ManifestError(
            'inject requires "ecs", "kubernetes" or "cloudformation" in edit',
            'add "ecs", "kubernetes" or "cloudformation" to edit, or remove inject',
            key="inject",
        )
    if both := set(deployment.inject).intersection(deployment.containers):
        raise ManifestError(
            f"{min(both)!r} is in containers and in inject",
            "list it in containers if its code calls get_secret(), otherwise in inject",
            key="inject",
        )
    _check_jobs(deployment)


def _check_jobs(deployment: DeploymentEdits) -> None:
    has_pipelines = not _PIPELINES.isdisjoint(deployment.edit)
    if has_pipelines and not deployment.jobs:
        raise ManifestError(
            '"github" and "gitlab" in edit require jobs',
            'name the jobs that read their secrets from AWS, as in jobs = ["deploy"]',
            key="edit",
        )
    if deployment.jobs and not has_pipelines:
        raise ManifestError(
            'jobs requires "github" or "gitlab" in edit',
            'add the kind of the files with the jobs, as in edit = ["github"]',
            key="jobs",
        )


def _check_secrets(manifest: Manifest, locate: Locate) -> None:
    prefixes = [manifest.app.prefix]
    prefixes += [environment.prefix or "" for environment in manifest.environments.values()]
    longest_prefix = max(prefixes, key=len)
    names: set[str] = set()
    for index, secret in enumerate(manifest.secret):
        with _errors_at(locate, secret=index):
            if secret.name in names:
                raise ManifestError(
                    f"duplicate secret {secret.name!r}", "rename or remove one of them"
                )
            check_secret(secret, longest_prefix)
        names.add(secret.name)
        if isinstance(secret.rotate, Rotation):
            with _errors_at(locate, "rotate", f"rotate of {secret.name}: ", secret=index):
                check_rotation(secret, secret.rotate)
