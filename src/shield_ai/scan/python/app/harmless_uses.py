"""Find the variables that are no secrets by the use of their values in the files of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId
from shield_ai.model.words import words
from shield_ai.scan.python.app.file_settings import find_file_settings
from shield_ai.scan.python.app.proxy_addresses import find_proxy_addresses
from shield_ai.scan.python.app.service_accounts import find_account_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason
    from shield_ai.scan.python.app.app_facts import AppFiles


def find_harmless_uses(
    sites: Sequence[FoundSite],
    paths: Collection[str],
    files: AppFiles,
    harmless: Mapping[str, SkipReason],
) -> dict[str, SkipReason]:
    """Map the variables that are no secrets by their use to the reason to skip them.

    Args:
        sites: All sites of the app.
        paths: The Python files of the app.
        files: All files of the app.
        harmless: Why reads in some files are no secrets.
    """
    return {
        **_opened_variables(sites, harmless),
        **_hosts(sites, harmless),
        **find_file_settings(sites, paths, files.read),
        **find_account_names(sites, paths, files.read),
        **find_proxy_addresses(sites, files.paths, files.read),
    }


def _opened_variables(
    sites: Sequence[FoundSite], harmless: Mapping[str, SkipReason]
) -> dict[str, SkipReason]:
    """Return the variables that one file uses as a path, and no file decodes or changes."""
    opened = {v: reason for v, reason in harmless.items() if reason.id is SkipId.HARMLESS_PATH}
    for _, site in sites:
        if site.shape in READ_SHAPES and not site.is_assigned_directly:
            opened.pop(site.variable, None)
    return opened


def _hosts(sites: Sequence[FoundSite], harmless: Mapping[str, SkipReason]) -> dict[str, SkipReason]:
    """Return the variables named URL that have a host as the default in a file, and no other.

    host = os.environ.get("REDIS_URL", "localhost")
    """
    hosts = {
        variable: reason
        for variable, reason in harmless.items()
        if reason.id is SkipId.HARMLESS_LABEL and words(variable)[-1:] == ("URL",)
    }
    for _, site in sites:
        if site.has_nonempty_default and not site.reason:
            hosts.pop(site.variable, None)
    return hosts
