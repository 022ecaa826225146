"""Find the deployment files of an app, and the variables of secrets that they set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import Deployment
from shield_ai.model.skip import SkipId
from shield_ai.project.git import files_around
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.deployment.compose_files import ComposeFiles
from shield_ai.scan.deployment.file_format import (
    file_format,
    has_store_references,
    is_env_file,
    is_shell_script,
)
from shield_ai.scan.deployment.file_search import FileSearch
from shield_ai.scan.deployment.files_around import MAX_FILES, read_around, read_elsewhere
from shield_ai.scan.deployment.helm_charts import find_templates
from shield_ai.scan.files.walk import display_path, walk_all
from shield_ai.scan.text.reader import reader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Secret

HELPERS = ".tpl"  # of Helm
# The workflows and the pipeline of a repository that contains the app in a subfolder. Other apps of
# the repository can share them, so they are never edited.
COMMON_JOBS = regex(r"(?:\.\./)+(?:\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.yml)")


def find_deployment(root: Path, secrets: Sequence[Secret]) -> Deployment:
    """Find the lines that set the variables of secrets. Symbolic links to folders are skipped.

    Args:
        root: The app's folder.
        secrets: The secrets in shield.toml.

    Raises:
        SourceError: The folder can't be listed.
    """
    if not any(secret.variables() for secret in secrets):
        return Deployment()
    paths = [entry.path for entry in walk_all(root)]
    read = reader(str(root))
    search = FileSearch(secrets, read, ComposeFiles(paths, read))
    siblings: dict[str, list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        siblings.setdefault(folder, []).append(name)
    for path in paths:
        if not _is_deployment(path, read):
            continue
        if path != display_path(path):
            search.add_incomplete(display_path(path), SkipId.DEPLOYMENT_INVALID_NAME.reason())
        else:
            search.search(path, siblings[path.rpartition("/")[0]])
    _add_files_around(root, search)
    templates = set(find_templates(paths, read, search.secret_variables))
    templates.difference_update(item.path for item in search.found)
    return Deployment(
        variables=tuple(sorted(search.found, key=lambda item: (item.path, item.line))),
        unread=tuple(sorted(search.incomplete, key=lambda skip: (skip.path, skip.reason))),
        templates=tuple(sorted(templates)),
    )


def _is_deployment(path: str, read: FileReader) -> bool:
    """Return whether a file may set variables: by its name or its content.

    By their content, these are scripts without extension, and env files with references.
    """
    if file_format(path):
        return True
    if "." not in path.rpartition("/")[2]:
        return is_shell_script(read(path) or b"")
    return is_env_file(path) and has_store_references(read(path) or b"")


def _add_files_around(root: Path, search: FileSearch) -> None:
    """Record the deployment files of the repository outside the app that name a secret."""
    paths = files_around(root, search.secret_variables)
    if paths is None:
        search.add_incomplete("..", SkipId.AROUND_NOT_SEARCHED.reason())
    outside = []
    for path in filter(_is_deployment_around, paths or ()):
        if COMMON_JOBS.fullmatch(path):
            search.search_common(path, read_around(root, path))
        else:
            search.add_incomplete(path, SkipId.DEPLOYMENT_OUTSIDE.reason())
            outside.append(path)
    if 0 < len(outside) <= MAX_FILES:
        others = [path for path in paths or () if not _has_format(path)]
        shared = read_elsewhere(root, others, search.secret_variables)
        contents = ((path, read_around(root, path)) for path in outside)
        search.search_outside(contents, search.secret_variables - shared)


def _is_deployment_around(path: str) -> bool:
    return _has_format(path) and path == display_path(path)


def _has_format(path: str) -> bool:
    return bool(file_format(path)) or path.endswith(HELPERS)
