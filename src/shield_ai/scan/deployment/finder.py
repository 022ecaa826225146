"""Find the lines of deployment files that set the variables of secrets."""

from __future__ import annotations

import itertools
import posixpath
import re
from typing import TYPE_CHECKING

from shield_ai.model.deployment import (
    Deployment,
    DeploymentKind,
    DeploymentVariable,
    Use,
    ValueForm,
)
from shield_ai.model.errors import SourceError
from shield_ai.model.rotation_policy import PUBLIC_FIELDS
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.project.env_file import read_assignments
from shield_ai.project.git import files_around
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.hcl import hcl_values
from shield_ai.scan.deployment.line_formats import (
    dockerfile_settings,
    procfile_settings,
    shell_settings,
    systemd_settings,
)
from shield_ai.scan.deployment.occurrences import Spans, has_hidden_names, unexplained_names
from shield_ai.scan.deployment.parts import DeploymentFile, development_spans, part_uses
from shield_ai.scan.deployment.production import file_use, is_production_name, path_use
from shield_ai.scan.deployment.recognize import COMPOSE_FILE, LINE_KINDS, file_format, tree_kind
from shield_ai.scan.deployment.services import OtherFile
from shield_ai.scan.deployment.structured import structured_settings
from shield_ai.scan.files.suppressions import find_suppressions
from shield_ai.scan.files.walk import display_path, walk_all
from shield_ai.scan.text.config_parsers import json_values, yaml_values
from shield_ai.scan.text.engine import reader
from shield_ai.scan.text.structure import MAX_SIZE, Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Secret
    from shield_ai.scan.deployment.environment import Setting


HELPERS = ".tpl"  # of Helm
CREDENTIALS = "CRED"  # the id of the pattern
MAX_SETTINGS = 5000  # of variables of secrets, in one file
MAX_COMPOSE_FILES = 50  # that are compared with each other
ENV_FILE_KEYS = rb"|env_file|EnvironmentFile|environmentFiles"
# The syntax of Helm, Jinja and Cookiecutter. A template is parsed without it.
ACTION = rb"\{\{(?:[^{}]|\{(?!\{)|\}(?!\})){0,2000}\}\}"
STATEMENT = rb"\{%(?:[^{%]|\{(?!%)|%(?!\})){0,2000}%\}"
TEMPLATE_LINE = regex(rb"(?m)^[ \t]*" + ACTION + rb"[ \t]*\r?$|" + STATEMENT)
TEMPLATE = regex(ACTION)
FILLED = regex(r"T{4,}")
NOT_A_LINE_END = regex(rb"[^\r\n]")
CONTENT = regex(rb"(?m)^[ \t]*[^\s#]")


def find_deployment(root: Path, secrets: Sequence[Secret]) -> Deployment:
    """Find the lines that set the variables of secrets. Symbolic links to folders are skipped.

    Args:
        root: The app's folder.
        secrets: The secrets in shield.toml.

    Raises:
        SourceError: The folder can't be listed.
    """
    finder = _Finder(secrets, reader(str(root)))
    if not finder.names:
        return Deployment()
    paths = [entry.path for entry in walk_all(root)]
    finder.compose_files = list(filter(_may_be_combined, paths))
    siblings: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        siblings.setdefault(folder, []).append(name)
    for path in paths:
        if not file_format(path):
            continue
        if path != display_path(path):
            finder.add_unread(display_path(path), SkipId.DEPLOYMENT_INVALID_NAME.reason())
        else:
            finder.add(path, siblings[path.rpartition("/")[0]])
    finder.add_files_around(root)
    return Deployment(
        variables=tuple(sorted(finder.found, key=lambda item: (item.path, item.line))),
        unread=tuple(sorted(finder.unread, key=lambda skip: (skip.path, skip.reason))),
    )


class _Finder:
    """Collects the variables of several files.

    Args:
        secrets: The secrets in shield.toml.
        read: Returns the bytes of a file; None if it can't be read.
    """

    def __init__(self, secrets: Sequence[Secret], read: FileReader) -> None:
        self._secrets = {
            variable: (secret.name, field)
            for secret in secrets
            for variable, field in secret.variables().items()
        }
        self.names = frozenset(self._secrets)
        self._secret_names = frozenset(
            variable for variable, (_, field) in self._secrets.items() if field not in PUBLIC_FIELDS
        )
        self.found: list[DeploymentVariable] = []
        self.unread: list[Skipped] = []
        self.compose_files: list[str] = []  # that may be combined with others
        self._read = read
        self._roots: dict[str, list[Node]] = {}  # of Compose files, by path
        self._env_files: dict[str, list[str]] = {}  # the variables, by the path of the file
        self._marks = re.compile("|".join(sorted(self.names)).encode() + ENV_FILE_KEYS)

    def add(self, path: str, siblings: Sequence[str]) -> None:
        """Search a file.

        Args:
            path: The file.
            siblings: The names of the files in its folder.
        """
        raw = self._read(path)
        if raw is None:
            self.add_unread(path, SkipId.DEPLOYMENT_UNREADABLE.reason())
            return
        if has_hidden_names(raw, self.names):
            self.add_unread(path, SkipId.DEPLOYMENT_HIDDEN.reason())
        if not self._marks.search(raw):
            return
        if len(raw) > MAX_SIZE:
            self.add_unread(path, SkipId.DEPLOYMENT_TOO_LARGE.reason(size=MAX_SIZE // 1000))
            return
        file = self._parse(path, raw)
        if file is None:
            return
        file = file._replace(uses=part_uses(file, self._other_files(file)))
        settings = list(itertools.islice(self._settings(file), MAX_SETTINGS + 1))
        kind = file.kind
        if kind is DeploymentKind.KUBERNETES and TEMPLATE.search(raw):
            kind = DeploymentKind.HELM
        self._add_settings(path, raw, kind, settings, file_use(path, kind, siblings, raw))
        self._add_unexplained(file, settings)

    def _other_files(self, file: DeploymentFile) -> Iterator[OtherFile]:
        """Yield the Compose files that may be combined with one of them."""
        if len(self.compose_files) > MAX_COMPOSE_FILES:
            yield OtherFile("", [], is_near=True, is_production=True)  # none can be excluded
            return
        folder = file.path.rpartition("/")[0]
        for path in self.compose_files:
            if path == file.path:
                continue
            other_folder, _, name = path.rpartition("/")
            is_near, is_production = folder == other_folder, is_production_name(name)
            if not (is_near and is_production) and not COMPOSE_FILE.fullmatch(name):
                continue
            if path not in self._roots:
                self._roots[path] = self._read_yaml(path)
            yield OtherFile(path, self._roots[path], is_near, is_production)

    def _read_yaml(self, path: str) -> list[Node]:
        """Return the documents of a file; none if it can't be read."""
        raw = self._read(path)
        if raw is None or len(raw) > MAX_SIZE:
            return []
        return _parse_yaml(raw) if CONTENT.search(raw) else [Node("", 0, 0)]

    def _add_settings(
        self,
        path: str,
        raw: bytes,
        kind: DeploymentKind,
        settings: list[Setting],
        use: Use,
    ) -> None:
        if len(settings) > MAX_SETTINGS:
            self.add_unread(path, SkipId.DEPLOYMENT_TOO_MANY.reason(number=MAX_SETTINGS))
        accepted = _accepted_lines(raw)
        seen = set()
        for setting in settings[:MAX_SETTINGS]:
            key = (setting.variable, setting.start, setting.use)
            if key not in seen:
                seen.add(key)
                line = raw.count(b"\n", 0, setting.start) + 1
                line_use = Use.SUPPRESSED if line in accepted else setting.use or use
                self.found += self._variables(path, line, kind, setting._replace(use=line_use))

    def add_files_around(self, root: Path) -> None:
        """Record the deployment files of the repository outside the app that name a secret."""
        paths = files_around(root, self._secret_names)
        if paths is None:
            self.add_unread("..", SkipId.AROUND_NOT_SEARCHED.reason())
        for path in paths or ():
            is_deployment = file_format(path) or path.endswith(HELPERS)
            if is_deployment and path == display_path(path):
                self.add_unread(path, SkipId.DEPLOYMENT_OUTSIDE.reason())

    def add_unread(self, path: str, reason: SkipReason) -> None:
        """Record that a file was not searched, unless it is only for development.

        Args:
            path: The file.
            reason: Why it was not searched.
        """
        if path_use(path, DeploymentKind.OTHER, ()) is not Use.DEVELOPMENT:
            self.unread.append(reason.entry(path))

    def _add_unexplained(self, file: DeploymentFile, settings: list[Setting]) -> None:
        """Record a file that names a secret variable beside a value in an unknown form."""
        if not self._secret_names or len(settings) > MAX_SETTINGS:
            return
        known = {setting.start for setting in settings}
        accepted = _accepted_lines(file.raw)
        for name in unexplained_names(file, self._secret_names, known, accepted):
            line = file.raw.count(b"\n", 0, name.start) + 1
            variable = file.raw[slice(*name)].decode()
            case = SkipId.DEPLOYMENT_UNEXPLAINED
            self.add_unread(file.path, case.reason(line=line, variable=variable))
            break

    def _parse(self, path: str, raw: bytes) -> DeploymentFile | None:
        """Parse a file; None if it is not a deployment file, or is invalid."""
        syntax = file_format(path)
        if syntax not in {"yaml", "json"}:
            kind = LINE_KINDS[syntax]
            roots = hcl_values(raw) if kind is DeploymentKind.TERRAFORM else []
            return DeploymentFile(path, kind, raw, roots)
        roots = json_values(raw) if syntax == "json" else _parse_yaml(raw)
        if not roots:
            if CONTENT.search(raw):
                self.add_unread(path, SkipId.DEPLOYMENT_INVALID_YAML.reason())
            return None
        tree = tree_kind(path, roots)
        return DeploymentFile(path, tree, raw, roots) if tree else None

    def _settings(self, file: DeploymentFile) -> Iterator[Setting]:
        """Yield what a file sets."""
        raw = file.raw
        if file.kind is DeploymentKind.DOCKERFILE:
            return self._dockerfile_settings(file)
        if file.kind is DeploymentKind.SYSTEMD:
            name = file.path.rpartition("/")[2]
            return systemd_settings(raw, self.names, name.partition(".")[0])
        if file.kind is DeploymentKind.PROCFILE:
            return procfile_settings(raw, self.names)
        if file.kind is DeploymentKind.SHELL:
            return shell_settings(raw, self.names)
        return structured_settings(file, self.names)

    def _dockerfile_settings(self, file: DeploymentFile) -> Iterator[Setting]:
        development = Spans(development_spans(file))
        for setting in dockerfile_settings(file.raw, self.names):
            is_development = development.contain(setting.start)
            yield setting._replace(use=Use.DEVELOPMENT) if is_development else setting

    def _variables(
        self, path: str, line: int, kind: DeploymentKind, setting: Setting
    ) -> Iterator[DeploymentVariable]:
        """Yield the variable that a file sets, or those of the env file that it names."""
        variables = [setting.variable]
        if setting.form is ValueForm.ENV_FILE:
            variables = self._env_file_variables(path, setting.env_file)
        for variable in variables:
            secret, field = self._secrets.get(variable, ("", ""))
            yield DeploymentVariable(
                path=path,
                line=line,
                kind=kind,
                unit=FILLED.sub("{{…}}", setting.unit),
                variable=variable,
                secret=secret,
                field=field,
                form=setting.form,
                use=setting.use or Use.UNKNOWN,
                env_file=setting.env_file,
            )

    def _env_file_variables(self, path: str, env_file: str) -> list[str]:
        """Return the variables of secrets in an env file that a deployment file names."""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), env_file))
        if target.startswith(("/", "..")) or "$" in target:
            return [""]
        if target not in self._env_files:
            self._env_files[target] = self._assigned_variables(target)
        return self._env_files[target]

    def _assigned_variables(self, path: str) -> list[str]:
        """Return the variables of secrets in an env file; an empty name if it can't be read."""
        raw = self._read(path)
        if raw is None:
            return [""]
        try:
            values = read_assignments(raw)
        except SourceError:
            return [""]
        return [name for name in values if name in self.names and any(values[name])]


def _may_be_combined(path: str) -> bool:
    """Return whether a file can be combined with a Compose file, and is not for development."""
    name = path.rpartition("/")[2]
    is_compose = COMPOSE_FILE.fullmatch(name) or is_production_name(name)
    is_yaml = name.endswith((".yml", ".yaml"))
    return (
        bool(is_compose)
        and is_yaml
        and (path_use(path, DeploymentKind.COMPOSE, ()) is not Use.DEVELOPMENT)
    )


def _accepted_lines(raw: bytes) -> set[int]:
    """Return the lines with a comment that suppresses a finding of a credential."""
    return {
        comment.line
        for comment in find_suppressions(raw)
        if comment.is_valid()
        and (not comment.rules or any(rule.startswith(CREDENTIALS) for rule in comment.rules))
    }


def _parse_yaml(raw: bytes) -> list[Node]:
    """Parse a YAML file, or a template of one; the offsets are those in the file."""
    roots = yaml_values(raw)
    if roots or not (TEMPLATE.search(raw) or TEMPLATE_LINE.search(raw)):
        return roots
    without_lines = TEMPLATE_LINE.sub(lambda match: _fill(match[0], b" "), raw)
    return yaml_values(TEMPLATE.sub(lambda match: _fill(match[0], b"T"), without_lines))


def _fill(text: bytes, character: bytes) -> bytes:
    return NOT_A_LINE_END.sub(character, text)
