"""Choose the expressions to wrap, and give the reasons why others are skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Severity
from shield_ai.model.naming import env_var_name
from shield_ai.model.site import Shape
from shield_ai.model.skip import SkipId
from shield_ai.rewrite.python.wrap.wrapped_site import Wrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest, Secret
    from shield_ai.model.site import FoundSite, Site
    from shield_ai.model.skip import Skipped, SkipReason
    from shield_ai.project.python_source import Source
    from shield_ai.rewrite.python.accessor_names import AccessorNames
    from shield_ai.rewrite.python.wrap.wrap_options import WrapOptions


def choose_wraps(
    source: Source,
    sites: Sequence[FoundSite],
    manifest: Manifest,
    names: AccessorNames,
    options: WrapOptions,
) -> tuple[list[Wrap], list[Skipped]]:
    """Return the expressions of a file to wrap, and the findings that are skipped.

    Args:
        source: The file.
        sites: The sites in the file.
        manifest: Maps each variable to its secret.
        names: The names of the runtime's functions.
        options: Whether literals are removed, and whether there is a map file.
    """
    removal = options.removal
    secrets = manifest.secrets_by_variable()
    wraps: list[Wrap] = []
    skipped: list[Skipped] = []
    spans: set[tuple[int, int]] = set()
    for finding, site in sites:
        if finding.path != source.path:
            continue
        wrap = _wrap_for(site, secrets, names)
        reason = _skip_reason(site, wrap, spans)
        if wrap is None or reason:
            reason = reason or _explain_absence(finding, site, manifest, options.held)
            if reason:
                skipped.append(skipped_finding(finding, reason))
            continue
        spans.add((site.start, site.end))
        wrap = msgspec.structs.replace(wrap, is_in_map=options.has_map)
        if removal and site.shape is Shape.LITERAL:
            replacement, reason = removal.replacement_for(source, site.variable)
            if reason:
                kept = SkipId.LITERAL_KEPT.reason(problem=reason.text)
                skipped.append(skipped_finding(finding, kept))
            else:
                wrap = msgspec.structs.replace(wrap, replacement=replacement)
        wraps.append(wrap)
    return _without_nested_reads(source, wraps), skipped


def _skip_reason(site: Site, wrap: Wrap | None, spans: set[tuple[int, int]]) -> SkipReason | None:
    if site.reason:
        return site.reason
    # Before Python 3.12, parts of f-strings have no position.
    if wrap and site.shape is not Shape.FIELD and (site.start, site.end) in spans:
        return SkipId.POSITION_AMBIGUOUS.reason()
    return None


def _explain_absence(
    finding: Finding, site: Site, manifest: Manifest, held: Mapping[str, SkipReason]
) -> SkipReason | None:
    """Explain why shield.toml has no secret for a site; None if the site is probably harmless."""
    reasons = [held[variable] for variable in site.variables if variable in held]
    if reasons:
        return reasons[0]
    if finding.severity is Severity.LOW:
        return None
    is_ignored = set(manifest.app.ignore).issuperset(site.variables)
    return (SkipId.IGNORED if is_ignored else SkipId.NOT_IN_MANIFEST).reason()


def skipped_finding(finding: Finding, reason: SkipReason) -> Skipped:
    """Return the entry for a finding that is skipped.

    Args:
        finding: The finding.
        reason: Why it is skipped.
    """
    return reason.entry(finding.path, finding.line, finding.env or finding.name)


def _without_nested_reads(source: Source, wraps: list[Wrap]) -> list[Wrap]:
    """Leave out reads inside a read of the same variable, which then contains the secret.

    A read inside a lambda is kept, because it can run after the outer read.
    """
    reads: dict[str, list[Site]] = {}  # by variable
    for wrap in wraps:
        if wrap.site.shape is Shape.READ:
            reads.setdefault(wrap.site.variable, []).append(wrap.site)
    kept = []
    for wrap in wraps:
        others = reads[wrap.site.variable] if wrap.site.shape is Shape.READ else ()
        if not any(_provides_secret(source, outer, wrap.site) for outer in others):
            kept.append(wrap)
    return kept


def _provides_secret(source: Source, outer: Site, inner: Site) -> bool:
    if outer is inner or not outer.variable or outer.variable != inner.variable:
        return False
    is_inside = outer.start <= inner.start and inner.end <= outer.end
    return is_inside and b"lambda" not in source.raw[outer.start : inner.start]


def _wrap_for(
    site: Site, secrets: Mapping[str, tuple[Secret, str]], names: AccessorNames
) -> Wrap | None:
    """Look up the secrets of a site; return None if shield.toml has none for it."""
    entries: dict[str, tuple[Secret, str]] = {}
    for variable in (*site.variables, *site.other_variables):
        entry = secrets.get(variable)
        if entry:
            entries[variable] = entry
    if not entries:
        return None
    candidates = tuple((v, secret.name, field) for v, (secret, field) in entries.items())
    _, secret_name, field = candidates[0]
    needs_mapping = site.name_expr and not _computes_secret_names(site, entries)
    return Wrap(
        site=site,
        secret=secret_name,
        field=field,
        names=names,
        candidates=candidates if needs_mapping else (),
        is_optional=all(secret.optional for secret, _ in entries.values()),
    )


def _computes_secret_names(site: Site, entries: Mapping[str, tuple[Secret, str]]) -> bool:
    """Return whether each variable has a secret of the same name.

    The expression that computes the variable's name can then serve as the secret's name.
    """
    if len(entries) != len(site.variables) + len(site.other_variables):
        return False
    for variable, (secret, field) in entries.items():
        if secret.name != variable or field or env_var_name(variable) != variable:
            return False
    return True
