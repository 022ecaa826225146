"""Find reads of secrets in migrations: the app runs these files, but they are not rewritten."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.errors import SourceError
from shield_ai.model.finding import Confidence, Finding
from shield_ai.model.name_meaning import is_secret
from shield_ai.project.layout import is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import Source, parse_python
from shield_ai.scan.python.app.config_finding import create_finding, explain
from shield_ai.scan.python.config.read_marks import may_read_config
from shield_ai.scan.python.config.reads import find_config_reads
from shield_ai.scan.python.readers.ast_walk import name_of
from shield_ai.scan.rules.pattern import csec34_rules
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shield_ai.model.file_reader import FileReader

# What looks like a read of a variable.
READ = regex(
    rb"(?:environ(?:\.get)?|getenv|\benv(?:\.\w+)?|\bconfig)\s?[\[(]\s{0,60}[\"'](\w{1,80})[\"']"
)


def find_migration_reads(paths: Iterable[str], read: FileReader) -> Iterator[Finding]:
    """Yield the reads of secrets in migrations; those from a configuration have a reason.

    Args:
        paths: The files in a folder of migrations.
        read: Returns the bytes of a file; None if it can't be read.
    """
    for path in paths:
        if path.endswith(".py") and not is_test(path):
            raw = read(path) or b""
            yield from _find_reads(path, raw)
            yield from _config_reads(path, raw)


def _find_reads(path: str, raw: bytes) -> Iterator[Finding]:
    matches = [match for match in READ.finditer(raw) if is_secret(match[1].decode())]
    if not matches:
        return
    rule = csec34_rules()["CSEC34.environ-read"]
    index = LineIndex(raw)
    reads = _read_names(path, raw)
    for match in matches:
        variable = match[1].decode()
        if reads is not None and (variable, index.position(match.start(1))[0]) not in reads:
            continue
        line, column = index.position(match.start())
        end_line, end_column = index.position(match.end())
        yield Finding(
            rule=rule.id,
            path=path,
            line=line,
            column=column,
            end_line=end_line,
            end_column=end_column,
            severity=rule.severity,
            confidence=Confidence.HIGH,
            message=rule.text(variable, variable),
            name=variable,
            env=variable,
        )


def _config_reads(path: str, raw: bytes) -> Iterator[Finding]:
    """Yield the reads such as `app.config.get("SECRET_KEY")`."""
    if not may_read_config(raw):
        return
    try:
        source = Source.from_bytes(path, raw)
        reads = find_config_reads(source, ())
    except (SourceError, RecursionError):
        return
    for found in reads:
        yield create_finding(source, found, explain(found.origin))


def _read_names(path: str, raw: bytes) -> set[tuple[object, int]] | None:
    """Return the names in subscripts and calls, with their lines; None if the code is invalid.

    Comments, assignments and `app.config["NAME"]`, which is not a variable, are left out.
    """
    try:
        tree = parse_python(path, raw.decode("utf-8", "replace"))
    except SourceError:
        return None
    found: set[tuple[object, int]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            keys = node.args[:1]
        elif isinstance(node, ast.Subscript) and _is_read(node):
            keys = [node.slice]
        else:
            continue
        found.update((key.value, key.lineno) for key in keys if isinstance(key, ast.Constant))
    return found


def _is_read(node: ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Load) and name_of(node.value) != "config"
