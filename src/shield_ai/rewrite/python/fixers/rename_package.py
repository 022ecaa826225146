"""Replace the runtime's former package, shield_ai, by shield_runtime in `from` imports."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from shield_ai import runtime_submodule
from shield_ai.model.edit import Edit
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.runtime_names import FORMER_PACKAGE, PACKAGE
from shield_ai.rewrite.python.fixer import FileContext, FileOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shield_ai.project.python_source import Source

DJANGO_APP = f"{FORMER_PACKAGE}.django"  # in INSTALLED_APPS, or before the name of a backend
QUOTED = regex(r"(?P<quote>['\"])(?P<text>[\w.]+)(?P=quote)")


def fix(context: FileContext) -> FileOutcome:
    """Replace the package, unless the app contains a copy of the runtime."""
    if context.manifest.app.runtime != "package":
        return FileOutcome()
    return FileOutcome(edits=rename_package(context.source, context.edits))


def rename_package(source: Source, edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits that replace the package in `from` imports, INSTALLED_APPS and ENGINE.

    Args:
        source: The file.
        edits: Other edits of the file; the spans that they replace are not edited again.
    """
    taken = [(edit.start, edit.end) for edit in edits]
    renames = []
    for node in ast.walk(source.tree):
        for edit in _renamed_names(source, node):
            if not any(start < edit.end and edit.start < end for start, end in taken):
                renames.append(edit)
    return renames


def _renamed_names(source: Source, node: ast.AST) -> Iterator[Edit]:
    if isinstance(node, ast.ImportFrom) and not node.level:
        new_name = _new_module(node.module or "")
        match = re.match(r"from\s+([\w.]+)", source.segment(node))
        if new_name and match:
            yield _replacement(source, node, match.span(1), new_name)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        is_django = node.value == DJANGO_APP or node.value.startswith(f"{DJANGO_APP}.")
        match = QUOTED.fullmatch(source.segment(node)) if is_django else None
        if match:
            new_name = PACKAGE + node.value.removeprefix(FORMER_PACKAGE)
            yield _replacement(source, node, match.span("text"), new_name)


def _new_module(module: str) -> str:
    """Return the new name of a module of the runtime; empty for any other module."""
    if module == FORMER_PACKAGE:
        return PACKAGE
    submodule = runtime_submodule(module)
    return "" if submodule is None else PACKAGE + submodule


def _replacement(
    source: Source, node: ast.stmt | ast.expr, span: tuple[int, int], text: str
) -> Edit:
    start, _ = source.span(node)
    return Edit(path=source.path, start=start + span[0], end=start + span[1], replacement=text)
