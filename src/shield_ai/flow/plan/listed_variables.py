"""Say where to add the variables that turn AWS on, in files that list the app's variables."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.deployment import DeploymentKind
from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LISTED = (
    "{path}: its {containers} get only the variables that the file lists: "
    "add {added} and AWS_REGION to the {containers} of the app"
)
CONFIG_MAP = (
    "{path}: the app gets its variables from this ConfigMap: add {added} and AWS_REGION to its data"
)
CHART_VALUES = (
    "{path}: this ConfigMap passes on what the chart's values list in {values}: add {added} and"
    " AWS_REGION there"
)
SECRET = (
    "{path}: the app gets its variables from this Secret: add {added} and AWS_REGION to the"
    " containers that use it, or to a ConfigMap of theirs"
)
CONTAINERS = {
    DeploymentKind.COMPOSE: "services",
    DeploymentKind.KUBERNETES: "containers",
    DeploymentKind.HELM: "containers",
}
# An object with variables, from which containers in other files get them.
OBJECT = regex(rb"(?m)^kind:[ \t]{0,9}[\"']?(?P<kind>ConfigMap|Secret)\b")
POD = regex(rb"(?m)^[ \t]{1,40}(?:- )?(?:initC|c)ontainers:")
# https://helm.sh/docs/chart_template_guide/control_structures/#looping-with-the-range-action
PASSED_VALUES = regex(rb"\{\{-? {0,9}range [^}]{0,100}?\.Values\.(?P<name>[\w.]{1,80})")


class ListingFile(NamedTuple):
    """A file that lists the variables of the app's services or containers."""

    path: str
    kind: DeploymentKind
    raw: bytes

    @property
    def object_kind(self) -> str:
        """`ConfigMap` or `Secret` if the file has no containers; "" for other files."""
        match = OBJECT.search(self.raw)
        is_object = match is not None and not POD.search(self.raw)
        return match["kind"].decode() if match and is_object else ""


def listed_steps(files: Sequence[ListingFile], added: str) -> Iterator[str]:
    """Yield a line for each file; Secrets count only without a ConfigMap.

    Args:
        files: The files.
        added: The variables to add, as a list in text.
    """
    has_config_map = any(file.object_kind == "ConfigMap" for file in files)
    for file in files:
        if file.object_kind == "ConfigMap":
            values = PASSED_VALUES.search(file.raw)
            name = values["name"].decode() if values else ""
            text = CHART_VALUES if name else CONFIG_MAP
            yield text.format(path=file.path, values=name, added=added)
        elif file.object_kind == "Secret":
            if not has_config_map:
                yield SECRET.format(path=file.path, added=added)
        else:
            containers = CONTAINERS[file.kind]
            yield LISTED.format(path=file.path, containers=containers, added=added)
