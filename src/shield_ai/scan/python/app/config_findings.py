"""Turn the reads of secrets from configurations into findings."""

from __future__ import annotations

import ast
import itertools
from typing import TYPE_CHECKING

from shield_ai.model.finding import Severity
from shield_ai.model.site import Shape
from shield_ai.scan.python.app.config_finding import create_finding, explain
from shield_ai.scan.python.app.dynaconf_files import find_dynaconf_secrets
from shield_ai.scan.python.app.metaclass_reads import find_metaclass_reads
from shield_ai.scan.python.config.config_objects import Origin
from shield_ai.scan.python.config.config_read import ConfigRead
from shield_ai.scan.python.config.loaded_values import names_with
from shield_ai.scan.python.config.read_marks import may_read_config
from shield_ai.scan.python.config.reads import find_config_reads

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.finding import Finding
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped
    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.visit.file_calls import FileRead
    from shield_ai.scan.python.visit.visitor import SecretVisitor


class ConfigFindings:
    """Collects the reads of secrets from configurations in an app.

    Args:
        paths: The Python files of the app.
        read: Returns the bytes of a file of the app; None if it does not exist.
    """

    def __init__(self, paths: Iterable[str], read: FileReader) -> None:
        self.file_secrets: list[Skipped] = []  # in the files of dynaconf
        self.metaclass_reads: list[Finding] = []  # settings that a metaclass reads
        self._read = read
        self._modules = set(_module_names(paths))
        self._found: list[Finding] = []
        self._fields: list[Finding] = []  # of configuration classes
        self._from_config: set[str] = set()  # settings with a value from a configuration

    def add(self, source: Source, visitor: SecretVisitor) -> None:
        """Add the reads of a file, except those of variables.

        Args:
            source: The file.
            visitor: The visitor of the file, after its run.
        """
        self.file_secrets += find_dynaconf_secrets(source, self._read)
        self.metaclass_reads += find_metaclass_reads(source)
        if not may_read_config(source.raw):
            return
        other_lines = _lines_of_other_reads(visitor)
        from_files = [_from_file(read) for read in visitor.file_reads]
        file_lines = {read.line for read in from_files}
        from_configs = find_config_reads(source, self._modules)
        others = [read for read in from_configs if read.line not in file_lines]
        nodes: set[ast.AST] = set()
        for read in [*from_files, *others]:
            if read.line not in other_lines:
                found = self._fields if isinstance(read.node, ast.AnnAssign) else self._found
                found.append(create_finding(source, read, explain(read.origin)))
                nodes.add(read.node)
        if nodes:
            self._from_config |= names_with(source.tree, nodes)

    def findings(self, sites: Iterable[FoundSite], assigned: set[str]) -> list[Finding]:
        """Return the findings, except reads of settings that the app sets from another source.

        Args:
            sites: All sites of the app.
            assigned: The settings with a value that is computed at run time.
        """
        # A literal of the same name may belong to another stage, or to the build of documentation.
        settings = assigned - self._from_config
        filled = set()  # keys and names for the value of a variable: {"api_key": os.environ[…]}
        for finding, site in sites:
            if site.shape is not Shape.LITERAL:
                name = finding.name.rpartition(".")[2]
                settings.add(name)
                filled.add(name)
                settings.update(site.variables)  # the usual names of their settings
        # A field gets its value from a file, although another value may have the same name.
        names = {name for name in settings if name.isupper()}
        return [
            *_without(self._fields, names),
            *_without(self._found, names | filled),
        ]


def _without(findings: Iterable[Finding], names: set[str]) -> Iterator[Finding]:
    """Yield the findings that are certain or have another name."""
    for finding in findings:
        if finding.severity is not Severity.LOW or finding.name not in names:
            yield finding


def _from_file(read: FileRead) -> ConfigRead:
    return ConfigRead(read.node, read.key, Origin(read.function, is_file=True), is_certain=True)


def _module_names(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        parts = path.removesuffix(".py").split("/")
        yield from parts
        yield from map("/".join, itertools.pairwise(parts))


def _lines_of_other_reads(visitor: SecretVisitor) -> set[int]:
    """Return the lines with reads of variables and of secrets in AWS, and with harmless values."""
    nodes: list[ast.expr] = [node for node, _ in visitor.accessor_calls]
    nodes += [candidate.node for candidate in (*visitor.candidates, *visitor.migrated_reads)]
    nodes += [node for node, _, _ in visitor.not_secrets]
    lines = set(visitor.served_lines)
    for node in nodes:
        lines.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines
