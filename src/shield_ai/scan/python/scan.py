"""The results of a scan of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.finding import Finding
from shield_ai.model.site import READ_SHAPES, FoundSite
from shield_ai.model.skip import Skipped
from shield_ai.project.layout import AppFacts
from shield_ai.scan.python.visit.secret_call import SecretCall

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """The results of a scan, sorted by path and line."""

    findings: tuple[Finding, ...]
    sites: tuple[FoundSite, ...]  # the findings that have code to rewrite, each with its site
    skipped: tuple[Skipped, ...]
    unresolved: tuple[Skipped, ...] = ()  # the entries of `skipped` with an unknown variable
    files: tuple[str, ...]  # the Python files that were scanned
    facts: AppFacts
    # Path, line and column of each get_secret call; a file that defines a settings source
    # also has an entry with line 0 and column 0.
    call_sites: tuple[tuple[str, int, int], ...] = ()
    # Path and variable of each field that a settings source for pydantic provides.
    served: tuple[tuple[str, str], ...] = ()
    called_variables: frozenset[str] = frozenset()  # variables of get_secret calls
    harmless: tuple[Skipped, ...] = ()  # values with a secret-like name that are not secrets
    file_reads: tuple[Skipped, ...] = ()  # secrets from a file, a configuration or AWS
    python_files: tuple[str, ...] = ()  # all Python files of the app, including tests
    constants: tuple[FoundSite, ...] = ()  # constants that remain beside migrated secrets
    migrated: tuple[str, ...] = ()  # variables that the code reads through the runtime
    kept: tuple[str, ...] = ()  # variables that must stay set: unchanged code reads them
    unscanned: tuple[Skipped, ...] = ()  # code outside the scan that reads secrets
    secret_calls: tuple[SecretCall, ...] = ()
    copies: tuple[str, ...] = ()  # the folders of copies of the runtime, which are not scanned

    @property
    def unreadable(self) -> list[Skipped]:
        """The files that could not be read or parsed."""
        return [skip for skip in self.skipped if not skip.line]

    def findings_of(self, variables: Collection[str]) -> Iterator[Finding]:
        """Yield the findings at which the code reads or contains one of these secrets.

        Args:
            variables: The variables of the secrets.
        """
        for finding, site in self.sites:
            if any(variable in variables for variable in site.variables):
                yield finding

    def reads_in_functions(self, variables: Collection[str]) -> bool:
        """Return whether a function outside the settings reads a secret, now or after the rewrite.

        Args:
            variables: The variables of the secrets.
        """
        for call in self.secret_calls:
            if call.in_function and call.path not in self.facts.settings:
                return True
        return any(site.in_function for _, site in self._moved_reads(variables))

    def settings_fields(self, variables: Collection[str]) -> set[tuple[str, str]]:
        """Return path and variable of the pydantic fields that AWS provides after the rewrite.

        Args:
            variables: The variables of the secrets.
        """
        fields = set(self.served)
        for finding, site in self._moved_reads(variables):
            if site.is_settings_field:
                fields.add((finding.path, site.variable))
        return fields

    def _moved_reads(self, variables: Collection[str]) -> Iterator[FoundSite]:
        for finding, site in self.sites:
            is_movable = site.shape in READ_SHAPES and not site.reason
            if is_movable and any(variable in variables for variable in site.variables):
                yield finding, site
