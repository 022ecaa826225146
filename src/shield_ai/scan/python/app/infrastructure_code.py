"""Find the infrastructure code, such as of AWS CDK, that imports settings with moved secrets.

It can write all fields of the settings into the variables of a function. With AWS on, the template
would contain the secrets in plain text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.python.app.import_statements import find_imports, module_tails
from shield_ai.scan.text.line_index import LineIndex
from shield_ai.scan.text.pattern_search import has_match

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped

LIBRARY = regex(rb"(?m)^(?:from|import)[ \t]+(?:aws_cdk|cdktf|pulumi|troposphere)\b")


def find_settings_in_infrastructure(
    paths: Iterable[str], read: FileReader, sites: Sequence[FoundSite]
) -> Iterator[Skipped]:
    """Yield an entry for the first import of each module with moved secrets.

    Args:
        paths: The scanned Python files.
        read: Returns the bytes of a file; None if it can't be read.
        sites: All sites of the app.
    """
    moved = {finding.path for finding, site in sites if not site.reason}
    if not moved:
        return
    tails = module_tails(moved)
    for path in paths:
        raw = read(path) or b""
        if path in moved or not has_match(LIBRARY, raw):
            continue
        lines = LineIndex(raw)
        for name, start in _imported_modules(path, raw, tails).items():
            line, _ = lines.position(start)
            yield SkipId.IN_INFRASTRUCTURE.reason(module=name).entry(path, line, name)


def _imported_modules(path: str, raw: bytes, tails: Collection[str]) -> dict[str, int]:
    """Map those of the modules that a file imports at its top level to the first import."""
    found: dict[str, int] = {}
    for statement in find_imports(raw):
        target = statement.target(path)
        for name in (target, *(f"{target}/{name}" for name in statement.names.values())):
            if name in tails and not raw[statement.start : statement.start + 1].isspace():
                found.setdefault(name.replace("/", "."), statement.start)
    return found
