"""Wrap what reads or holds a secret in `get_secret`: text goes around the app's own expression, never in its place."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.edit import Edit, Skipped
from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Shape
from shield_ai.model.naming import variable_of
from shield_ai.project.python_source import Source, apply_edits
from shield_ai.rewrite.python.equivalence import REMOVED, differs
from shield_ai.rewrite.python.imports import accessor_names, import_edit
from shield_ai.rewrite.python.settings_source import source_edits
from shield_ai.rewrite.python.wrap_text import Wrap, line_width, wrap_edits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.model.finding import Finding, Site
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.rewrite.python.imports import Names
    from shield_ai.rewrite.python.literals import Removal


class Rewrite(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one file."""

    edits: tuple[Edit, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    fields: bool = False  # a settings source of pydantic is among them
    taken: tuple[str, ...] = ()  # variables whose values are no longer in the code


def rewrite(  # each is a different thing that a rewrite follows from
    source: Source,
    findings: Sequence[Finding],
    manifest: Manifest,
    accessor_import: str,
    removal: Removal | None = None,
    line_length: int = 0,
) -> Rewrite:
    """Rewrite one file.

    Args:
        source: The file.
        findings: What the scan found in it.
        manifest: Which secret each variable belongs to.
        accessor_import: `from x.secrets import get_secret`, perhaps under another name.
        removal: Takes the literals out of the code; None: they stay as defaults.
        line_length: As the app's formatter is told; 0: not at all.
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
            wrap = _wrap(site, manifest, names)
            reason = "" if wrap else "shield.toml has no secret for it"
        if not reason and (site.start, site.end) in taken:
            reason = "its place within the f-string can't be told"
        if reason or wrap is None:
            skipped.append(_skip(finding, reason))
            continue
        taken.add((site.start, site.end))
        if removal and site.shape is Shape.LITERAL:
            instead, reason = removal.reading(source, site.variable)
            skipped += (
                [_skip(finding, f"the literal stays as a default: {reason}")] if reason else []
            )
            wrap = wrap if reason else msgspec.structs.replace(wrap, instead=instead)
        wraps.append(wrap)
    if not wraps:
        return Rewrite(skipped=tuple(skipped))
    wraps = _outermost(source, wraps)
    gone = [wrap for wrap in wraps if wrap.instead is not None]
    # a file is not left for the sake of its lines
    for width in (line_width(source, line_length), sys.maxsize):
        fields = list(source_edits(source, wraps, width))
        edits = [*import_edit(source, wraps, names), *fields, *_around(source, wraps, width)]
        problem = _problem(source, edits, names.module, gone)
        if not problem:
            break
    else:
        skipped += [_skip(f, problem) for f in findings if f.site and not f.site.reason]
        return Rewrite(skipped=tuple(skipped))
    return Rewrite(
        edits=tuple(edits),
        skipped=tuple(skipped),
        taken=tuple(wrap.site.variable for wrap in gone),
        fields=bool(fields),
    )


def _around(source: Source, wraps: list[Wrap], width: int) -> list[Edit]:
    return wrap_edits(source, [wrap for wrap in wraps if wrap.site.shape is not Shape.FIELD], width)


def _outermost(source: Source, wraps: list[Wrap]) -> list[Wrap]:
    """Leave out what stands inside a read of the same variable: it sees the secret there, unless it runs later."""
    reads = [wrap.site for wrap in wraps if wrap.site.shape is Shape.READ and wrap.site.variable]

    def served(site: Site) -> bool:
        around = [
            outer
            for outer in reads
            if outer is not site and outer.start <= site.start and site.end <= outer.end
        ]
        return any(
            outer.variable == site.variable
            and b"lambda" not in source.raw[outer.start : site.start]
            for outer in around
        )

    return [wrap for wrap in wraps if wrap.site.shape is not Shape.READ or not served(wrap.site)]


def _wrap(site: Site, manifest: Manifest, names: Names) -> Wrap | None:
    """Say which secret an expression stands for, or which of several; None where shield.toml has none."""
    found = {
        v: entry for v in (*site.variables, *site.others) if (entry := manifest.of_variable(v))
    }
    if not found:
        return None
    which = tuple((variable, secret.name, field) for variable, (secret, field) in found.items())
    among = which if site.name_expr and not _says_itself(site, found) else ()
    optional = all(secret.optional for secret, _ in found.values())
    return Wrap(
        site=site,
        secret=which[0][1],
        field=which[0][2],
        names=names,
        among=among,
        optional=optional,
    )


def _says_itself(site: Site, found: Mapping[str, tuple[Secret, str]]) -> bool:
    """Tell whether each secret is called as its variable, so that a computed name is the secret's as well."""
    same = all(
        (secret.name, field) == (v, "") and variable_of(v) == v
        for v, (secret, field) in found.items()
    )
    return same and len(found) == len(site.variables) + len(site.others)


def _skip(finding: Finding, reason: str) -> Skipped:
    return Skipped(
        path=finding.path, line=finding.line, name=finding.env or finding.name, reason=reason
    )


def _problem(source: Source, edits: list[Edit], module: str, gone: list[Wrap]) -> str:
    """Say why the result can't be trusted; empty where it can."""
    sites = [wrap.site for wrap in gone]
    stand_ins = [
        Edit(path=source.path, start=s.start, end=s.end, replacement=f'"{REMOVED}"') for s in sites
    ]
    try:
        after = apply_edits(source.raw, edits, source.encoding)
        if gone:
            source = Source.from_bytes(
                source.path, apply_edits(source.raw, stand_ins, source.encoding)
            )
    except SourceError as error:
        return error.message.removeprefix(f"{source.path}: ")
    return differs(source, after, module, {wrap.secret for wrap in gone})


__all__ = ["Rewrite", "rewrite"]
