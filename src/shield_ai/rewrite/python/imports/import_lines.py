"""Write import statements in the style of isort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.rewrite.python.lines.line_length import DEFAULT

if TYPE_CHECKING:
    from shield_ai.rewrite.code_style import CodeStyle


def import_lines(module: str, names: list[str], style: CodeStyle) -> list[str]:
    """Return the import statements of some names, such as `a` or `a as b`, as isort writes them.

    Args:
        module: The module.
        names: Sorted.
        style: The style of the file.
    """
    has_alias = any(" as " in name for name in names)
    if style.force_single_line or (has_alias and not style.combine_as_imports):
        return [f"from {module} import {name}" for name in names]
    if 0 < style.force_grid_wrap <= len(names):
        return [_wrapped_import(module, names)]
    line = f"from {module} import {', '.join(names)}"
    if len(line) > (style.line_length or DEFAULT) and len(names) > 1:
        return [_wrapped_import(module, names)]
    return [line] if names else []


def _wrapped_import(module: str, names: list[str]) -> str:
    lines = [f"from {module} import (", *(f"    {name}," for name in names), ")"]
    return "\n".join(lines)
