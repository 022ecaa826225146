"""Complete the findings of an app: sort them, mask their names and set their fingerprints."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Finding, fingerprint
from shield_ai.model.skip import SkipId
from shield_ai.scan.files.walk import display_path
from shield_ai.scan.python.app.infrastructure_code import find_settings_in_infrastructure
from shield_ai.scan.python.app.listed_variables import find_listed_variables
from shield_ai.scan.python.app.named_variables import find_injected, find_named_variables
from shield_ai.scan.python.findings.read_severity import ReadSeverity
from shield_ai.scan.text.secret_names import find_tokens, mask_tokens

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite, Site
    from shield_ai.model.skip import Skipped

    Entry = tuple[Finding, Site | None]


def complete_findings(
    sites: Iterable[FoundSite], others: Iterable[Finding], paths: Iterable[str]
) -> tuple[list[Finding], list[FoundSite]]:
    """Return all findings of an app with what reports show, and the findings with a site.

    A finding with a credential in one of its names has no site. The findings with a site keep their
    original severity, which distinguishes secrets from other variables.

    Args:
        sites: The findings with a site.
        others: The findings without a site.
        paths: The Python files of the app.
    """
    found_sites = list(sites)
    severity = ReadSeverity(found_sites, paths)
    entries = _sort_and_fingerprint([*found_sites, *((finding, None) for finding in others)])
    findings: list[Finding] = []
    found: list[FoundSite] = []
    for finding, site in entries:
        if site is None:
            findings.append(finding)
            continue
        shown = _describe_site(finding, site)
        findings.append(severity.grade(shown, site))
        found.append((shown, site))
    return findings, found


def assign_fingerprints(findings: Iterable[Finding]) -> list[Finding]:
    """Sort findings by location, and set their fingerprints.

    Credentials in their names are masked.
    """
    entries = _sort_and_fingerprint([(finding, None) for finding in findings])
    return [finding for finding, _ in entries]


def _sort_and_fingerprint(entries: Sequence[Entry]) -> list[Entry]:
    seen: Counter[tuple[str, str, str]] = Counter()
    numbered: list[Entry] = []
    for finding, site in sorted(_mask_names(entries), key=_location):
        key = (finding.rule, finding.path, finding.name)
        identified = msgspec.structs.replace(finding, fingerprint=fingerprint(*key, seen[key]))
        numbered.append((identified, site))
        seen[key] += 1
    return numbered


def _location(entry: Entry) -> tuple[str, int, int, str]:
    finding, _ = entry
    return finding.path, finding.line, finding.column, finding.rule


def _describe_site(finding: Finding, site: Site) -> Finding:
    """Copy to a finding the facts about its site that reports show."""
    return msgspec.structs.replace(
        finding,
        fixable=not site.reason,
        reason=site.reason,
        has_secret_default=site.has_secret_default,
        span=(site.start, site.end),
    )


def _mask_names(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Mask credentials in paths, names and messages; such a finding cannot be fixed."""
    texts: set[str] = set()
    for finding, site in entries:
        texts.update((finding.path, finding.message, finding.name, finding.env or ""))
        if site:
            texts.update((site.name_expr, *site.variables, *site.other_variables))
    tokens = find_tokens(texts)
    if not tokens:
        return entries
    return [_mask_entry(finding, site, tokens) for finding, site in entries]


def _mask_entry(finding: Finding, site: Site | None, tokens: set[str]) -> Entry:
    names = [finding.path, finding.name, finding.env or ""]
    if site:
        names += [site.name_expr, *site.variables, *site.other_variables]
    if any(token in name for token in tokens for name in names):
        site = None
        finding = msgspec.structs.replace(
            finding, fixable=False, reason=None, has_secret_default=False, span=None
        )
    masked = msgspec.structs.replace(
        finding,
        path=mask_tokens(finding.path, tokens),
        message=mask_tokens(finding.message, tokens),
        name=mask_tokens(finding.name, tokens),
        env=mask_tokens(finding.env, tokens) if finding.env else finding.env,
    )
    return masked, site


def not_migratable(
    sites: Sequence[FoundSite], paths: Iterable[str], read: FileReader, moved: Collection[str]
) -> list[Skipped]:
    """Return an entry for each site that no fixer can rewrite.

    A call that names a migrated variable, and may read the variable, has an entry, too, and so has
    infrastructure code that imports settings with secrets, or passes a variable to containers.

    Args:
        sites: All sites of the app.
        paths: The scanned Python files.
        read: Returns the bytes of a file; None if it can't be read.
        moved: The variables that are migrated, now or after the rewrite.
    """
    paths = list(paths)
    skipped = [*find_named_variables(paths, read, sites), *find_injected(paths, read, moved)]
    skipped += find_settings_in_infrastructure(paths, read, sites)
    for finding, site in sites:
        if site.reason:
            name = finding.env or finding.name
            skipped.append(site.reason.entry(finding.path, finding.line, name))
    return skipped


def not_read_directly(
    sites: Sequence[FoundSite],
    scanned: Iterable[str],
    paths: Iterable[str],
    read: FileReader,
    excluded: Collection[str],
) -> list[Skipped]:
    """Return an entry for each secret that the code only names in a list or a call.

    Args:
        sites: All sites of the app.
        scanned: The scanned Python files.
        paths: The app's files.
        read: Returns the bytes of a file; None if it can't be read.
        excluded: Variables that are not secrets, or are already read through the runtime.
    """
    return list(find_listed_variables(scanned, paths, read, sites, excluded))


def invalid_names(paths: Iterable[str]) -> list[Skipped]:
    """Report Python files with invalid names: imports, plans and the journal can't contain them.

    Args:
        paths: The app's files.
    """
    skipped = []
    for path in paths:
        shown = display_path(path)
        if path != shown and path.endswith(".py"):
            skipped.append(SkipId.INVALID_FILE_NAME.reason().entry(shown))
    return skipped
