"""Import what rewritten code needs in a file, and remove the imports that it no longer uses."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, NamedTuple

from shield_ai.model.site import Shape
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.rewrite.code_style import CodeStyle
from shield_ai.rewrite.python.imports.extend_import import extend_import
from shield_ai.rewrite.python.imports.file_imports import (
    Import,
    imports_from,
    imports_third_party,
    module_of,
    top_level_package,
)
from shield_ai.rewrite.python.imports.import_lines import import_lines
from shield_ai.rewrite.python.imports.path_changes import below_path_change
from shield_ai.rewrite.python.imports.unused_imports import (
    group_start,
    removal_edits,
    statement_lines,
)
from shield_ai.rewrite.python.lines.line_length import DEFAULT
from shield_ai.rewrite.python.lines.source_edits import first_line, make_edit, offset_below

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.edit import Edit
    from shield_ai.model.site import Site
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.accessor_names import AccessorNames
    from shield_ai.rewrite.python.imports.importers import Importers
    from shield_ai.rewrite.python.imports.unused_imports import UnusedImport

# The styles of flake8-import-order in which third-party imports are one group. In some of them,
# `import a` and `from b import c` are sorted together.
MIXED_ORDERS = frozenset({"google", "appnexus"})
GROUPED_ORDERS = MIXED_ORDERS | {"smarkets", "edited", "pycharm", "isort", "pep8"}
# Matches a leading comment that is about the file, not about the statement below it.
FILE_COMMENT = regex(
    rb"^#!|coding[:=]|-\*-|"
    rb"(?i:copyright|licen[cs]e|spdx|pylint|flake8|noqa|mypy|ruff|isort|author|generated|settings)"
)

# The exception for F403, as of a star import, says nothing about the order.
EXEMPT = regex(rb"#[ \t]*(?i:noqa)(?:[ \t]*(?!:|[ \t])|[^#]*\bI(?:001)?\b)|# ?isort: ?skip")
SKIPPED = regex(rb"# ?isort: ?skip")


class Placement(NamedTuple):
    """The position of an import, and the newlines around it."""

    offset: int
    before: str
    after: str
    is_new_group: bool = False


def import_edits(
    source: Source,
    sites: Sequence[Site],
    names: AccessorNames,
    unused: Sequence[UnusedImport] = (),
    style: CodeStyle | None = None,
    importers: Importers | None = None,
) -> list[Edit]:
    """Import what the rewritten sites need and the file lacks, and remove what is unused.

    Args:
        source: The file.
        sites: The rewritten sites.
        names: The names of the runtime's functions.
        unused: The imports to remove. If no other import remains, the new one takes their place.
        style: The configured style of the file.
        importers: The app's Python files. Without them, each module of a package of the app counts
            as a module of the app.
    """
    style = style or CodeStyle()
    wanted = _missing_names({site.shape for site in sites}, names)
    extended = _extend_imports(source, wanted, style)
    lines = _import_lines(wanted, style)
    if not lines:
        return [*extended, *removal_edits(source, unused)]
    first_use = min(site.start for site in sites)
    removed = [found.node for found in unused if found.is_whole]
    body = [node for node in source.tree.body if node not in removed]
    body = body[below_path_change(body, names.module, importers) :]
    block = _sorted_part(source, _import_block(source, body, first_use))
    whole = [found for found in unused if found.is_whole and not found.node.col_offset]
    first = next(iter(whole), None)
    if first and _has_only_future_imports(block):
        others = [found for found in unused if found is not first]
        heading = _heading(names.module, style)
        start, end = group_start(source, first.node), statement_lines(source, first.node)[1]
        new = make_edit(source, start, end, "\n".join([*heading, *lines, ""]))
        return [new, *extended, *removal_edits(source, others)]
    added = []
    for place, modules in _places(source, block, wanted, style, importers).items():
        heading = _heading(names.module, style) if place.is_new_group else []
        lines = _import_lines({module: wanted[module] for module in modules}, style)
        text = place.before + "\n".join([*heading, *lines]) + place.after
        added.append(make_edit(source, place.offset, place.offset, text))
    return [*added, *extended, *removal_edits(source, unused)]


def _places(
    source: Source,
    block: list[Import],
    wanted: dict[str, list[str]],
    style: CodeStyle,
    importers: Importers | None,
) -> dict[Placement, list[str]]:
    """Map each place for new imports to the modules that are imported there."""
    found: dict[int, tuple[Placement, list[str]]] = {}
    for module, parts in wanted.items():
        if parts:
            place = _choose_placement(source, block, module, style, importers)
            found.setdefault(place.offset, (place, []))[1].append(module)
    return dict(found.values())


def _extend_imports(source: Source, wanted: dict[str, list[str]], style: CodeStyle) -> list[Edit]:
    """Add names to the imports that the file has, and remove them from `wanted`."""
    edits = []
    for module, names in wanted.items():
        nodes = [node for node in source.tree.body if imports_from(node, module)]
        node = nodes[0] if nodes else None
        if isinstance(node, ast.ImportFrom):
            width = style.line_length or DEFAULT
            single = style.force_single_line
            edit = extend_import(source, node, names, width, single_line=single)
            if edit:
                edits.append(edit)
                wanted[module] = []
    return edits


def _missing_names(shapes: set[Shape], names: AccessorNames) -> dict[str, list[str]]:
    """Return the names to import from each module, with their aliases."""
    calls = {}
    if names.needed_from_source_module and names.client:
        original = names.client.removeprefix("secrets_")
        calls[original] = names.client
    if shapes - {Shape.PRESENCE, Shape.FIELD}:
        calls["get_secret"] = names.get
    if Shape.PRESENCE in shapes:
        calls["has_secret"] = names.has
    parts = []
    for name, called_as in calls.items():
        if name not in names.imported:
            parts.append(name if name == called_as else f"{name} as {called_as}")
    others = [
        name
        for name in names.needed_from_source_module
        if name not in names.imported_from_source_module
    ]
    return {names.module: parts, names.source_module: others}


def _import_lines(wanted: dict[str, list[str]], style: CodeStyle) -> list[str]:
    lines = []
    for module, parts in wanted.items():
        lines += import_lines(module, parts, style)
    return sorted(lines)


def _choose_placement(
    source: Source,
    block: list[Import],
    module: str,
    style: CodeStyle,
    importers: Importers | None,
) -> Placement:
    if _has_only_future_imports(block):
        return _at_top(source, after_future=bool(block))
    top_level = module.partition(".")[0]
    if top_level in style.local_folder:
        if _trailing_imports(block, style):
            at, lead = offset_below(source, block[-1])
            return Placement(at, lead, "\n")
    is_mixed = style.mixes_own_packages or style.import_order in GROUPED_ORDERS
    if is_mixed and top_level not in {"", *style.first_party}:
        place = _among_third_party(source, block, module, style)
        if place:
            return place
    packages = {top_level, *style.first_party}
    own = [
        node
        for node in block
        if top_level_package(node) in packages
        and not (importers and importers.lack_module(module_of(node)))
    ]
    return _in_block(source, block, module, own, style)


def _import_block(source: Source, body: Sequence[ast.stmt], first_use: int) -> list[Import]:
    """Return the first block of imports above the first use.

    An import is left out if another statement starts on the line on which it ends.
    """
    block: list[Import] = []
    for node, following in zip(body, [*body[1:], None], strict=True):
        if source.offset(node.lineno, node.col_offset) > first_use:
            break
        if isinstance(node, Import):
            if following is None or following.lineno > (node.end_lineno or node.lineno):
                block.append(node)
        elif not _has_only_future_imports(block):
            break
    return block


def _sorted_part(source: Source, block: list[Import]) -> list[Import]:
    """Return a block without the imports at its start that isort skips, if others follow.

    isort moves an import that is added above one that it skips.
    """
    for index, node in enumerate(block):
        if not SKIPPED.search(source.lines[node.lineno - 1][1]):
            return block[index:]
    return block


def _has_only_future_imports(block: list[Import]) -> bool:
    return all(_is_future_import(node) for node in block)


def _in_block(
    source: Source, block: list[Import], module: str, first_party: list[Import], style: CodeStyle
) -> Placement:
    """Place an import among the app's imports, or above relative imports, or below the block."""
    is_relative = module.startswith(".")
    own = [
        node
        for node in _from_imports(block, is_relative=is_relative)
        if is_relative or node in first_party
    ]
    if own:
        return _among_own(source, block, own, module)
    trailing = _trailing_imports(block, style)
    if trailing:
        return _above_trailing(source, block, trailing)
    at, lead = offset_below(source, block[-1])
    if block[-1] in first_party:
        return Placement(at, lead, "\n")
    return Placement(at, f"{lead}\n", "\n", is_new_group=True)


def _trailing_imports(block: list[Import], style: CodeStyle) -> int:
    """Return the number of imports that must stay below those of the app, at the end of a block.

    These are relative imports, and those of packages in a later section. The number is 0 if other
    imports follow one of them.
    """
    trailing = [
        node
        for node in block
        if getattr(node, "level", 0) or top_level_package(node) in style.later_packages
    ]
    return len(trailing) if trailing == block[len(block) - len(trailing) :] else 0


def _from_imports(block: list[Import], *, is_relative: bool) -> list[ast.ImportFrom]:
    imports = [node for node in block if isinstance(node, ast.ImportFrom)]
    return [node for node in imports if bool(node.level) == is_relative]


def _among_own(
    source: Source, block: Sequence[Import], own: Sequence[Import], module: str
) -> Placement:
    """Place an import among the imports of the same group, in alphabetical order."""
    for node in reversed(own):
        dots = "." * getattr(node, "level", 0)
        if _sort_key(dots + module_of(node)) <= _sort_key(module):
            at, lead = offset_below(source, node)
            return Placement(at, lead, "\n")
    if _is_exempt(source, own[0], is_first=own[0] is block[0]):
        at, lead = offset_below(source, own[0])
        return Placement(at, lead, "\n")
    return Placement(source.offset(own[0].lineno, 0), "", "\n")


def _is_exempt(source: Source, node: Import, *, is_first: bool) -> bool:
    """Return whether linters ignore the order of an import.

    ruff reports the order of a block at its first import, so `noqa` has no effect at another one.
    """
    pattern = EXEMPT if is_first else SKIPPED
    return bool(pattern.search(source.lines[node.lineno - 1][1]))


def _among_third_party(
    source: Source, block: list[Import], module: str, style: CodeStyle
) -> Placement | None:
    """Place an import among third-party imports; return None if there are none.

    It is the last one if the block is not sorted: it ends with the standard library.
    """
    not_listed = (*style.first_party, *style.section_packages)
    others = [node for node in block if imports_third_party(node, not_listed)]
    if others and top_level_package(block[-1]) in sys.stdlib_module_names:
        at, lead = offset_below(source, block[-1])
        return Placement(at, lead, "\n")
    listed = [
        node
        for node in others
        if style.import_order in MIXED_ORDERS or isinstance(node, ast.ImportFrom)
    ]
    if listed:
        return _among_own(source, block, listed, module)
    if not others:
        return None
    at, lead = offset_below(source, others[-1])
    return Placement(at, lead, "\n")


def _sort_key(module: str) -> tuple[int, str]:
    """Return the sort key of a module's name: relative imports of outer packages come first.

    isort and ruff ignore the case of letters, by default.
    """
    name = module.lstrip(".")
    return len(name) - len(module), name.lower()


def _above_trailing(source: Source, block: list[Import], count: int) -> Placement:
    """Place an import above the last imports of a block, as a separate group."""
    line = first_comment_line(source, block[-count].lineno)
    has_gap = count == len(block) or line - (block[-count - 1].end_lineno or 0) > 1
    at = source.offset(line, 0)
    return Placement(at, "" if has_gap else "\n", "\n\n", is_new_group=True)


def _heading(module: str, style: CodeStyle) -> list[str]:
    """Return the line above the group of a module's import, if the style has one."""
    is_local = module.startswith(".") or module.partition(".")[0] in style.local_folder
    heading = style.headings.local_folder if is_local else style.own_heading
    return [heading] if heading else []


def _is_future_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _at_top(source: Source, *, after_future: bool) -> Placement:
    """Place an import above the first statement that is not a docstring or a future import."""
    body = source.tree.body
    for i, node in enumerate(body):
        if (i == 0 and _is_docstring(node)) or _is_future_import(node):
            continue
        line = first_line(node)
        above = source.offset(first_comment_line(source, line), 0)
        shares_line = after_future and line == body[i - 1].lineno
        return Placement(above, "\n" if shares_line else "", "\n\n", is_new_group=True)
    return Placement(len(source.raw), "\n", "\n", is_new_group=True)


def first_comment_line(source: Source, line: int) -> int:
    """Return the first line of the comment above a statement.

    A comment at the top of the file that is about the file does not belong to the statement.
    """
    first = line
    while first > 1 and source.lines[first - 2][1].startswith(b"#"):
        first -= 1
    above = b"".join(raw for _, raw in source.lines[: line - 1])
    return line if first == 1 and FILE_COMMENT.search(above) else first
