"""Everything that becomes of the app's Python: secrets wrapped, names carried over, literals and fallbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Edit, FileChange, Skipped
from shield_ai.project.python_source import Source, file_change
from shield_ai.rewrite.python.db_backend import swap, unseen
from shield_ai.rewrite.python.imports import accessor_names
from shield_ai.rewrite.python.key_fallbacks import fallback_edits, rotating_key
from shield_ai.rewrite.python.line_length import line_length
from shield_ai.rewrite.python.literals import defaults
from shield_ai.rewrite.python.rename import rename
from shield_ai.rewrite.python.wrap import rewrite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest
    from shield_ai.rewrite import Read
    from shield_ai.rewrite.python.literals import Removal


class Code(msgspec.Struct, kw_only=True):
    """What becomes of the Python files."""

    files: list[FileChange] = []
    skipped: list[Skipped] = []
    taken: list[str] = []  # variables whose values are no longer in the code
    fields: bool = False  # a settings class of pydantic gets a source of ours
    engines: set[str] = set()  # of Django's databases, those that have a backend of ours now


def code(  # each is a different thing that the code follows from
    manifest: Manifest,
    findings: Sequence[Finding],
    calls: Sequence[tuple[str, int, int]],
    read: Read,
    accessor_import: str,
    removal: Removal | None = None,
) -> Code:
    """Rewrite each Python file that has findings or reads secrets already.

    Args:
        manifest: What is moved.
        findings: Of the whole app.
        calls: Path, line and column of each call of the runtime.
        read: Gives the bytes of a file.
        accessor_import: The line that imports `get_secret`.
        removal: Takes the literals out of the code; None: they stay as defaults.
    """
    out = Code()
    sites: dict[str, list[Finding]] = {}
    places: dict[str, list[tuple[int, int]]] = {}
    for finding in findings:
        if finding.site:
            sites.setdefault(finding.path, []).append(finding)
    for path, line, column in calls:
        places.setdefault(path, []).append((line, column))
    key = rotating_key(manifest, read)
    seen: set[str] = set()
    for path in sorted({*sites, *places}):
        raw, here, reads = read(path) or b"", sites.get(path, []), places.get(path, [])
        source = Source.from_bytes(path, raw)
        done = rewrite(source, here, manifest, accessor_import, removal, line_length(read, path))
        out.skipped += done.skipped
        out.taken += done.taken
        out.fields = out.fields or done.fields
        edits = [*done.edits, *rename(source, reads, manifest)]
        wrapped = [finding.site for finding in here if finding.site and done.edits]
        names = accessor_names(source, accessor_import)
        if key:
            edits += fallback_edits(source, wrapped, key, names.get)
        swapped = swap(source, wrapped, manifest, names)
        edits += swapped.edits
        out.skipped += swapped.skipped
        out.engines |= swapped.engines
        seen |= swapped.seen
        if removal:
            edits += _removed(source, reads, removal, out)
        if edits:
            out.files.append(file_change(path, raw, edits, source.encoding))
    out.skipped += unseen(manifest, seen)
    return out


def _removed(
    source: Source, reads: list[tuple[int, int]], removal: Removal, out: Code
) -> list[Edit]:
    edits = []
    for variable, found in defaults(source, reads, removal):
        if isinstance(found, Edit):
            edits.append(found)
            out.taken.append(variable)
        else:
            out.skipped.append(Skipped(path=source.path, line=0, name=variable, reason=found))
    return edits
