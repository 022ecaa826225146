"""Parse deployment files and read the variables that they set, by the format of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.model.skip import SkipId, SkipReason
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.file_format import (
    DROP_IN,
    LINE_KINDS,
    file_format,
    has_store_references,
    is_env_file,
    is_shell_script,
    tree_kind,
)
from shield_ai.scan.deployment.hcl import hcl_values
from shield_ai.scan.deployment.line_formats import (
    dockerfile_settings,
    env_file_settings,
    fly_settings,
    procfile_settings,
    shell_settings,
    systemd_settings,
)
from shield_ai.scan.deployment.occurrences import Spans
from shield_ai.scan.deployment.own_servers import own_logins
from shield_ai.scan.deployment.parts import DeploymentFile, development_spans, job_part_use
from shield_ai.scan.deployment.pipeline_uses import find_pipeline_reads
from shield_ai.scan.deployment.structured import structured_settings
from shield_ai.scan.deployment.templates import template_values
from shield_ai.scan.text.config_parsers import json_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shield_ai.scan.deployment.environment import Setting
    from shield_ai.scan.text.config_node import Node

CONTENT = regex(rb"(?m)^[ \t]*[^\s#]")
UNIT_SUFFIX = regex(r"\.(?:service|socket|timer|container)(?:\.(?:j2|in|tmpl|template|d))?$")
PARSERS: dict[str, Callable[[bytes], list[Node]]] = {
    "yaml": template_values,
    "json": json_values,
}


def has_content(raw: bytes) -> bool:
    """Return whether a file has a line that is not a comment.

    Args:
        raw: The file.
    """
    return CONTENT.search(raw) is not None


def parse_file(path: str, raw: bytes) -> DeploymentFile | SkipReason | None:
    """Parse a file.

    Return None if it is not a deployment file, or a skip reason if it is invalid YAML.

    Args:
        path: The file.
        raw: Its content.
    """
    syntax = file_format(path)
    if not syntax:
        kind = _kind_by_content(path, raw)
        return DeploymentFile(path, kind, raw, []) if kind else None
    if syntax in LINE_KINDS:
        kind = LINE_KINDS[syntax]
        roots = hcl_values(raw) if kind is DeploymentKind.TERRAFORM else []
        return DeploymentFile(path, kind, raw, roots)
    roots = PARSERS[syntax](raw)
    if not roots:
        return SkipId.DEPLOYMENT_INVALID_YAML.reason() if has_content(raw) else None
    tree = tree_kind(path, roots)
    return DeploymentFile(path, tree, raw, roots) if tree else None


def _kind_by_content(path: str, raw: bytes) -> DeploymentKind | None:
    if is_shell_script(raw):
        return DeploymentKind.SHELL
    has_references = is_env_file(path) and has_store_references(raw)
    return DeploymentKind.ENV_REFERENCES if has_references else None


def file_settings(file: DeploymentFile, names: frozenset[str]) -> Iterator[Setting]:
    """Yield the variables of secrets that a file sets.

    Args:
        file: The file.
        names: The variables of the secrets.
    """
    own = own_logins(file)
    for setting in READERS.get(file.kind, structured_settings)(file, names):
        yield setting._replace(is_own_login=(setting.unit, setting.variable) in own)


def _dockerfile(file: DeploymentFile, names: frozenset[str]) -> Iterator[Setting]:
    development = Spans(development_spans(file))
    for setting in dockerfile_settings(file.raw, names):
        is_development = development.contain(setting.start)
        yield setting._replace(use=Use.DEVELOPMENT) if is_development else setting


def _gitlab(file: DeploymentFile, names: frozenset[str]) -> Iterator[Setting]:
    yield from structured_settings(file, names)
    for setting in find_pipeline_reads(file.raw, file.roots[0], names):
        yield setting._replace(use=job_part_use(file, setting.unit))


def _systemd(file: DeploymentFile, names: frozenset[str]) -> Iterator[Setting]:
    drop_in = DROP_IN.fullmatch(file.path)
    path = file.path.rpartition("/")[0] if drop_in else file.path
    name = path.rpartition("/")[2]
    return systemd_settings(file.raw, names, UNIT_SUFFIX.sub("", name))


def _procfile(file: DeploymentFile, names: frozenset[str]) -> Iterator[Setting]:
    return procfile_settings(file.raw, names)


def _fly(file: DeploymentFile, names: frozenset[str]) -> Iterator[Setting]:
    return fly_settings(file.raw, names)


def _env_file(file: DeploymentFile, names: frozenset[str]) -> Iterator[Setting]:
    return env_file_settings(file.raw, names)


def _shell(file: DeploymentFile, names: frozenset[str]) -> Iterator[Setting]:
    return shell_settings(file.raw, names)


# The other kinds are YAML, JSON or HCL.
READERS: dict[DeploymentKind, Callable[[DeploymentFile, frozenset[str]], Iterator[Setting]]] = {
    DeploymentKind.DOCKERFILE: _dockerfile,
    DeploymentKind.GITLAB: _gitlab,
    DeploymentKind.SYSTEMD: _systemd,
    DeploymentKind.PROCFILE: _procfile,
    DeploymentKind.FLY: _fly,
    DeploymentKind.ENV_TEMPLATE: _env_file,
    DeploymentKind.ENV_REFERENCES: _env_file,
    DeploymentKind.SHELL: _shell,
}
