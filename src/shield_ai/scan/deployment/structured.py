"""Find the variables that YAML, JSON and Terraform deployment files set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind, Use, ValueForm
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.cloudformation import template_unit
from shield_ai.scan.deployment.environment import (
    Block,
    EnvironmentReader,
    Setting,
    walk_blocks,
)
from shield_ai.scan.deployment.line_formats import Span, shell_settings
from shield_ai.scan.deployment.parts import DeploymentFile, block_use
from shield_ai.scan.deployment.value_form import Style, value_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shield_ai.scan.text.config_node import Node

ENVIRONMENT_WORDS = frozenset(
    {"env", "envs", "envvars", "env_variables", "environment", "environmentvariables"}
)
OTHER_KEYS = ENVIRONMENT_WORDS | {"variables", "environment_variables"}
# The keys, in lower case, of maps and lists that set variables. Formats that are not listed can
# set them anywhere.
ENVIRONMENT_KEYS = {
    DeploymentKind.COMPOSE: frozenset({"environment", "args"}),
    DeploymentKind.KUBERNETES: ENVIRONMENT_WORDS | {"extraenv", "extraenvvars", "literals"},
    DeploymentKind.ECS: frozenset({"environment", "secrets"}),
    DeploymentKind.CLOUDFORMATION: ENVIRONMENT_WORDS | {"variables", "secrets"},
    DeploymentKind.COPILOT: frozenset({"variables", "secrets"}),
    DeploymentKind.SERVERLESS: frozenset({"environment", "variables"}),
    DeploymentKind.GITHUB: frozenset({"env", "with"}),
    DeploymentKind.GITLAB: frozenset({"variables"}),
    DeploymentKind.CI: OTHER_KEYS | {"global"},
    DeploymentKind.HEROKU: frozenset({"env"}),
    DeploymentKind.KAMAL: OTHER_KEYS | {"args", "clear"},
    DeploymentKind.OTHER: OTHER_KEYS,
}
# Formats in which `$NAME` is a reference, too.
DOLLAR_KINDS = frozenset({DeploymentKind.COMPOSE, DeploymentKind.GITLAB, DeploymentKind.CI})
DATA_KEYS = frozenset({"data", "stringData", "encryptedData"})
ENV_FILE_KEYS = frozenset({"env_file", "environmentfiles"})
# https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/secretgenerator/
GENERATOR_SOURCES = frozenset({"env", "envs", "files"})
KAMAL_SECRET_KEYS = frozenset({"secret", "secrets"})  # of an environment, and of a build
SCRIPTED_KINDS = frozenset({DeploymentKind.GITHUB, DeploymentKind.GITLAB})
SCRIPT_KEYS = frozenset({"run", "script", "before_script", "after_script"})
NAME = frozenset({"name"})
KIND = frozenset({"kind"})
PATH = frozenset({"path", "value"})
HEROKU_VALUES = frozenset({"value", "generator"})
WITH_LINE = regex(rb"(?m)^[ \t]*(?:-[ \t]+)?\"?(?P<name>[A-Za-z_]\w{0,200})\"?[ \t]*[=:]")


def structured_settings(file: DeploymentFile, names: frozenset[str]) -> Iterator[Setting]:
    """Yield the variables that a file sets; a variable may be yielded twice.

    Args:
        file: The file.
        names: The variables of the secrets.
    """
    search = _Search(file, names)
    for block in walk_blocks(file.roots):
        use = block_use(file, block)
        settings = list(search.settings(block, use))
        if not settings:
            continue
        unit = _unit(file.kind, block, search.objects)
        for setting in settings:
            yield setting._replace(unit=unit, use=use)
    if file.kind is DeploymentKind.OTHER:
        yield from _variables_file(file, names, search.reader)
    if file.kind not in ENVIRONMENT_KEYS:
        for root in file.roots:
            yield from search.reader.read(root, "")


def _variables_file(
    file: DeploymentFile, names: frozenset[str], reader: EnvironmentReader
) -> Iterator[Setting]:
    """Yield what a file of variables sets, as for `cf push --vars-file` or `--env-vars-file`."""
    for root in file.roots:
        for name, value in root.pairs:
            if name.text in names and not value.is_container:
                yield Setting(name.text, name.start, "", reader.form(value))


class _Search:
    """Searches the blocks of a file; a YAML alias is searched once for each use.

    Args:
        file: The file.
        names: The variables of the secrets.
    """

    def __init__(self, file: DeploymentFile, names: frozenset[str]) -> None:
        self.reader = _reader(file, names)
        self._file = file
        self._names = names
        self._keys = ENVIRONMENT_KEYS.get(file.kind)
        self._seen: set[tuple[Use | None, str, int, int]] = set()
        self.objects = _Objects(file.kind)

    def settings(self, block: Block, use: Use | None) -> Iterator[Setting]:
        """Yield what a block sets, without the unit."""
        key = block.path[-1].lower()
        if _is_generator(block) and key in GENERATOR_SOURCES:
            yield from self._generator_settings(block, use)
        elif self._keys is None or key in self._keys or self.objects.has_data(block):
            is_heroku = self._file.kind is DeploymentKind.HEROKU
            environment = _with_values(block.value) if is_heroku else block.value
            settings = self.reader.read(environment, "", use)
            is_sealed = _is_sealed(block, self._file.kind)
            for item in settings:
                yield item._replace(form=ValueForm.SECRET_STORE) if is_sealed else item
        elif key in ENV_FILE_KEYS:
            yield from self._env_files(block.value, use)
        elif key in SCRIPT_KEYS and self._file.kind in SCRIPTED_KINDS:
            for text in block.value.items or (block.value,):
                if not text.is_container and self._is_new(text, "script", use):
                    span = Span(text.start, text.end)
                    yield from shell_settings(self._file.raw, self._names, "", span)
        elif self._file.kind is DeploymentKind.GITHUB:
            yield from self._github_settings(block, use)
        elif self._file.kind is DeploymentKind.KAMAL:
            yield from self._kamal_settings(block)

    def _is_new(self, node: Node, role: str, use: Use | None) -> bool:
        """Return whether a node was not read yet in a role and for a use."""
        key = (use, role, node.start, node.end)
        is_new = key not in self._seen
        self._seen.add(key)
        return is_new

    def _env_files(self, value: Node, use: Use | None) -> Iterator[Setting]:
        if self._is_new(value, "env files", use):
            yield from _env_files(value)

    def _generator_settings(self, block: Block, use: Use | None) -> Iterator[Setting]:
        """Yield the env files of a generator, and the keys of its files: `NAME=path` or a path."""
        if block.path[-1] != "files":
            yield from self._env_files(block.value, use)
        elif self._is_new(block.value, "files", use):
            for item in block.value.items:
                name, sign, _ = item.text.partition("=")
                key = name if sign else name.rpartition("/")[2]
                if key in self._names:
                    start = item.start + len(name.encode()) - len(key.encode())
                    yield Setting(key, start, "", ValueForm.REFERENCE)

    def _github_settings(self, block: Block, use: Use | None) -> Iterator[Setting]:
        """Yield what the inputs of an action and the secrets of a called workflow set."""
        if "with" in block.path[-2:-1]:
            if self._is_new(block.value, "with", use):
                yield from _text_lines(self._file.raw, self._names, block.value)
        elif block.path[-1] == "secrets" and block.path[0] == "jobs":
            yield from self.reader.read(block.value, "", use)

    def _kamal_settings(self, block: Block) -> Iterator[Setting]:
        """Yield what the tags of Kamal set, and the names of secrets, such as `NAME:OTHER`.

        https://kamal-deploy.org/docs/configuration/environment-variables/
        """
        if block.path[-3:-1] == ("env", "tags"):
            yield from self.reader.read(block.value, "")
        elif block.path[-1] in KAMAL_SECRET_KEYS:
            for item in block.value.items:
                name = item.text.partition(":")[0]
                if name in self._names:
                    yield Setting(name, item.start, "", ValueForm.SECRET_STORE)


def _reader(file: DeploymentFile, names: frozenset[str]) -> EnvironmentReader:
    style = Style.BRACES
    if file.kind is DeploymentKind.TERRAFORM:
        style = Style.EXPRESSION
    elif file.kind in DOLLAR_KINDS:
        style = Style.SHELL
    is_compose = file.kind is DeploymentKind.COMPOSE
    # For a name without a value, Compose passes the variable of the shell.
    null_form = ValueForm.REFERENCE if is_compose else ValueForm.EMPTY
    return EnvironmentReader(file.raw, names, style, null_form)


def _is_generator(block: Block) -> bool:
    """Return whether a block is in a generator of kustomize."""
    return block.path[0].endswith("Generator")


def _with_values(environment: Node) -> Node:
    """Return the `env` of an app.json without the variables that only have a description.

    https://devcenter.heroku.com/articles/app-json-schema#env
    """
    pairs = [(key, value) for key, value in environment.pairs if _gives_value(value)]
    return environment._replace(pairs=tuple(pairs))


def _gives_value(value: Node) -> bool:
    return not value.is_container or any(key.text in HEROKU_VALUES for key, _ in value.pairs)


def _is_sealed(block: Block, kind: DeploymentKind) -> bool:
    """Return whether a block has references to a secret store, or values that it encrypted."""
    key = block.path[-1]
    return key == "encryptedData" or (kind is DeploymentKind.COPILOT and key == "secrets")


def _text_lines(raw: bytes, names: frozenset[str], text: Node) -> Iterator[Setting]:
    """Yield the variables of a text such as `build-args`, with an assignment in each line."""
    if text.is_container or b"\n" not in raw[text.start : text.end]:
        return
    for match in WITH_LINE.finditer(raw, text.start, text.end):
        name = match["name"].decode()
        if name in names:
            line_end = raw.find(b"\n", match.end())
            end = min(text.end, line_end if line_end >= 0 else text.end)
            value = raw[match.end() : end].decode("utf-8", "replace").strip().rstrip(",")
            form = value_form(value.strip("'\""), Style.BRACES)
            yield Setting(name, match.start("name"), "", form)


def _env_files(value: Node) -> Iterator[Setting]:
    """Yield the env files of a service: a path, or a list of paths or of maps with a path."""
    for item in value.items or (value,):
        path = item.find_text(PATH) if item.is_container else item
        if path and path.text:
            yield Setting("", path.start, "", ValueForm.ENV_FILE, env_file=path.text)


def _unit(kind: DeploymentKind, block: Block, objects: _Objects) -> str:
    """Return the name of the service, container, function, job or object of a block."""
    if kind in {DeploymentKind.KUBERNETES, DeploymentKind.ECS}:
        return objects.name_around(block)
    if kind is DeploymentKind.CLOUDFORMATION:
        return template_unit(block.path, block.parents)
    name_unit = UNITS.get(kind)
    return name_unit(block.path) if name_unit else ".".join(block.path[:-1])


def _second_key(path: tuple[str, ...]) -> str:
    return path[1] if len(path) > 1 else ""


def _compose_unit(path: tuple[str, ...]) -> str:
    return _second_key(path) if path[0] == "services" else ""


def _serverless_unit(path: tuple[str, ...]) -> str:
    return _second_key(path) if path[0] == "functions" else path[0]


def _terraform_unit(path: tuple[str, ...]) -> str:
    words = path[0].split()
    return ".".join(words[1:] if words[:1] == ["resource"] else words)


def _gitlab_unit(path: tuple[str, ...]) -> str:
    return path[0] if len(path) > 1 else ""


def _github_unit(path: tuple[str, ...]) -> str:
    if path[0] != "jobs" or len(path) < 2:
        return ""
    if "services" in path[2:3] and len(path) > 3:
        return f"{path[1]}/{path[3]}"
    return path[1]


# Functions that return the unit for the path of a block.
UNITS: dict[DeploymentKind, Callable[[tuple[str, ...]], str]] = {
    DeploymentKind.COMPOSE: _compose_unit,
    DeploymentKind.GITHUB: _github_unit,
    DeploymentKind.GITLAB: _gitlab_unit,
    DeploymentKind.CI: _github_unit,
    DeploymentKind.TERRAFORM: _terraform_unit,
    DeploymentKind.SERVERLESS: _serverless_unit,
}


class _Objects:
    """The containers and Kubernetes objects of a file; each map is searched once.

    Args:
        kind: The kind of the file.
    """

    def __init__(self, kind: DeploymentKind) -> None:
        self._kind = kind
        self._names: dict[int, str | None] = {}  # by the id of the map
        self._with_data: dict[int, bool] = {}

    def name_around(self, block: Block) -> str:
        """Return the name of the innermost container or object around a block."""
        for parent in reversed(block.parents):
            key = id(parent)
            if key not in self._names:
                self._names[key] = _own_name(parent)
            name = self._names[key]
            if name is not None:
                return name
        return ""

    def has_data(self, block: Block) -> bool:
        """Return whether a block is the data of a Kubernetes Secret or ConfigMap."""
        if self._kind is not DeploymentKind.KUBERNETES or block.path[-1] not in DATA_KEYS:
            return False
        for parent in block.parents:
            key = id(parent)
            if key not in self._with_data:
                kind = parent.find_text(KIND)
                self._with_data[key] = kind is not None and _has_data(kind.text)
            if self._with_data[key]:
                return True
        return False


def _has_data(kind: str) -> bool:
    return "Secret" in kind or kind == "ConfigMap"


def _own_name(node: Node) -> str | None:
    """Return the `name` of a map or of its `metadata`; None if it has none."""
    if name := node.find_text(NAME):
        return name.text
    for key, metadata in node.pairs:
        if key.text == "metadata" and (name := metadata.find_text(NAME)):
            return name.text
    return None
