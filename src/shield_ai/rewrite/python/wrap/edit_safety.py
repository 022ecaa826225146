"""Decide whether the edits of a file keep its meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.model.errors import SourceError
from shield_ai.project.python_source import Source, apply_edits, source_problem
from shield_ai.rewrite.python.equivalence import REMOVED, ReplacedExpressions, equivalence_problem
from shield_ai.rewrite.python.wrap.call_text import function_called_by_read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.model.skip import SkipReason
    from shield_ai.rewrite.python.imports.unused_imports import UnusedImport
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap


def safety_problem(
    source: Source,
    edits: list[Edit],
    wraps: Sequence[Wrap],
    unused: Sequence[UnusedImport],
    module: str,
    variables: Mapping[str, str],
) -> SkipReason | None:
    """Return why the edits cannot be trusted; None if they can.

    Args:
        source: The file.
        edits: All edits of the file.
        wraps: The wrapped expressions.
        unused: The removed imports.
        module: The module that the runtime is imported from.
        variables: The variable of each reference to a secret, as in the map file.
    """
    removed = [wrap for wrap in wraps if wrap.replacement is not None]
    replaced = ReplacedExpressions(
        removed={wrap.reference for wrap in removed},
        variables=variables,
        imports={name for found in unused for name in found.names},
        functions={function_called_by_read(source, wrap.site) for wrap in wraps},
    )
    try:
        after = apply_edits(source.raw, edits, source.encoding)
        if removed:
            source = _without_literals(source, removed)
    except SourceError as error:
        return source_problem(source.path, error)
    return equivalence_problem(source, after, module, replaced)


def _without_literals(source: Source, removed: Sequence[Wrap]) -> Source:
    """Return the file with a placeholder for each removed literal."""
    placeholders = []
    for wrap in removed:
        start, end = wrap.site.start, wrap.site.end
        edit = Edit(path=source.path, start=start, end=end, replacement=f'"{REMOVED}"')
        placeholders.append(edit)
    before = apply_edits(source.raw, placeholders, source.encoding)
    return Source.from_bytes(source.path, before)
