"""Read the Compose files of an app that may be combined with each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.compose_services import OtherFile
from shield_ai.scan.deployment.file_format import COMPOSE_FILE
from shield_ai.scan.deployment.formats import has_content
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.production import is_production_name, path_use
from shield_ai.scan.deployment.templates import template_values
from shield_ai.scan.text.config_node import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader

# Files and commands of platforms that run an app without Compose. Dokku reads those of Heroku.
PLATFORM_FILES = ("Procfile", "heroku.yml", "fly.toml", "render.yaml", "Chart.yaml")
README = "README.md"
PLATFORM_COMMAND = regex(
    rb"\b(?:dokku|heroku)[ \t]+config:set\b|\bgit push (?:dokku|heroku)\b"
    rb"|\bhelm (?:install|upgrade)\b|\bkubectl (?:apply|rollout)\b"
)
MAX_COMPOSE_FILES = 50  # that are compared with each other


class ComposeFiles:
    """The files that may be combined with a Compose file.

    Args:
        paths: All files of the app.
        read: Returns the bytes of a file; None if it can't be read.
    """

    def __init__(self, paths: Iterable[str], read: FileReader) -> None:
        self._paths = list(filter(_may_be_combined, paths))
        self._read = read
        self._roots: dict[str, list[Node]] = {}  # by path
        self._is_on_platform: bool | None = None

    def others(self, file: str) -> Iterator[OtherFile]:
        """Yield the files that may be combined with a Compose file.

        Args:
            file: The path of a Compose file.
        """
        if len(self._paths) > MAX_COMPOSE_FILES:
            # Too many to compare. Without documents, a file counts as one that may be combined.
            yield OtherFile("", [], is_near=True, is_production=True)
            return
        folder = file.rpartition("/")[0]
        for path in self._paths:
            if path == file:
                continue
            other_folder, _, name = path.rpartition("/")
            is_near, is_production = folder == other_folder, is_production_name(name)
            if not (is_near and is_production) and not COMPOSE_FILE.fullmatch(name):
                continue
            if path not in self._roots:
                self._roots[path] = self._documents(path)
            roots = self._roots[path]
            yield OtherFile(path, roots, is_near, is_production, self._find_platform())

    def _find_platform(self) -> bool:
        """Return whether files of the app show that production does not use Compose."""
        if self._is_on_platform is None:
            has_file = any(self._read(name) is not None for name in PLATFORM_FILES)
            readme = (self._read(README) or b"")[:MAX_SIZE]
            self._is_on_platform = has_file or PLATFORM_COMMAND.search(readme) is not None
        return self._is_on_platform

    def _documents(self, path: str) -> list[Node]:
        """Return the documents of a file; none if it can't be read."""
        raw = self._read(path)
        if raw is None or len(raw) > MAX_SIZE:
            return []
        return template_values(raw) if has_content(raw) else [Node("", 0, 0)]


def _may_be_combined(path: str) -> bool:
    """Return whether a file can be combined with a Compose file, and is not for development."""
    name = path.rpartition("/")[2]
    is_compose = COMPOSE_FILE.fullmatch(name) or is_production_name(name)
    is_yaml = name.endswith((".yml", ".yaml"))
    if not is_compose or not is_yaml:
        return False
    return path_use(path, DeploymentKind.COMPOSE, ()) is not Use.DEVELOPMENT
