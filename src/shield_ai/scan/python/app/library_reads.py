"""Collect the calls of libraries that read a variable themselves."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.skip import SkipId
from shield_ai.project.python_source import Source
from shield_ai.scan.python.app.library_settings import find_library_settings
from shield_ai.scan.python.findings.importable import explain_not_importable
from shield_ai.scan.python.readers.aws_constructors import ACCESS_KEYS, find_default_clients

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import SkipReason
    from shield_ai.project.layout import AppFacts
    from shield_ai.scan.python.app.app_facts import AppFiles
    from shield_ai.scan.python.app.collected import Collected
    from shield_ai.scan.python.readers.resolve import Resolver


class LibraryReads:
    """Collects such calls from the files of an app.

    Args:
        collected: Gets the calls.
        facts: The app's layout.
        files: The app's files.
    """

    def __init__(self, collected: Collected, facts: AppFacts, files: AppFiles) -> None:
        self._collected = collected
        self._facts = facts
        self._files = files

    def add(self, source: Source, reads: Mapping[str, tuple[SkipReason, int]]) -> None:
        """Add the calls in a file.

        Args:
            source: The file.
            reads: Maps each variable to the reason to keep it set, and the line of the call.
        """
        if reads:
            in_app = not explain_not_importable(source, self._facts, self._files.paths)
            self._collected.add_library_reads(source.path, reads, in_app=in_app)

    def add_settings(self, resolver: Resolver) -> None:
        """Add the calls in a file with which classes of libraries read unknown variables.

        Args:
            resolver: The resolver of the file.
        """
        self._collected.unresolved += find_library_settings(resolver)

    def add_aws_clients(
        self, sites: Iterable[FoundSite], paths: Iterable[str], named: Collection[str]
    ) -> None:
        """Add the calls that read the access keys of AWS, also in files that were not parsed.

        Args:
            sites: The sites of the app.
            paths: The scanned files.
            named: The variables in shield.toml.
        """
        read = {variable for _, site in sites for variable in site.variables}
        variables = read.union(named).intersection(ACCESS_KEYS)
        for path in paths if variables else ():
            raw = self._files.read(path) or b""
            for client in find_default_clients(raw):
                reason = SkipId.READ_BY_LIBRARY.reason(function=client.function)
                reads = dict.fromkeys(variables, (reason, client.line))
                with contextlib.suppress(SourceError):
                    self.add(Source.from_bytes(path, raw), reads)
                break
