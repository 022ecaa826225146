"""Let Django accept the key before and the key after a rotation, where shield.toml rotates its key by a schedule."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.edit import Edit
from shield_ai.model.finding import Kind
from shield_ai.model.manifest import Rotation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.finding import Site
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite import Read

SETTING = "SECRET_KEY_FALLBACKS"
TEXT = """\
SECRET_KEY_FALLBACKS = [
    key for stage in ({q}AWSPREVIOUS{q}, {q}AWSPENDING{q}) if (key := {get}({q}{name}{q}, None, stage=stage))
]
"""


def rotating_key(manifest: Manifest, read: Read) -> Secret | None:
    """Return Django's key where it rotates by a schedule, and no settings file says anything of its fallbacks."""
    said = any(SETTING.encode() in (read(path) or b"") for path in manifest.app.settings)
    keys = (
        s
        for s in manifest.secret
        if s.kind is Kind.DJANGO_SECRET_KEY and isinstance(s.rotate, Rotation)
    )
    return None if said else next(keys, None)


def fallback_edits(
    source: Source, sites: Iterable[Site], secret: Secret, get: str
) -> Iterator[Edit]:
    """Set SECRET_KEY_FALLBACKS below a SECRET_KEY that stands at the top level of a file.

    Args:
        source: The file.
        sites: What is wrapped in it.
        secret: Django's key.
        get: How the file calls get_secret.
    """
    wrapped = [
        (site.start, site.end)
        for site in sites
        if not site.reason and site.variable in secret.variables()
    ]
    quote = "'" if source.raw.count(b"'") > source.raw.count(b'"') else '"'
    for node in source.tree.body:
        if _sets_key(node) and (_holds(source, node, wrapped) or _reads(node, secret, get)):
            start, raw = source.lines[(node.end_lineno or node.lineno) - 1]
            lead = "" if raw.endswith((b"\n", b"\r")) else "\n"
            text = lead + TEXT.format(get=get, name=secret.name, q=quote)
            at = start + len(raw)
            yield Edit(
                path=source.path, start=at, end=at, replacement=text.replace("\n", source.newline)
            )
            return


def _sets_key(node: ast.stmt) -> bool:
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return any(isinstance(target, ast.Name) and target.id == "SECRET_KEY" for target in targets)


def _holds(source: Source, node: ast.stmt, spans: list[tuple[int, int]]) -> bool:
    first, last = source.span(node)
    return any(first <= start and end <= last for start, end in spans)


def _reads(node: ast.stmt, secret: Secret, get: str) -> bool:
    calls = [
        n
        for n in ast.walk(node)
        if isinstance(n, ast.Call) and ast.unparse(n.func) == get and n.args
    ]
    return any(
        isinstance(call.args[0], ast.Constant) and call.args[0].value == secret.name
        for call in calls
    )
