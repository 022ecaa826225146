"""Run the checks of sites that need the whole app."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.scan.python.app.compare_literals import mark_different_literals, merge_equal_literals
from shield_ai.scan.python.app.cross_file import apply_context
from shield_ai.scan.python.app.development import explain_literals, mark_development_reads
from shield_ai.scan.python.app.development_files import development_files
from shield_ai.scan.python.app.filtered_sites import filter_sites
from shield_ai.scan.python.app.folder_scripts import mark_folder_scripts
from shield_ai.scan.python.app.related_reads import select_related_reads
from shield_ai.scan.python.app.reserved_variables import find_context
from shield_ai.scan.python.app.used_settings import explain_uses

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from shield_ai.model.site import FoundSite
    from shield_ai.project.layout import AppFacts
    from shield_ai.scan.python.app.app_facts import AppFiles
    from shield_ai.scan.python.app.collected import Collected
    from shield_ai.scan.python.app.cross_file import ProjectContext


def open_context(
    files: AppFiles, manifest_variables: Collection[str], ignored: Collection[str]
) -> ProjectContext:
    """Return what is known about the variables of an app before its files are scanned.

    Args:
        files: The app's files.
        manifest_variables: Variables in shield.toml; they count as secrets.
        ignored: Variables that shield.toml ignores; their reads are not fixable.
    """
    return find_context(files.paths, files.read, manifest_variables, ignored)


def relate_sites(
    sites: list[FoundSite],
    collected: Collected,
    scanned: Sequence[str],
    facts: AppFacts,
    files: AppFiles,
) -> list[FoundSite]:
    """Select, merge and mark the sites of all files.

    Args:
        sites: The sites of all files, in the order of the files.
        collected: What the visitors found in addition.
        scanned: The scanned files.
        facts: The app's layout.
        files: The app's files.
    """
    context = collected.context
    variables = collected.manifest_variables
    read = files.read
    settings = set(facts.settings)
    sites = mark_folder_scripts(sites, facts, files)
    sites = filter_sites(sites, collected, scanned, files)
    development = development_files(scanned, settings, read)
    context.development = development
    uses = explain_uses(sites, files.python(), read)
    related = select_related_reads(
        mark_development_reads(
            sites,
            variables,
            development,
            collected.migrated,
            explain_literals(settings, development),
        ),
        variables,
        context.computed_names,
        context.ignored | context.reserved.keys(),
        development,
        uses | context.secrets_by_file,
    )
    merged = merge_equal_literals(related, read)
    return mark_different_literals(apply_context(merged, context), variables, read)
