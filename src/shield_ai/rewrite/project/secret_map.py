"""Write the map file of an app, which maps its secrets to environment variables.

Users can edit the file. In an edited file, only the entries that differ from shield.toml are
changed.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Edit
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import apply_edits, file_change
from shield_ai.project.runtime_names import IMPORTS_COPY
from shield_ai.project.secret_map import (
    MapCall,
    SecretMap,
    expected_map,
    find_map_call,
    parse_map,
)
from shield_ai.rewrite.project.file_edits import (
    NOTHING,
    Outcome,
    create_or_replace,
    creation_change,
    replacement_change,
    skip_file,
)
from shield_ai.rewrite.project.map_edits import (
    entry_spans,
    mapping_edits,
    names_edits,
    prefix_edits,
)
from shield_ai.rewrite.project.map_style import MapStyle
from shield_ai.rewrite.project.map_text import map_text
from shield_ai.rewrite.project.runtime_source import STAMP_NAME
from shield_ai.rewrite.project.stamp import State, read_stamp

if TYPE_CHECKING:
    from shield_ai.model.manifest import Manifest

MAP_ARGUMENTS = frozenset(
    {"optional", "required", "prefix"}
)  # besides the mapping, which is positional


def map_matches_manifest(raw: bytes | None, manifest: Manifest) -> bool:
    """Return whether the mapping of a map file equals that of shield.toml, in any order.

    The prefix may also be computed or absent: earlier versions required AWS_SECRETS_PREFIX instead.
    """
    found = parse_map(raw)
    wanted = expected_map(manifest)
    if found is None or not _is_same(found, wanted):
        return False
    return found.prefix in {"", None, wanted.prefix}


def is_map_file(raw: bytes) -> bool:
    """Return whether a file is a map file, which imports the copy and has no stamp."""
    return read_stamp(raw, STAMP_NAME)[0] is State.FOREIGN and bool(IMPORTS_COPY.search(raw))


def has_generated_code(raw: bytes | None, style: MapStyle) -> bool:
    """Return whether a map file is generated, except for its mapping, docstring and comments.

    Args:
        raw: The bytes of the file.
        style: The style of the generated file.
    """
    found = find_map_call(raw)
    generated = find_map_call(map_text("", SecretMap(), style).encode())
    if found is None or generated is None:
        return False
    return _code_around_map(found) == _code_around_map(generated)


def _code_around_map(found: MapCall) -> list[str]:
    """Return the statements of a map file without its mapping. Modifies the syntax tree."""
    found.call.args = []
    found.call.keywords = [item for item in found.call.keywords if item.arg not in MAP_ARGUMENTS]
    statements = []
    for node in found.source.tree.body:
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_future = isinstance(node, ast.ImportFrom) and node.module == "__future__"
        if not is_docstring and not is_future:
            statements.append(ast.dump(node))
    return statements


def _is_same(first: SecretMap, second: SecretMap) -> bool:
    if first.secrets != second.secrets or set(first.required) != set(second.required):
        return False
    return set(first.optional) == set(second.optional)


def write_map(
    path: str, raw: bytes | None, manifest: Manifest, style: MapStyle | None = None
) -> Outcome:
    """Create the map file, or update its mapping.

    Args:
        path: Path of the file.
        raw: Its bytes; None if it does not exist or is to be replaced.
        manifest: The secrets.
        style: Its style.
    """
    style = style or MapStyle()
    wanted = expected_map(manifest)
    text = map_text(manifest.app.name, wanted, style)
    if raw is None:
        return [creation_change(path, text)], []
    found = find_map_call(raw)
    if found is None:
        return skip_file(path, SkipId.MAP_UNKNOWN.reason())
    if _is_same(found.content, wanted) and found.content.prefix in {None, wanted.prefix}:
        return NOTHING
    if entry_spans(found) is None and "#" in found.source.segment(found.mapping):
        return skip_file(path, SkipId.MAP_COMMENTED.reason())
    if _is_unedited(raw, manifest.app.name, found.content, style):
        return create_or_replace(path, raw, text)
    return _update_map(path, raw, found, manifest, style)


def replace_by_map(path: str, raw: bytes, manifest: Manifest, style: MapStyle) -> Outcome:
    """Replace a generated file, such as the runtime of an earlier version, with the map file.

    Args:
        path: Path of the file.
        raw: Its bytes.
        manifest: The secrets.
        style: The style of the map file.
    """
    text = map_text(manifest.app.name, expected_map(manifest), style)
    return [replacement_change(path, raw, text)], []


def _update_map(
    path: str, raw: bytes, found: MapCall, manifest: Manifest, style: MapStyle
) -> Outcome:
    """Change what differs from shield.toml, first the mapping and then the prefix."""
    wanted = expected_map(manifest)
    edits = [*mapping_edits(found, wanted, style), *names_edits(found, wanted, style)]
    encoding = found.source.encoding
    with_mapping = apply_edits(raw, edits, encoding)
    edits_of_prefix = list(prefix_edits(with_mapping, wanted, style))
    after = apply_edits(with_mapping, edits_of_prefix, encoding)
    if not map_matches_manifest(after, manifest):
        return skip_file(path, SkipId.MAP_UNKNOWN.reason())
    located = [msgspec.structs.replace(edit, path=path) for edit in edits or edits_of_prefix]
    if edits and edits_of_prefix:  # the second edits have positions in the edited text
        located = [Edit(path=path, start=0, end=len(raw), replacement=after.decode(encoding))]
    return [file_change(path, raw, located, encoding)], []


def _is_unedited(raw: bytes, app: str, content: SecretMap, style: MapStyle) -> bool:
    current = raw.replace(b"\r\n", b"\n").decode("utf-8", "replace")
    styles = (style._replace(has_lambdas=has_lambdas) for has_lambdas in (True, False))
    return any(current == map_text(app, content, each) for each in styles)
