"""Set SECRET_KEY_FALLBACKS if Django's secret key rotates on a schedule.

Django then also accepts signatures with the previous key and the pending key.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation
from shield_ai.project.python_source import string_constant
from shield_ai.rewrite.python.fixer import FileContext, FileOutcome
from shield_ai.rewrite.python.lines.file_style import file_quote
from shield_ai.rewrite.python.lines.source_edits import insert_below

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.edit import Edit
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.site import Site
    from shield_ai.project.python_source import Source

SETTING = "SECRET_KEY_FALLBACKS"
STEP = "    "
# The parts of the list comprehension, at which Black breaks it.
CLAUSES = (
    "key",
    "for stage in ({q}AWSPREVIOUS{q}, {q}AWSPENDING{q})",
    "if (key := {get}({q}{name}{q}, None, stage=stage))",
)


def fix(context: FileContext) -> FileOutcome:
    """Set SECRET_KEY_FALLBACKS if the app's key rotates on a schedule."""
    key = key_without_fallbacks(context.manifest, context.read)
    if key is None:
        return FileOutcome()
    edits = fallback_edits(context.source, context.sites, key, context.names.get, context.width)
    return FileOutcome(edits=edits)


def key_without_fallbacks(manifest: Manifest, read: FileReader) -> Secret | None:
    """Return the secret of SECRET_KEY if it rotates on a schedule and has no fallbacks yet."""
    for path in manifest.app.settings:
        if SETTING.encode() in (read(path) or b""):
            return None
    for secret in manifest.secret:
        if secret.kind is Kind.DJANGO_SECRET_KEY and isinstance(secret.rotate, Rotation):
            return secret
    return None


def fallback_edits(
    source: Source, sites: Iterable[Site], secret: Secret, get: str, width: int
) -> list[Edit]:
    """Set SECRET_KEY_FALLBACKS below a top-level SECRET_KEY that reads the secret.

    Args:
        source: The file.
        sites: The sites of the file; those with a reason to skip them are ignored.
        secret: The secret of SECRET_KEY.
        get: The name under which the file calls get_secret().
        width: The maximum line length.
    """
    spans = []
    for site in sites:
        if not site.reason and site.variable in secret.variables():
            spans.append((site.start, site.end))
    for node in source.tree.body:
        if not _assigns_key(node):
            continue
        if _contains_any(source, node, spans) or _calls_get(node, secret, get):
            quote = file_quote(source)
            clauses = [part.format(q=quote, get=get, name=secret.name) for part in CLAUSES]
            return [insert_below(source, node, _list_comprehension(clauses, width))]
    return []


def _list_comprehension(clauses: list[str], width: int) -> str:
    """Return the assignment of a list comprehension, in the format of Black."""
    line = " ".join(clauses)
    lines = [line] if len(line) + len(STEP) <= width else clauses
    return "\n".join([f"{SETTING} = [", *(STEP + line for line in lines), "]", ""])


def _assigns_key(node: ast.stmt) -> bool:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    return any(isinstance(target, ast.Name) and target.id == "SECRET_KEY" for target in targets)


def _contains_any(source: Source, node: ast.stmt, spans: list[tuple[int, int]]) -> bool:
    first, last = source.span(node)
    return any(first <= start and end <= last for start, end in spans)


def _calls_get(node: ast.stmt, secret: Secret, get: str) -> bool:
    for child in ast.walk(node):
        if not (isinstance(child, ast.Call) and child.args and ast.unparse(child.func) == get):
            continue
        if string_constant(child.args[0]) == secret.name:
            return True
    return False
