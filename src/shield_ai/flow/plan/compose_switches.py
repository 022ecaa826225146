"""Find deployment files that leave out the variables that turn AWS on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.flow.plan.listed_variables import CONTAINERS, ListingFile, listed_steps
from shield_ai.flow.plan.prefix_variable import PREFIX_VARIABLE, needs_prefix_variable
from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.app_services import lists_variables
from shield_ai.scan.deployment.file_format import COMPOSE_FILE, VALUES_FILE
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.model.deployment import Deployment, DeploymentVariable
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest
    from shield_ai.project.tree import Tree

SWITCH = "USE_AWS_SECRETS"
REFERENCES = (
    "{path}: if production gets its variables from this file, add {added} and AWS_REGION, and"
    " remove the variables of secrets once the app reads them from AWS"
)
TEMPLATE = (
    "{path}: this template names variables of secrets: add {added} and AWS_REGION to the containers"
    " of the app, and remove the variables of secrets once the app reads them from AWS"
)
# The variables of a database server, which keeps them.
SERVER_VARIABLE = regex(
    rb"\b(?:POSTGRES_PASSWORD|POSTGRESQL_PASSWORD|MYSQL_(?:ROOT_)?PASSWORD|MARIADB_(?:ROOT_)?PASSWORD)\b"
)
IMAGE = (
    "remove {} from {}:{}, or set it only for the RUN command that needs it: otherwise, the app can"
    " use this value instead of the one in AWS"
)
IMAGE_VALUES = (
    "remove {} from {}, or set them only for the RUN command that needs them: otherwise, the app"
    " can use these values instead of those in AWS"
)
VALUE_FORMS = frozenset(
    {ValueForm.LITERAL, ValueForm.URL, ValueForm.MIXED, ValueForm.DEFAULT, ValueForm.PLACEHOLDER}
)
ABOVE = regex(r"(?P<up>(?:\.\./)+)(?P<name>[^/]+)")
# A Kubernetes container with it may get the variables from a ConfigMap or a Secret.
ALL_OF_OBJECT = b"envFrom"


def switch_steps(
    deployment: Deployment,
    edited: Collection[str],
    tree: Tree,
    manifest: Manifest,
    *,
    stage: str,
) -> Iterator[str]:
    """Yield a step for each file that lists the variables of the app's services or containers.

    The variables in the .env file beside it, such as USE_AWS_SECRETS, don't reach such services.
    Also for each env file with references to a secret manager, and each template of a Helm chart.

    Args:
        deployment: The lines that set variables, and the files outside the app.
        edited: The files that the plan edits.
        tree: The app's folder.
        manifest: shield.toml.
        stage: The variable with the stage of the process.
    """
    found = [
        *_files_in_app(deployment, edited, tree.read, manifest),
        *_files_above(deployment, tree, manifest),
    ]
    added = switch_variables(manifest, stage)
    yield from listed_steps(sorted(found), added)
    for path in _reference_files(deployment):
        if SWITCH.encode() not in (tree.read(path) or b""):
            yield REFERENCES.format(path=path, added=added)
    for path in deployment.templates:
        raw = tree.read(path) or b""
        if SWITCH.encode() not in raw and not SERVER_VARIABLE.search(raw):
            yield TEMPLATE.format(path=path, added=added)


def switch_variables(manifest: Manifest, stage: str) -> str:
    """Return the names of the variables that turn AWS on, except for the region, as a text."""
    prefix = [PREFIX_VARIABLE] if needs_prefix_variable(manifest) else []
    return ", ".join([SWITCH, stage, *prefix])


def _reference_files(deployment: Deployment) -> list[str]:
    return sorted(
        {
            item.path
            for item in deployment.variables
            if item.kind is DeploymentKind.ENV_REFERENCES and item.use is not Use.DEVELOPMENT
        }
    )


def image_steps(variables: Iterable[DeploymentVariable], kept: Collection[str]) -> Iterator[str]:
    """Yield a step for each Dockerfile with values of secrets in the environment of the image.

    Args:
        variables: The lines that set the variables of secrets.
        kept: The variables that must stay set for code that is not changed.
    """
    found: dict[str, list[DeploymentVariable]] = {}
    for item in variables:
        is_in_image = item.kind is DeploymentKind.DOCKERFILE and item.use is Use.PRODUCTION
        if is_in_image and item.form in VALUE_FORMS and item.variable not in kept:
            found.setdefault(item.path, []).append(item)
    for path, items in found.items():
        if len(items) > 1:
            names = ", ".join(f"{item.variable} (line {item.line})" for item in items)
            yield IMAGE_VALUES.format(names, path)
        else:
            yield IMAGE.format(items[0].variable, path, items[0].line)


def _files_in_app(
    deployment: Deployment, edited: Collection[str], read: FileReader, manifest: Manifest
) -> Iterator[ListingFile]:
    """Yield the files of the app that list the variables of its containers."""
    for (path, kind), forms in _forms(deployment.variables).items():
        if path in edited or ValueForm.ENV_FILE in forms:
            continue
        raw = read(path) or b""
        is_compose = kind is DeploymentKind.COMPOSE
        if SWITCH.encode() in raw or ALL_OF_OBJECT in raw:
            continue
        if not is_compose or lists_variables(raw, manifest.variables()):
            yield ListingFile(path, kind, raw)


def _files_above(deployment: Deployment, tree: Tree, manifest: Manifest) -> Iterator[ListingFile]:
    """Yield the Compose files in the folders above the app that list its variables."""
    for path in {skip.path for skip in deployment.unread if skip.id is SkipId.DEPLOYMENT_OUTSIDE}:
        match = ABOVE.fullmatch(path)
        if match is None or not COMPOSE_FILE.fullmatch(match["name"]):
            continue
        above = tree.root / match["up"]
        folder = tree.root.resolve().relative_to(above.resolve()).as_posix()
        raw = reader(str(above))(match["name"]) or b""
        is_small = len(raw) <= MAX_SIZE
        if is_small and SWITCH.encode() not in raw:
            if lists_variables(raw, manifest.variables(), folder):
                yield ListingFile(path, DeploymentKind.COMPOSE, raw)


def _forms(
    variables: Sequence[DeploymentVariable],
) -> dict[tuple[str, DeploymentKind], set[ValueForm]]:
    """Return how each file for production, with its kind, sets variables."""
    forms: dict[tuple[str, DeploymentKind], set[ValueForm]] = {}
    for item in variables:
        is_listed = item.kind in CONTAINERS and not VALUES_FILE.fullmatch(_name(item.path))
        if is_listed and item.use is not Use.DEVELOPMENT:
            forms.setdefault((item.path, item.kind), set()).add(item.form)
    return forms


def _name(path: str) -> str:
    return path.rpartition("/")[2]
