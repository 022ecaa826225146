"""Create all edits of a file with secrets: of its expressions, settings classes and imports."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.errors import SourceError
from shield_ai.model.site import Shape, Site
from shield_ai.project.pydantic_sources import METHOD_1, SOURCE
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.python.imports.extend_import import extend_import
from shield_ai.rewrite.python.imports.needed_imports import import_edits
from shield_ai.rewrite.python.imports.unused_imports import unused_imports
from shield_ai.rewrite.python.wrap.settings_imports import (
    has_alias,
    import_to_extend,
    missing_names,
)
from shield_ai.rewrite.python.wrap.settings_source import (
    SOURCE_TYPE_1,
    SourceOptions,
    settings_source_edits,
)
from shield_ai.rewrite.python.wrap.wrap_text import wrap_edits

if TYPE_CHECKING:
    from shield_ai.model.edit import Edit
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.accessor_names import AccessorNames
    from shield_ai.rewrite.python.imports.unused_imports import UnusedImport
    from shield_ai.rewrite.python.lines.line_breaking import LineStyle
    from shield_ai.rewrite.python.wrap.wrap_options import WrapOptions
    from shield_ai.rewrite.python.wrap.wrapped_site import Wrap


def imports_without_use(
    source: Source, wraps: list[Wrap], style: LineStyle, options: WrapOptions
) -> list[UnusedImport]:
    """Return the imports that no code uses after the edits of the expressions.

    Args:
        source: The file.
        wraps: The expressions to wrap.
        style: The maximum line length, and whether arguments need trailing commas.
        options: Without importers, unused imports are kept.
    """
    if options.importers is None or not any(wrap.is_in_map for wrap in wraps):
        return []
    calls = [wrap for wrap in wraps if wrap.site.shape is not Shape.FIELD]
    try:
        after = apply_edits(source.raw, wrap_edits(source, calls, style), source.encoding)
    except SourceError:
        return []
    return unused_imports(source, after, options.importers)


def wrapped_file_edits(
    source: Source,
    wraps: list[Wrap],
    names: AccessorNames,
    unused: list[UnusedImport],
    options: WrapOptions,
    style: LineStyle,
) -> list[Edit]:
    """Return the edits of the expressions, of the settings classes and of the imports.

    Args:
        source: The file.
        wraps: The expressions to wrap, and the fields of settings classes.
        names: The names of the runtime's functions.
        unused: The imports to remove.
        options: The style of the file, and the app's Python files.
        style: The maximum line length, and whether arguments need trailing commas.
    """
    expressions = [wrap for wrap in wraps if wrap.site.shape is not Shape.FIELD]
    edits: list[Edit] = []
    if any(wrap.site.is_settings_field for wrap in wraps) or options.shared_bases:
        calls_super = not names.client or _has_other_sources(source, options)
        source_options = SourceOptions(
            style.width,
            names.client,
            calls_super,
            _source_variable(source),
            options.shared_bases,
            options.subclasses,
        )
        edits += settings_source_edits(source, wraps, source_options)
    from_source = [SOURCE] if edits else []
    text = "".join(edit.replacement for edit in edits)
    if SOURCE_TYPE_1 in text:
        from_source.append(SOURCE_TYPE_1)
    elif "type[" in text:
        missing = missing_names(source)
        node = import_to_extend(source)
        single_line = options.style.force_single_line
        if node and has_alias(node) and not options.style.combine_as_imports:
            single_line = True
        extended = extend_import(source, node, missing, style.width, single_line=single_line)
        if extended:
            edits.append(extended)
        else:
            from_source += missing
    sites = [wrap.site for wrap in wraps]
    sites += [Site(start=start, end=start, shape=Shape.FIELD) for start in options.shared_bases]
    names = msgspec.structs.replace(names, needed_from_source_module=tuple(sorted(from_source)))
    return [
        *import_edits(source, sites, names, unused, options.style, options.importers),
        *edits,
        *wrap_edits(source, expressions, style),
    ]


def _source_variable(source: Source) -> str:
    """Return the name of a variable for the source that hides no import of the file."""
    names: set[str] = set()
    for node in source.tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in node.names}
    return "aws_secrets" if "secrets" in names else "secrets"


def _has_other_sources(source: Source, options: WrapOptions) -> bool:
    """Return whether a class of the app may define its settings sources itself."""
    texts = [source.raw, *(options.importers.texts() if options.importers else ())]
    return any(METHOD_1.encode() in text and SOURCE.encode() not in text for text in texts)
