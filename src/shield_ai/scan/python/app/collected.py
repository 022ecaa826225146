"""Collect what the visitors of an app's files find in addition to the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from shield_ai.model.site import READ_SHAPES
from shield_ai.model.skip import SkipId, Skipped, SkipReason
from shield_ai.scan.python.app.bulk_reads import find_bulk_reads, loaded_prefixes
from shield_ai.scan.python.app.config_findings import ConfigFindings
from shield_ai.scan.python.app.dynaconf_reads import DynaconfReads
from shield_ai.scan.python.app.harmless_values import find_harmless_values
from shield_ai.scan.python.app.key_source import KeySources
from shield_ai.scan.python.app.remaining_defaults import find_remaining_defaults
from shield_ai.scan.python.readers.aws_reads import find_aws_reads

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from shield_ai.model.finding import Finding
    from shield_ai.model.site import FoundSite
    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.app.cross_file import ProjectContext
    from shield_ai.scan.python.readers.project import Project
    from shield_ai.scan.python.visit.secret_call import SecretCall
    from shield_ai.scan.python.visit.visitor import SecretVisitor


class Collected:
    """What was found in the files of an app so far.

    Args:
        project: The modules of the app.
        context: Collects what the checks across files need.
        manifest_variables: Variables in shield.toml; they count as secrets.
    """

    def __init__(
        self, project: Project, context: ProjectContext, manifest_variables: Collection[str]
    ) -> None:
        self.context = context
        self.migrated: dict[str, set[str]] = {}  # variables of get_secret calls, by file
        self.unresolved: list[Skipped] = []  # reads of unknown variables
        self.constants: list[FoundSite] = []  # constant defaults in get_secret calls
        self.harmless: list[Skipped] = []  # values with a secret-like name that are not secrets
        self._aws_reads: list[Skipped] = []
        self._library_reads: list[Skipped] = []  # outside the app
        self._dynaconf_reads = DynaconfReads(project)
        self.config = ConfigFindings(project.python_files, project.read)
        # path, line and column of the get_secret calls; 0 and 0 for a settings source
        self.calls: list[tuple[str, int, int]] = []
        # path and variable of the pydantic fields that a settings source provides
        self.served: list[tuple[str, str]] = []
        self.called_variables: set[str] = set()  # of get_secret() calls
        self.secret_calls: list[SecretCall] = []
        self.manifest_variables = manifest_variables
        self._project = project
        self._key_sources = KeySources(project)

    def add(self, source: Source, visitor: SecretVisitor, *, in_settings: bool) -> None:
        """Add what a visitor has found in a file.

        Args:
            source: The file.
            visitor: The visitor of the file, after its run.
            in_settings: Whether the file is a settings file.
        """
        path = source.path
        self.context.migrated |= visitor.migrated
        self.migrated[path] = visitor.migrated
        self.context.computed_names |= visitor.computed_names
        for _, name, harmless in visitor.not_secrets:
            self.context.harmless[name] = harmless
            if harmless.id is SkipId.HARMLESS_CHOICE:
                self.context.chosen[name] = harmless
        self.unresolved += find_bulk_reads(source, in_settings=in_settings)
        self.context.loaded_prefixes |= loaded_prefixes(source)
        for node in visitor.listed_reads:
            self.unresolved.append(SkipId.COMPUTED_NAME.reason().entry(path, node.lineno))
        self._dynaconf_reads.add(source)
        self.config.add(source, visitor)
        self._aws_reads += find_aws_reads(self._project, visitor.module, in_settings=in_settings)
        if in_settings:
            self._key_sources.add(source, visitor.module.star_imports)
            for node in visitor.unresolved_reads:
                reason = SkipId.COMPUTED_NAME.reason()
                self.unresolved.append(reason.entry(path, node.lineno))
            self.context.assigned_settings.append((path, visitor.assigned_settings))
        self.harmless += find_harmless_values(source, visitor, in_settings=in_settings)
        self.secret_calls += visitor.secret_calls
        self.constants += find_remaining_defaults(source, visitor.accessor_calls)
        self.called_variables |= visitor.called_variables
        if visitor.served:
            self.calls.append((path, 0, 0))
            self.served += [(path, variable) for variable in sorted(visitor.served)]
        for node, _ in visitor.accessor_calls:
            self.calls.append((path, node.lineno, node.col_offset))

    def add_library_reads(
        self, path: str, reads: Mapping[str, tuple[SkipReason, int]], *, in_app: bool
    ) -> None:
        """Add the variables that libraries read themselves.

        They stay in the environment, unless shield.toml names them, or the file belongs to another
        program, such as a tool beside the app: then the variable must only stay set for the file.

        Args:
            path: The file.
            reads: Maps each variable to the reason, and the line of the call.
            in_app: Whether the file can import the runtime.
        """
        for variable, (reason, line) in reads.items():
            if not in_app or variable in self.manifest_variables:
                text = reason.keeping((variable,)).text
                other = SkipReason(SkipId.ALSO_NAMED, text)
                self._library_reads.append(other.entry(path, line, variable))
                continue
            located = msgspec.structs.replace(reason, text=f"{reason.text} ({path}:{line})")
            self.context.reserved.setdefault(variable, located)

    def library_reads(self, sites: Iterable[FoundSite]) -> list[Skipped]:
        """Return the calls of libraries that read a variable which is moved to AWS.

        Args:
            sites: All sites of the app.
        """
        moved = self.moved_variables(sites)
        return [skip for skip in self._library_reads if skip.name in moved]

    def moved_variables(self, sites: Iterable[FoundSite]) -> set[str]:
        """Return the variables that the code reads through the runtime, now or after the rewrite.

        Args:
            sites: All sites of the app.
        """
        moved = set(self.context.migrated)
        for _, site in sites:
            if not site.reason and site.shape in READ_SHAPES:
                moved.update(site.variables)
        return moved

    def config_reads(self, sites: Sequence[FoundSite], paths: Iterable[str]) -> list[Finding]:
        """Return the reads of secrets from configurations that the app does not fill itself.

        Args:
            sites: All sites of the app.
            paths: The scanned files.
        """
        assigned = [names for _, names in self.context.assigned_settings]
        found = self.config.findings(sites, set[str]().union(*assigned))
        other_lines = {(f.path, f.line) for f, _ in sites}
        reads = self._dynaconf_reads.findings(paths, other_lines)
        reads += [r for r in self.config.metaclass_reads if (r.path, r.line) not in other_lines]
        lines = {(read.path, read.line) for read in reads}
        return [*reads, *(other for other in found if (other.path, other.line) not in lines)]

    def file_reads(self, config_reads: Iterable[Finding]) -> Iterator[Skipped]:
        """Yield an entry for each secret that comes from a file, a configuration or AWS.

        Args:
            config_reads: From `config_reads`.
        """
        for finding in config_reads:
            if finding.reason:
                yield finding.reason.entry(finding.path, finding.line, finding.name)
        yield from self.config.file_secrets
        yield from self._aws_reads

    def literal_defaults(self) -> list[Finding]:
        """Return the hardcoded secrets among the constants; no fixer rewrites them."""
        return [finding for finding, _ in self.constants if not finding.env]

    def migrated_variables(self) -> tuple[str, ...]:
        """Return the variables that the code reads through the runtime."""
        return tuple(sorted(self.context.migrated))

    def kept_variables(self, sites: Sequence[FoundSite]) -> tuple[str, ...]:
        """Return the variables that must stay set, because code that is not changed reads them.

        Args:
            sites: All sites of the app.
        """
        kept: set[str] = set()
        variables = set(self.context.migrated)
        for _, site in sites:
            variables.update(site.variables)
            kept.update(site.reason.kept if site.reason else ())
        kept.update(filter(self.context.loader, variables))
        kept.update(skip.name for skip in self.library_reads(sites))
        return tuple(sorted(kept))

    def django_key(self, sites: Iterable[FoundSite]) -> Iterator[Skipped]:
        """Yield entries that say where Django's SECRET_KEY comes from if it can't be migrated.

        Args:
            sites: All sites of the app.
        """
        read: set[str] = set(self.context.migrated)
        for finding, site in sites:
            if not site.reader.endswith(".setdefault"):
                read |= {finding.name, finding.env or ""}
        assigned: set[str] = set()
        for _, names in self.context.assigned_settings:
            assigned |= names
        yield from self._key_sources.entries(read, assigned)
