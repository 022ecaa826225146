"""Check that no deployment file for production contains the value of a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.verify.check import Check, CheckInfo, Status, join_names, make_check
from shield_ai.flow.verify.registry import CodeCheck
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.model.rotation_policy import PUBLIC_FIELDS
from shield_ai.project.runtime_names import DJANGO_STAGE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.deployment import Deployment, DeploymentVariable

VALUES_REMOVED = CheckInfo(
    "values-removed",
    "no deployment file for production contains the value of a secret",
    "containers, functions, CI jobs, units and scripts in the app's folder",
)

_SWITCH = f"set USE_AWS_SECRETS=true and {DJANGO_STAGE}=production"
_CONTAINER = f"set USE_AWS_SECRETS=true, {DJANGO_STAGE}=production and AWS_REGION"
_OTHER = "for a container that does not call get_secret()"
_REMOVE = (
    "let shield apply edit it with a [deployment] table in shield.toml; or remove the variable"
)
_NOT_EDITED = "shield plan tells why shield apply does not edit it; remove the variable"
_READ_INSTEAD = "shield apply can read it from AWS instead"
_IN_JOB = _READ_INSTEAD + (
    ' with edit = ["{}"] in the [deployment] table of shield.toml, and its job in jobs'
)
_SECRET_REF = "use valueFrom.secretKeyRef with a Secret that is not in the repository"
HINTS = {
    DeploymentKind.COMPOSE: f"{_REMOVE}, and {_CONTAINER} for the service; {_OTHER}, "
    "use ${NAME} and start it with shield run -- docker compose up",
    DeploymentKind.DOCKERFILE: f"remove the instruction, and {_CONTAINER} where the container is "
    "started; then rotate the secret: images that were built with it contain it",
    DeploymentKind.KUBERNETES: f"{_REMOVE}, and {_CONTAINER} for the container; "
    f"{_OTHER}, {_SECRET_REF}",
    DeploymentKind.HELM: f"remove the value, and {_CONTAINER} for the container; "
    f"{_OTHER}, {_SECRET_REF}",
    DeploymentKind.ECS: f"{_REMOVE} from environment, and {_SWITCH} there; {_OTHER}, "
    "add it to secrets with valueFrom and the secret's ARN (ARN:FIELD:: for one field)",
    DeploymentKind.CLOUDFORMATION: f"{_REMOVE}, and {_SWITCH} there; {_OTHER} in ECS, "
    "use Secrets with ValueFrom",
    DeploymentKind.COPILOT: f"remove the variable from variables, and {_SWITCH} there; {_OTHER}, "
    "add it to secrets with secretsmanager",
    DeploymentKind.SERVERLESS: f"remove the variable from environment, and {_SWITCH} there",
    DeploymentKind.TERRAFORM: f"remove the variable, and {_SWITCH} there; then rotate the secret: "
    "the state of Terraform contains its value",
    DeploymentKind.SYSTEMD: f"remove the variable from Environment=, and {_CONTAINER} there",
    DeploymentKind.PROCFILE: f"remove the assignment, and {_CONTAINER} for the process",
    DeploymentKind.SHELL: f"remove the assignment, and {_CONTAINER}; for a command that does not "
    "call get_secret(), use shield run -- COMMAND",
    DeploymentKind.GITHUB: "store the value as a secret of the repository or environment, and use "
    f"${{{{ secrets.NAME }}}}; {_IN_JOB.format('github')}",
    DeploymentKind.GITLAB: "remove the value, and define a masked variable in the CI/CD settings; "
    f"{_IN_JOB.format('gitlab')}",
    DeploymentKind.CI: "remove the value, and define a secret variable in the CI settings",
    DeploymentKind.HEROKU: f"remove the value, and {_CONTAINER} with heroku config:set",
    DeploymentKind.KAMAL: f"remove the variable, and {_CONTAINER} under env.clear; {_OTHER}, add "
    "its name to env.secret",
    DeploymentKind.FLY: f"remove the value, and {_CONTAINER} under [env]",
    DeploymentKind.ENV_TEMPLATE: f"remove the line, and {_SWITCH} there",
    DeploymentKind.ENV_REFERENCES: f"remove the line, and {_SWITCH} there",
    DeploymentKind.OTHER: f"remove the variable, and {_SWITCH} there",
}
_UNKNOWN_HINT = (
    "if production uses the file, remove the value from it; if not, give the file or its folder a "
    "name for its purpose, such as dev, test or example, or add # shield: ignore[CRED] and a "
    "reason to the line; in a workflow, move the variable to the job that uses it"
)
_NOT_SECRET_HINT = "if a value is not secret, add # shield: ignore[CRED] and a reason to its line"
_UNREAD_HINT = "fix or split the file, or check it manually"
_UNCERTAIN_FORMS = frozenset({ValueForm.DEFAULT, ValueForm.MIXED, ValueForm.ENV_FILE})


def verify_deployment(
    deployment: Deployment, edited: Collection[str] = (), *, stage: str = DJANGO_STAGE
) -> Check:
    """Check that no file for production contains a value.

    Names of hosts, databases and users are not secret, so they are not checked.

    Args:
        deployment: The lines that set variables.
        edited: The kinds of files that shield apply edits.
        stage: The variable with the stage of the process.
    """
    secret = list(filter(_is_secret, deployment.variables))
    failed = list(filter(_is_value_in_production, secret))
    if failed:
        hints = _hints(failed, edited).replace(DJANGO_STAGE, stage)
        return _result(Status.FAILED, map(_describe, failed), hints)
    uncertain = list(filter(_is_uncertain, secret))
    if uncertain:
        return _result(Status.UNKNOWN, map(_describe, uncertain), _UNKNOWN_HINT)
    if deployment.unread:
        unread = (f"{skip.path}: {skip.reason}" for skip in deployment.unread)
        return _result(Status.UNKNOWN, unread, _UNREAD_HINT)
    return make_check(VALUES_REMOVED, Status.OK)


def _result(status: Status, places: Iterable[str], hint: str) -> Check:
    return make_check(VALUES_REMOVED, status, join_names(list(places), "; "), hint)


def _is_secret(item: DeploymentVariable) -> bool:
    return item.field not in PUBLIC_FIELDS


def _is_value_in_production(item: DeploymentVariable) -> bool:
    is_certain = item.use is Use.PRODUCTION and not item.is_own_login
    return item.form is ValueForm.LITERAL and is_certain


def _is_uncertain(item: DeploymentVariable) -> bool:
    """Return whether a line may contain a value that production uses."""
    if item.use not in {Use.PRODUCTION, Use.UNKNOWN}:
        return False
    return item.form is ValueForm.LITERAL or item.form in _UNCERTAIN_FORMS


def _describe(item: DeploymentVariable) -> str:
    place = f"{item.path}:{item.line}"
    if item.form is ValueForm.ENV_FILE:
        return f"{place} {item.variable or 'any variable'} from {item.env_file}"
    if item.form is ValueForm.DEFAULT:
        return f"{place} {item.variable} has a default"
    if item.form is ValueForm.MIXED:
        return f"{place} {item.variable} is partly literal"
    return f"{place} {item.variable}"


def _hints(items: Iterable[DeploymentVariable], edited: Collection[str]) -> str:
    """Return what to do, for each kind of file."""
    hints = []
    for kind in dict.fromkeys(item.kind for item in items):
        hint = HINTS[kind]
        if kind in edited:
            hint = hint.replace(_REMOVE, _NOT_EDITED)
            hint = hint.replace(_IN_JOB.format(kind), f"{_READ_INSTEAD} with its job in jobs")
        hints.append(f"{kind.label}: {hint}")
    return "; ".join([*hints, _NOT_SECRET_HINT])


def _check(app: AppContext) -> Iterator[Check]:
    edited, facts = app.manifest.deployment.edit, app.scan_result.facts
    yield verify_deployment(app.deployment, edited, stage=facts.stage)


CHECKS = (CodeCheck(40, _check, (VALUES_REMOVED,)),)
