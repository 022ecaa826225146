"""Find the Kubernetes containers that get all variables of a ConfigMap or a Secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.production import path_use
from shield_ai.scan.files.walk import walk_all
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SWITCH = b"USE_AWS_SECRETS"
YAML = regex(r"\.ya?ml$")
MANIFEST = regex(rb"(?m)^kind:")
WORKLOAD = regex(
    rb"(?m)^kind:[ \t]{0,9}[\"']?(?:Deployment|StatefulSet|DaemonSet|ReplicaSet|CronJob|Job|Pod)\b"
)
# https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#envfromsource-v1-core
ENV_FROM = regex(rb"(?m)^[ \t]{0,40}(?:- )?envFrom:")
REFERENCE = regex(
    rb"(?:secretRef|configMapRef):\s{0,60}\{?\s{0,4}name:[ \t]{0,9}[\"']?(?P<name>[\w.-]{1,253})"
)
STEP = (
    "{paths}: the containers get all variables of {objects}: add {added} and AWS_REGION there, or"
    " to env of the containers"
)


def env_from_steps(root: Path, added: str) -> Iterator[str]:
    """Yield a step for the manifests of such containers, unless a manifest turns AWS on.

    Args:
        root: The app's folder.
        added: The variables to add, as a list in text.

    Raises:
        SourceError: The folder can't be listed.
    """
    manifests = dict(_manifests(root))
    if any(SWITCH in raw for raw in manifests.values()):
        return
    files: dict[str, list[str]] = {}
    for path, raw in manifests.items():
        if path_use(path, DeploymentKind.KUBERNETES, ()) is not Use.DEVELOPMENT:
            files.setdefault(", ".join(_objects(raw)), []).append(path)
    files.pop("", None)
    for objects, paths in files.items():
        yield STEP.format(paths=", ".join(paths), objects=objects, added=added)


def _manifests(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the content of each YAML file that may be a manifest."""
    read = reader(str(root))
    for path in sorted(entry.path for entry in walk_all(root) if YAML.search(entry.path)):
        raw = (read(path) or b"")[:MAX_SIZE]
        if MANIFEST.search(raw):
            yield path, raw


def _objects(raw: bytes) -> list[str]:
    """Return the names of the ConfigMaps and Secrets whose variables containers get."""
    if not ENV_FROM.search(raw) or not WORKLOAD.search(raw):
        return []
    return list(dict.fromkeys(match["name"].decode() for match in REFERENCE.finditer(raw)))
