"""Wrap what reads or holds a secret in `get_secret`: text goes around the app's own expression, never in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.errors import SourceError
from shield_ai.fixers._imports import accessor_names, import_edit
from shield_ai.fixers._proof import differs
from shield_ai.fixers._wrap import Wrap, wrap_edits
from shield_ai.model import Edit, Skipped
from shield_ai.source import apply_edits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shield_ai.manifest import Manifest
    from shield_ai.model import Finding, Site
    from shield_ai.source import Source


class Rewrite(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one file."""

    edits: tuple[Edit, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def rewrite(source: Source, findings: Sequence[Finding], manifest: Manifest, accessor_import: str) -> Rewrite:
    """Rewrite one file.

    Args:
        source: The file.
        findings: What the scan found in it.
        manifest: Which secret each variable belongs to.
        accessor_import: `from x.secrets import get_secret`, perhaps under another name.
    """
    skipped: list[Skipped] = []
    wraps: list[Wrap] = []
    taken: set[tuple[int, int]] = set()
    names = accessor_names(source, accessor_import)
    for finding in findings:
        site = finding.site
        if site is None or finding.path != source.path:
            continue
        reason, wrap = site.reason, None
        if not reason:
            secret = manifest.of_variable(site.variables[0])
            reason = "shield.toml has no secret for it" if secret is None else _computed(site, manifest)
            wrap = Wrap(site=site, secret=secret[0].name, field=secret[1], names=names) if secret else None
        if not reason and (site.start, site.end) in taken:
            reason = "its place within the f-string can't be told"
        if reason or wrap is None:
            skipped.append(_skip(finding, reason))
            continue
        taken.add((site.start, site.end))
        wraps.append(wrap)
    if not wraps:
        return Rewrite(skipped=tuple(skipped))
    edits = [*import_edit(source, wraps, names), *wrap_edits(source, wraps)]
    problem = _problem(source, edits, names.module)
    if problem:
        skipped += [_skip(f, problem) for f in findings if f.site and not f.site.reason]
        return Rewrite(skipped=tuple(skipped))
    return Rewrite(edits=tuple(edits), skipped=tuple(skipped))


def _computed(site: Site, manifest: Manifest) -> str:
    """Say why a secret under a computed name can't be read so; empty where it can."""
    found = {variable: manifest.of_variable(variable) for variable in site.alternatives}
    other = next((v for v, secret in found.items() if secret is None or (secret[0].name, secret[1]) != (v, "")), "")
    return f"the variable's name is computed, so shield.toml must call the secret {other}" if other else ""


def _skip(finding: Finding, reason: str) -> Skipped:
    return Skipped(path=finding.path, line=finding.line, name=finding.env or finding.name, reason=reason)


def _problem(source: Source, edits: list[Edit], module: str) -> str:
    """Say why the result can't be trusted; empty where it can."""
    try:
        after = apply_edits(source.raw, edits, source.encoding)
    except SourceError as error:
        return error.message.removeprefix(f"{source.path}: ")
    return differs(source, after, module)


__all__ = ["Rewrite", "rewrite"]
