"""Validate constraints of shield.toml that its types do not express."""

from __future__ import annotations

import contextlib
import re
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from shield_ai.model import schedule
from shield_ai.model.database_fields import DATABASE_ENGINES
from shield_ai.model.errors import ManifestError
from shield_ai.model.finding import Kind
from shield_ai.model.loader_variables import LOADER_VARIABLE
from shield_ai.model.manifest import (
    ENV_VAR_NAME,
    SECRET_NAME,
    SHORT_STRATEGIES,
    Functions,
    Rotation,
)
from shield_ai.model.manifest_patterns import (
    ADMIN,
    APP_NAME,
    CONTAINER,
    EMAIL,
    FIELD,
    FUNCTION_FILE,
    HOOK_FILE,
    JOB,
    KMS_KEY,
    LOG_DAYS,
    MAX_NAME_LENGTH,
    NAMESPACE,
    PREFIX,
    PROFILE,
    READER,
    REGION,
    ROLE,
    ROLE_ARN,
    RUNTIME_PATH,
    SECURITY_GROUP,
    SPECIAL_TEXT,
    SUBNET,
    TAG,
    TOPIC_ARN,
)
from shield_ai.model.naming import ARN_SUFFIX
from shield_ai.model.printable import printable, printable_lines
from shield_ai.rotator.document import SSL_MODES
from shield_ai.rotator.registry import STRATEGIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from shield_ai.model.manifest import (
        App,
        DeploymentEdits,
        Environment,
        Manifest,
        Monitoring,
        Secret,
    )

    Locate = Callable[..., str]
    _Text = tuple[str, str | None, re.Pattern[str]]  # a key, its value and what it must match

# Hints for the patterns that are hard to read.
_HINTS = {
    "role": "use the role's name, after its path if it has one, or its ARN",
    "assume": "use the role's ARN",
    "admin": "use the full name of one secret in AWS, or its full ARN",
    "namespace": "use letters, digits, spaces and ._/#:- but neither AWS/ at the start nor ://",
}


def validate(manifest: Manifest, locate: Locate) -> None:
    """Check the values of a manifest.

    Args:
        manifest: The manifest.
        locate: Returns the file and line of a key or table, as `manifest_parser.locate` does.

    Raises:
        ManifestError: A value is invalid.
    """
    with _errors_at(partial(locate, table="app")):
        _check_app(manifest.app)
    if manifest.rotation:
        with _errors_at(partial(locate, table="rotation")):
            _check_functions(manifest.rotation)
    with _errors_at(partial(locate, "tags", table="app")):
        _check_tags(manifest.app.tags)
    with _errors_at(partial(locate, "ignore", table="app")):
        _check_ignored(manifest)
    for name, environment in manifest.environments.items():
        with _errors_at(partial(locate, table=f"environments.{name}")):
            _check_environment(name, environment)
    with _errors_at(partial(locate, table="monitoring")):
        _check_monitoring(manifest.monitoring)
    with _errors_at(partial(locate, table="deployment")):
        _check_deployment(manifest.deployment)
    _check_secrets(manifest, locate)


@contextlib.contextmanager
def _errors_at(find_place: Callable[[], str], subject: str = "") -> Iterator[None]:
    """Prefix the messages of errors with a file and a line, which are searched only then."""
    try:
        yield
    except ManifestError as error:
        raise ManifestError(f"{find_place()}: {subject}{error.message}", error.hint) from None


def _check_app(app: App) -> None:
    """Check the values that become part of resource names, scripts and templates."""
    if not app.name:
        raise ManifestError("name is empty", "set it to the app's name")
    _check_texts([("name", app.name, APP_NAME), *_overridable_texts(app)])
    for path in (*app.settings, app.runtime):
        _check_printable(path)
    if app.runtime != "package" and not RUNTIME_PATH.fullmatch(app.runtime):
        raise ManifestError(
            f"invalid runtime {app.runtime!r}",
            'use the path of a Python file, such as shop/utils/secrets.py, or "package"',
        )


def _overridable_texts(table: App | Environment) -> list[_Text]:
    return [
        ("prefix", table.prefix, PREFIX),
        ("role", table.role, ROLE),
        ("region", table.region, REGION),
        ("kms_key", table.kms_key, KMS_KEY),
        *[("replicas", region, REGION) for region in table.replicas or ()],
    ]


def _check_texts(texts: Iterable[_Text]) -> None:
    """Check that each text that is set matches its pattern."""
    for key, value, allowed in texts:
        if value and not allowed.fullmatch(value):
            hint = _HINTS.get(key, f"it must match {allowed.pattern}")
            raise ManifestError(f"invalid {key} {value!r}", hint)


def _check_printable(path: str) -> None:
    if printable(path) != path:
        raise ManifestError(f"invalid path {path!r}", "rename the file")


def _check_functions(functions: Functions) -> None:
    if functions.log_days not in LOG_DAYS:
        raise ManifestError(
            f"CloudWatch Logs does not support log_days = {functions.log_days}",
            f"use one of {', '.join(map(str, LOG_DAYS))}",
        )
    if bool(functions.subnets) != bool(functions.security_groups):
        raise ManifestError("subnets and security_groups require each other", "set both or neither")
    _check_texts([("subnets", subnet, SUBNET) for subnet in functions.subnets])
    groups = [("security_groups", group, SECURITY_GROUP) for group in functions.security_groups]
    _check_texts(groups)


def _check_tags(tags: dict[str, str]) -> None:
    for key, value in tags.items():
        is_valid = TAG.fullmatch(key) and TAG.fullmatch(value or "-")
        if not is_valid:
            raise ManifestError(
                f"invalid tag {key!r}",
                "use letters, digits, spaces and _.:/=+-@ in its name and value",
            )
        if key.lower().startswith("aws:"):
            raise ManifestError(f"invalid tag {key!r}", "AWS reserves names that start with aws:")


def _check_ignored(manifest: Manifest) -> None:
    by_variable = manifest.secrets_by_variable()
    for variable in manifest.app.ignore:
        _check_variable(variable)
        entry = by_variable.get(variable)
        if entry:
            raise ManifestError(
                f"ignore names {variable}, a variable of the secret {entry[0].name!r}",
                "remove it from ignore, or from the secret",
            )


def _check_environment(name: str, environment: Environment) -> None:
    _check_tags(environment.tags)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name):
        raise ManifestError(f"invalid environment name {name!r}", "use letters, digits, - and _")
    if environment.account and not re.fullmatch(r"[0-9]{12}", environment.account):
        raise ManifestError(f"invalid AWS account id {environment.account!r}", "use its 12 digits")
    _check_texts(_overridable_texts(environment))
    _check_texts([("profile", environment.profile, PROFILE)])
    _check_texts([("assume", environment.assume, ROLE_ARN)])
    _check_printable(environment.env_file)


def _check_monitoring(monitoring: Monitoring) -> None:
    _check_texts([("namespace", monitoring.namespace, NAMESPACE)])
    if monitoring.topic and not TOPIC_ARN.fullmatch(monitoring.topic):
        raise ManifestError("invalid topic", "write arn:aws:sns:REGION:ACCOUNT:NAME")
    if monitoring.topic and monitoring.email:
        raise ManifestError(
            "topic and email are mutually exclusive", "subscribe the email addresses to the topic"
        )
    for email in monitoring.email:
        if not EMAIL.fullmatch(email):
            raise ManifestError(
                f"invalid email address {email!r}", 'write for example email = ["ops@example.com"]'
            )
    for reader in monitoring.readers:
        _check_reader(reader)
    _check_not_negative("overdue", monitoring.overdue or 0)
    _check_not_negative("errors", monitoring.errors)


def _check_reader(reader: str) -> None:
    if not READER.fullmatch(reader):
        raise ManifestError(
            f"invalid reader {reader!r}", 'write for example readers = ["role/Deploy*"]'
        )
    name = re.sub(r"@\d{12}$", "", reader).rpartition("/")[2]
    # CloudTrail names the sessions of a role without its path: this would allow every role.
    if reader.count("/") > 1 and not name.strip("*"):
        raise ManifestError(
            f"invalid reader {reader!r}", "write the start of the roles' names after the path"
        )


def _check_not_negative(key: str, value: int) -> None:
    if value < 0:
        raise ManifestError(f"{key} is negative", "use 0 or more")


def _check_deployment(deployment: DeploymentEdits) -> None:
    _check_texts([("containers", name, CONTAINER) for name in deployment.containers])
    _check_texts([("inject", name, CONTAINER) for name in deployment.inject])
    _check_texts([("jobs", name, JOB) for name in deployment.jobs])
    edited = set(deployment.edit)
    if bool(edited - {"github"}) != bool(deployment.containers or deployment.inject):
        raise ManifestError(
            "edit and containers require each other",
            'name the services and containers that run the app, as in containers = ["web"]',
        )
    if deployment.inject and not edited & {"ecs", "kubernetes"}:
        raise ManifestError(
            'inject requires "ecs" or "kubernetes" in edit', "other kinds of files are not edited"
        )
    if both := set(deployment.inject).intersection(deployment.containers):
        raise ManifestError(
            f"{min(both)!r} is in containers and in inject",
            "list it in containers if its code calls get_secret(), otherwise in inject",
        )
    if ("github" in edited) != bool(deployment.jobs):
        raise ManifestError(
            '"github" in edit and jobs require each other',
            'name the jobs that read their secrets from AWS, as in jobs = ["deploy"]',
        )


def _check_secrets(manifest: Manifest, locate: Locate) -> None:
    prefixes = [manifest.app.prefix]
    prefixes += [environment.prefix or "" for environment in manifest.environments.values()]
    longest_prefix = max(prefixes, key=len)
    names: set[str] = set()
    for index, secret in enumerate(manifest.secret):
        with _errors_at(partial(locate, secret=index)):
            if secret.name in names:
                raise ManifestError(
                    f"duplicate secret {secret.name!r}", "rename or remove one of them"
                )
            _check_secret(secret, longest_prefix)
        names.add(secret.name)
        if isinstance(secret.rotate, Rotation):
            with _errors_at(partial(locate, "rotate", secret=index), f"rotate of {secret.name}: "):
                _check_rotation(secret, secret.rotate)


def _check_secret(secret: Secret, prefix: str) -> None:
    if (secret.env is None) == (secret.fields is None):
        raise ManifestError(
            f"secret {secret.name!r} requires either env or fields", 'write env = "VARIABLE"'
        )
    if not SECRET_NAME.fullmatch(secret.name):
        raise ManifestError(
            f"invalid secret name {secret.name!r}", "use letters, digits and /_+=.@-"
        )
    if printable_lines(secret.description) != secret.description or SPECIAL_TEXT.match(
        secret.description
    ):
        raise ManifestError(
            f"invalid description of {secret.name}",
            "leave out control and invisible characters, file://, http:// and {{resolve:",
        )
    length = len(prefix + secret.name)
    if length > MAX_NAME_LENGTH:
        raise ManifestError(
            f"the name {secret.name[:40]}… has {length} characters with the prefix, "
            f"but AWS allows {MAX_NAME_LENGTH}",
            "shorten the prefix or the name",
        )
    if ARN_SUFFIX.search(secret.name):
        raise ManifestError(
            f"the name {secret.name!r} ends with a hyphen and six characters, "
            "like the suffix of an ARN",
            "choose another ending: Secrets Manager can confuse the name with a partial ARN",
        )
    for field in secret.fields or ():
        if not FIELD.fullmatch(field):
            raise ManifestError(f"invalid field {field!r}", f"it must match {FIELD.pattern}")
    for variable in secret.variables():
        if LOADER_VARIABLE.fullmatch(variable):
            raise ManifestError(
                f"{variable} is not the variable of a secret",
                "remove the entry: shield run would start a program that the value names",
            )
        _check_variable(variable)


def _check_variable(variable: str) -> None:
    if not ENV_VAR_NAME.fullmatch(variable):
        raise ManifestError(
            f"invalid environment variable {variable!r}",
            "use letters, digits and _, as in SECRET_KEY",
        )


def _check_schedule(rotation: Rotation) -> None:
    if rotation.every:
        when = schedule.parse(rotation.every)
        if rotation.window:
            schedule.parse_window(rotation.window, when)
    elif rotation == Rotation():
        raise ManifestError(
            "every and strategy are missing", 'set one of them, or write rotate = "manual"'
        )
    elif rotation.window:
        raise ManifestError("window requires every", "set every, or remove window")


def _check_rotation(secret: Secret, rotation: Rotation) -> None:
    _check_schedule(rotation)
    strategies = (*SHORT_STRATEGIES, *STRATEGIES)
    if rotation.strategy and rotation.strategy not in strategies:
        raise ManifestError(
            f"unknown strategy {rotation.strategy!r}", f"use one of {', '.join(strategies)}"
        )
    is_database = secret.kind in {Kind.DATABASE, Kind.URL}
    if rotation.strategy.endswith(SHORT_STRATEGIES) and not is_database:
        raise ManifestError(
            f"strategy {rotation.strategy} does not support the kind {secret.kind}",
            'remove strategy, or describe the login: kind = "database", fields = {host = '
            '"DB_HOST", port = "DB_PORT", database = "DB_NAME", username = "DB_USER", password = '
            f'"{secret.env or "DB_PASSWORD"}"}}',
        )
    if rotation.engine and rotation.engine not in DATABASE_ENGINES:
        raise ManifestError(
            f"unknown engine {rotation.engine!r}", f"use one of {', '.join(DATABASE_ENGINES)}"
        )
    if rotation.sslmode and rotation.sslmode not in SSL_MODES:
        raise ManifestError(
            f"unknown sslmode {rotation.sslmode!r}", f"use one of {', '.join(SSL_MODES)}"
        )
    _check_texts([("admin", rotation.admin, ADMIN)])
    _check_path("hook", rotation.hook)
    _check_path("ca", rotation.ca)
    if rotation.hook and not HOOK_FILE.fullmatch(PurePosixPath(rotation.hook).name):
        raise ManifestError(
            f"hook {rotation.hook!r} is not a Python module", "use for example ops/stripe_keys.py"
        )


def _check_path(key: str, value: str) -> None:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts:
        raise ManifestError(f"{key} {value!r} is outside the app's folder", "use a file in it")
    _check_texts([(key, value, FUNCTION_FILE)])
