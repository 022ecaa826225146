"""Start the containers of deployment files as processes, with the environment of the platform."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil
import yaml
from dotenv import dotenv_values

from shield_ai.sandbox import WebApp
from shield_ai.sandbox.emulator.supervised import SupervisedProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

IMAGE_PATH = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
# https://docs.docker.com/reference/compose-file/interpolation/
COMPOSE_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)(?:(:?[-?])([^}]*))?\})")
# https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
KUBERNETES_REFERENCE = re.compile(r"\$(?:(\$)|\((\w+)\))")


class Container(NamedTuple):
    """The command of a container, and the variables that its file sets."""

    command: list[str]
    environment: dict[str, str]

    def run(self, image: Path, **others: str) -> subprocess.CompletedProcess[str]:
        """Run the command to its end, with these variables and others."""
        environment = {"PATH": IMAGE_PATH, **others, **self.environment}
        return subprocess.run(
            self.command, cwd=image, env=environment, capture_output=True, text=True, check=False
        )

    @contextlib.contextmanager
    def serving(self, image: Path, log: Path, **others: str) -> Iterator[Served]:
        """Serve the shop on the port that the command names."""
        port = int(re.findall(r":(\d+)", " ".join(self.command))[0])
        environment = {"PATH": IMAGE_PATH, **others, **self.environment}
        child = SupervisedProcess("web", [self.command], log=log, env=environment, cwd=image)
        with Served(port, child) as web:
            child.wait_until(web._is_healthy, 60)
            yield web


class Served(WebApp):
    """The shop in a container."""

    def environment(self) -> dict[str, str]:
        """Return the variables of the running process."""
        processes = psutil.Process(self._child._supervisor.pid).children(recursive=True)
        return processes[-1].environ()


def compose_service(path: Path, name: str) -> Container:
    """Return a service as `docker compose` starts it, with the .env file beside the file."""
    variables = dotenv_values(path.with_name(".env"), interpolate=False)
    service = yaml.safe_load(path.read_text())["services"][name]
    given = service["environment"]
    if isinstance(given, list):
        given = {key: value if sign else None for key, sign, value in map(_parts, given)}
    environment = {}
    for key, value in given.items():
        # A variable without a value comes from the .env file, or is not set.
        text = variables.get(key) if value is None else _interpolate(str(value), variables)
        if text is not None:
            environment[key] = text
    return Container(shlex.split(_interpolate(service["command"], variables)), environment)


def _parts(assignment: str) -> tuple[str, str, str]:
    return assignment.partition("=")


def _interpolate(text: str, variables: Mapping[str, str | None]) -> str:
    def replace(match: re.Match[str]) -> str:
        dollar, plain, name, sign, other = match.groups()
        value = "$" if dollar else variables.get(plain or name)
        if value is None or (not value and (sign or "").startswith(":")):
            assert not (sign or "").endswith("?"), f"{name} is not set"
            return other or ""
        return value

    return COMPOSE_REFERENCE.sub(replace, text)


def kubernetes_container(documents: Iterable[dict[str, Any]], name: str) -> Container:
    """Return a container of a Deployment as Kubernetes starts it."""
    documents = list(documents)
    secrets = {doc["metadata"]["name"]: doc for doc in documents if doc["kind"] == "Secret"}
    deployments = (doc for doc in documents if doc["kind"] == "Deployment")
    (container,) = (
        container
        for deployment in deployments
        for container in deployment["spec"]["template"]["spec"]["containers"]
        if container["name"] == name
    )
    environment: dict[str, str] = {}
    for entry in container["env"]:
        if "valueFrom" in entry:
            reference = entry["valueFrom"]["secretKeyRef"]
            environment[entry["name"]] = _secret_value(secrets[reference["name"]], reference["key"])
        else:
            environment[entry["name"]] = KUBERNETES_REFERENCE.sub(
                lambda match: match[1] or environment[match[2]], entry["value"]
            )
    return Container(container["command"], environment)


def _secret_value(secret: dict[str, Any], key: str) -> str:
    if key in secret.get("stringData", {}):
        return str(secret["stringData"][key])
    return base64.b64decode(secret["data"][key]).decode()


def created_secret(external: dict[str, Any], client: Any) -> dict[str, Any]:
    """Return the Secret that the External Secrets Operator creates from AWS."""
    values = {}
    for item in external["spec"]["data"]:
        reference = item["remoteRef"]
        with contextlib.suppress(client.exceptions.ResourceNotFoundException):
            value = client.get_secret_value(SecretId=reference["key"])["SecretString"]
            if "property" in reference:
                value = str(json.loads(value)[reference["property"]])
            values[item["secretKey"]] = value
    name = external["spec"]["target"]["name"]
    return {"kind": "Secret", "metadata": {"name": name}, "stringData": values}
