"""Report each place in the code once: as moved, else as skipped, else as not a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Severity
from shield_ai.model.site import READ_SHAPES, Shape
from shield_ai.model.skip import KEPT, SkipId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.flow.app_context import AppContext
    from shield_ai.model.finding import Finding
    from shield_ai.model.manifest import Manifest
    from shield_ai.model.plan import Plan
    from shield_ai.model.site import FoundSite, Site
    from shield_ai.model.skip import Skipped

    Place = tuple[str, int, str]  # path, line, lowercase name

_NAMED = frozenset({SkipId.ALSO_NAMED, SkipId.INJECTED})
_SHOWN = 3  # other places that read a variable


def report_once(
    sites: Sequence[FoundSite], skipped: Sequence[Skipped], harmless: Sequence[Skipped]
) -> tuple[tuple[Skipped, ...], tuple[Skipped, ...]]:
    """Return the skipped items and the harmless values that no other list contains.

    A default in the code is left out if the same plan moves the field that it belongs to.

    Args:
        sites: All sites of the code.
        skipped: The items that the plan skips.
        harmless: The values that are not secrets.
    """
    defaults: dict[tuple[str, int, SkipId], str] = {}
    for finding, site in sites:
        if site.reason and site.overridden_by:
            defaults[finding.path, finding.line, site.reason.id] = site.overridden_by
    findings = [finding for finding, _ in sites]
    refused = {_place(skip) for skip in skipped if _key(skip) not in defaults}
    moved: set[Place] = set()
    variables: set[tuple[str, str]] = set()
    for finding in _moved(findings, refused):
        moved |= _names(finding)
        variables.add((finding.path, finding.env or finding.name))
    kept = [skip for skip in skipped if (skip.path, defaults.get(_key(skip), "")) not in variables]
    listed = moved | {_place(skip) for skip in kept if skip.line} | _skipped_names(findings)
    return tuple(kept), tuple(skip for skip in harmless if _place(skip) not in listed)


def report_kept_defaults(
    sites: Iterable[FoundSite],
    manifest: Manifest,
    skipped: Iterable[Skipped],
    unset: Collection[str] = (),
) -> list[Skipped]:
    """Report the values that stay in the code as the defaults of secrets.

    Args:
        sites: All sites of the code.
        manifest: The secrets.
        skipped: The items that the plan skips.
        unset: The variables that no deployment file sets, although the files set others.
    """
    known: set[str] = set()
    required: set[str] = set()
    for secret in manifest.secret:
        known |= secret.variables().keys()
        if not secret.optional:
            required |= secret.variables().keys()
    refused = {_place(skip) for skip in skipped}
    kept = []
    for finding, site in sites:
        case = _kept_case(site, finding, known, required)
        if case is SkipId.KEPT_DEFAULT and site.variable in unset:
            case = SkipId.UNSET_DEFAULT
        if case:
            entry = case.reason().entry(finding.path, finding.line, site.variable)
            if _place(entry) not in refused:
                kept.append(entry)
    return kept


def _kept_case(site: Site, finding: Finding, known: set[str], required: set[str]) -> SkipId | None:
    if site.overridden_by in required and site.reason:  # the default of a pydantic field
        return SkipId.KEPT_DEFAULT
    if site.reason or finding.severity is Severity.LOW:
        return None
    if site.shape is Shape.LITERAL and site.variable in known:
        return SkipId.KEPT_LITERAL
    is_default = site.shape is Shape.READ and site.has_secret_default
    return SkipId.KEPT_DEFAULT if is_default and site.variable in required else None


def count_fixed(findings: Sequence[Finding], plan: Plan) -> int:
    """Return how many findings the edits of a plan fix, as `shield scan` counts them.

    Args:
        findings: All findings of the code.
        plan: A plan that was made from them.
    """
    if not plan.files:
        return 0
    refused = {_place(skip) for skip in plan.skipped if skip.id not in KEPT}
    return sum(1 for _ in _moved(findings, refused))


def _moved(findings: Iterable[Finding], refused: set[Place]) -> Iterator[Finding]:
    for finding in findings:
        if finding.fixable and refused.isdisjoint(_names(finding)):
            yield finding


def _skipped_names(findings: Iterable[Finding]) -> set[Place]:
    """Return all names of the findings that no fixer can rewrite."""
    places: set[Place] = set()
    for finding in findings:
        if finding.reason:
            places |= _names(finding)
    return places


def _names(finding: Finding) -> set[Place]:
    names = {finding.name, finding.name.partition(".")[0], finding.env or finding.name}
    return {(finding.path, finding.line, name.lower()) for name in names}


def _place(skip: Skipped) -> Place:
    return skip.path, skip.line, skip.name.lower()


def _key(skip: Skipped) -> tuple[str, int, SkipId]:
    return skip.path, skip.line, skip.id


def report_other_reads(app: AppContext) -> list[Skipped]:
    """Report the code and the scripts that may also read a variable that the plan moves.

    Args:
        app: The app.
    """
    variables = {
        site.variable
        for _, site in app.sites
        if site.shape in READ_SHAPES and not site.reason and not site.possible_variables
    }
    variables.intersection_update(app.manifest.variables())
    skipped = app.scan_result.skipped
    entries = [skip for skip in skipped if skip.id in _NAMED and skip.name in variables]
    for variable, places in app.command_reads.preferred.items():
        if variable not in variables:
            continue
        path, _, line = places[0].rpartition(":")
        reason = SkipId.ALSO_NAMED.reason(variable=variable)
        if others := places[1:]:
            reason = msgspec.structs.replace(reason, text=f"{reason.text}; also {_listed(others)}")
        entries.append(reason.entry(path, int(line), variable))
    return entries


def report_script_secrets(app: AppContext) -> Iterator[Skipped]:
    """Yield an entry for each secret that only a script reads, which starts the app.

    Args:
        app: The app.
    """
    scan = app.scan_result
    known = {skip.name for skip in (*scan.skipped, *scan.harmless)}
    known.update(app.manifest.app.ignore, scan.kept, scan.migrated)
    for _, site in app.sites:
        known.update(site.variables, site.other_variables)
    reads = app.command_reads
    for variable, places in reads.start_scripts.items():
        derived = reads.derived.get(variable)
        if derived:
            reason = SkipId.PART_OF_VARIABLE.reason(variable=derived.variable)
            yield reason.entry(derived.path, derived.line, variable)
        elif variable not in known:
            path, _, line = places[0].rpartition(":")
            yield SkipId.READ_BY_SCRIPT.reason().entry(path, int(line), variable)


def _listed(places: Sequence[str]) -> str:
    shown = ", ".join(places[:_SHOWN])
    return f"{shown} and {len(places) - _SHOWN} more" if len(places) > _SHOWN else shown
