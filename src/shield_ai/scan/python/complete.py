"""Complete the findings of an app: sort them, mask their names and set their fingerprints."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Finding, fingerprint
from shield_ai.scan.text.secret_names import find_tokens, mask_tokens

if TYPE_CHECKING:
    from shield_ai.model.site import Site
    from shield_ai.model.skip import Skipped


def assign_fingerprints(findings: list[Finding]) -> list[Finding]:
    """Sort findings by location, set their fingerprint, and copy what reports show of the site.

    Credentials in their names are masked.
    """
    findings = _mask_names(findings)
    seen: Counter[tuple[str, str, str]] = Counter()
    numbered = []
    for finding in sorted(findings, key=lambda f: (f.path, f.line, f.column, f.rule)):
        key = (finding.rule, finding.path, finding.name)
        made = msgspec.structs.replace(finding, fingerprint=fingerprint(*key, seen[key]))
        numbered.append(_describe_site(made, finding.site) if finding.site else made)
        seen[key] += 1
    return numbered


def _describe_site(finding: Finding, site: Site) -> Finding:
    """Copy what reports show of a site."""
    return msgspec.structs.replace(
        finding,
        fixable=not site.reason,
        reason=site.reason,
        has_secret_default=site.has_secret_default,
        span=(site.start, site.end),
    )


def _mask_names(findings: list[Finding]) -> list[Finding]:
    """Mask credentials in paths, names and messages; such a finding cannot be fixed."""
    texts: set[str] = set()
    for finding in findings:
        texts.update((finding.path, finding.message, finding.name, finding.env or ""))
        if finding.site:
            texts.update((finding.site.name_expr, *finding.site.variables, *finding.site.others))
    tokens = find_tokens(texts)
    if not tokens:
        return findings
    return [_mask_finding(finding, tokens) for finding in findings]


def _mask_finding(finding: Finding, tokens: set[str]) -> Finding:
    site = finding.site
    names = [finding.path, finding.name, finding.env or ""]
    if site:
        names += [site.name_expr, *site.variables, *site.others]
    if any(token in name for token in tokens for name in names):
        site = None
        finding = msgspec.structs.replace(
            finding, fixable=False, reason=None, has_secret_default=False, span=None
        )
    return msgspec.structs.replace(
        finding,
        path=mask_tokens(finding.path, tokens),
        message=mask_tokens(finding.message, tokens),
        name=mask_tokens(finding.name, tokens),
        env=mask_tokens(finding.env, tokens) if finding.env else finding.env,
        site=site,
    )


def not_migratable(findings: list[Finding]) -> list[Skipped]:
    """Return an entry for each finding that no fixer can rewrite."""
    skipped = []
    for finding in findings:
        if finding.site and finding.site.reason:
            name = finding.env or finding.name
            skipped.append(finding.site.reason.entry(finding.path, finding.line, name))
    return skipped
