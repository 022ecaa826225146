"""Return the command that installs an app with boto3, which is in an extra of its package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.project.pyproject_file import PYPROJECT, parse_toml
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.project import requirements
from shield_ai.rewrite.project.dependencies.production_groups import find_production_groups
from shield_ai.rewrite.project.dependencies.pyproject import extra_target
from shield_ai.rewrite.project.dependencies.wanted_requirements import first_requirement_name

if TYPE_CHECKING:
    from shield_ai.rewrite.project.fixer import FixContext


def extra_install_command(context: FixContext) -> str:
    """Return how production installs a package of which a new extra has boto3; "" for others."""
    extra = find_production_groups(context).new_extra
    if not extra or requirements.required_by(context.manifest) is not requirements.VENDORED:
        return ""
    edits = {change.path: change.edits for change in requirements.fix(context)[0]}
    for folder in requirements.candidate_folders(context.read, context.manifest, context.module):
        path = f"{folder}{PYPROJECT}"
        raw = read_optional(context.read, path) or b""
        document = parse_toml(apply_edits(raw, edits.get(path, ())))
        if target := extra_target(document, extra, first_requirement_name(requirements.VENDORED)):
            return f"pip install '{target}'"
    return ""
