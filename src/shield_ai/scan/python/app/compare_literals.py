"""Compare the hardcoded secrets of an app: only equal values can be the same secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.site import FoundSite, Shape, Site
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.app.development_files import PRODUCTION_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Collection

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.model.skip import SkipReason

    Values = dict[str, dict[str, bytes]]  # the value in each file, by variable

# A shorter value, such as "changeme", can belong to different secrets.
MIN_LENGTH = 16


def merge_equal_literals(sites: list[FoundSite], read: FileReader) -> list[FoundSite]:
    """Give a literal with the name and the value of a setting the setting's variable.

    `DEFAULTS = {"secret_key": "x"}` then belongs to the secret of `SECRET_KEY = "x"`.

    Args:
        sites: All sites of the app.
        read: Returns the content of a file.
    """
    variables: dict[tuple[str, bytes], str] = {}
    for finding, site in sites:
        text = _literal_value(finding, site, read)
        if len(text) >= MIN_LENGTH and "." not in finding.name:
            variables[finding.name, text] = site.variable
    if not variables:
        return sites
    return [(finding, _merge(finding, site, variables, read)) for finding, site in sites]


def _merge(
    finding: Finding, site: Site, variables: dict[tuple[str, bytes], str], read: FileReader
) -> Site:
    text = _literal_value(finding, site, read)
    name = finding.name.rpartition(".")[2].upper()
    if site.group or (name, text) not in variables:
        return site
    return msgspec.structs.replace(site, variable=variables[name, text])


def mark_different_literals(
    sites: list[FoundSite], manifest_variables: Collection[str], read: FileReader
) -> list[FoundSite]:
    """Add a reason to the literals of one variable that have different values in different files.

    If one of the files has the settings for production, its literal gets no reason.

    Args:
        sites: All sites of the app.
        manifest_variables: Variables named in shield.toml; their literals are migrated.
        read: Returns the content of a file.
    """
    values: Values = {}
    for finding, site in sites:
        text = _literal_value(finding, site, read)
        if text and site.variable not in manifest_variables:
            values.setdefault(site.variable, {}).setdefault(finding.path, text)
    marked = []
    for finding, site in sites:
        reason = _explain_different(finding, site, values)
        marked_site = msgspec.structs.replace(site, reason=reason) if reason else site
        marked.append((finding, marked_site))
    return marked


def _explain_different(finding: Finding, site: Site, values: Values) -> SkipReason | None:
    if site.shape is not Shape.LITERAL or site.reason:
        return None
    values_by_path = values.get(site.variable, {})
    if len(set(values_by_path.values())) < 2:
        return None
    production = [path for path in values_by_path if PRODUCTION_SETTINGS.match(path)]
    if len(production) != 1:
        return SkipId.CODE_DIFFERS.reason(variable=site.variable)
    if finding.path in production:
        return None
    case = SkipId.DEVELOPMENT_VALUE_OVERWRITTEN
    return case.reason(path=production[0], setting=finding.name)


def _literal_value(finding: Finding, site: Site, read: FileReader) -> bytes:
    """Return the value of a literal that can be migrated, as in its file; b"" for other sites."""
    if site.shape is not Shape.LITERAL or site.reason:
        return b""
    return (read(finding.path) or b"")[site.start : site.end].strip(b"\"'")
