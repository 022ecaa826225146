"""Find the templates of Helm charts that name variables of secrets in a form that is not parsed.

These are named templates in `_helpers.tpl`, and scripts in a ConfigMap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.deployment import DeploymentKind, Use
from shield_ai.scan.deployment.limits import MAX_SIZE
from shield_ai.scan.deployment.occurrences import name_regex
from shield_ai.scan.deployment.production import path_use

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.model.file_reader import FileReader

CHART = "Chart.yaml"
EXTENSIONS = (".tpl", ".yaml", ".yml")


def find_templates(
    paths: Sequence[str], read: FileReader, variables: frozenset[str]
) -> Iterator[str]:
    """Yield the templates that name variables, without those for development.

    Args:
        paths: All files of the app.
        read: Returns the bytes of a file; None if it can't be read.
        variables: The variables.
    """
    if not variables:
        return
    names = name_regex(variables)
    for path in _template_paths(paths):
        is_development = path_use(path, DeploymentKind.HELM, ()) is Use.DEVELOPMENT
        if not is_development and names.search((read(path) or b"")[:MAX_SIZE]):
            yield path


def _template_paths(paths: Sequence[str]) -> Iterator[str]:
    charts = [path for path in paths if path.rpartition("/")[2] == CHART]
    folders = tuple(f"{path.removesuffix(CHART)}templates/" for path in charts)
    for path in paths:
        if path.startswith(folders) and path.endswith(EXTENSIONS):
            yield path
