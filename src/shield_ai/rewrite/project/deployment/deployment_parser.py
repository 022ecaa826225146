"""Parse deployment files, to compare their content before and after the edits."""

from __future__ import annotations

import json
from typing import Any

from shield_ai.model.deployment import DeploymentKind


def parse_deployment_file(raw: bytes, kind: DeploymentKind) -> Any:
    """Parse a JSON file of ECS, or the documents of a YAML file, with all scalars as strings.

    Args:
        raw: The file.
        kind: Its kind.

    Raises:
        ValueError: It is invalid.
    """
    if kind is DeploymentKind.ECS:
        return json.loads(raw)
    import yaml

    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        return list(yaml.load_all(raw.decode("utf-8-sig"), Loader=loader))
    except (yaml.YAMLError, TypeError) as error:
        raise ValueError("invalid YAML") from error
