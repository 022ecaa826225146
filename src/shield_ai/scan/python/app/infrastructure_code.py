"""Find the infrastructure code, such as of AWS CDK, that imports settings with moved secrets.

It can write all fields of the settings into the variables of a function. With AWS on, the template
would contain the secrets in plain text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.site import FoundSite
    from shield_ai.model.skip import Skipped

LIBRARY = regex(rb"(?m)^(?:from|import)[ \t]+(?:aws_cdk|cdktf|pulumi|troposphere)\b")
IMPORT = regex(rb"(?m)^(?:from|import)[ \t]+(?P<module>[A-Za-z_][\w.]{0,200})")


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
    modules = {path.removesuffix(".py").replace("/", ".") for path in moved}
    for path in paths:
        raw = read(path) or b""
        if path in moved or not LIBRARY.search(raw):
            continue
        for name, line in _imports(raw).items():
            if _is_one_of(name, modules):
                yield SkipId.IN_INFRASTRUCTURE.reason(module=name).entry(path, line, name)


def _imports(raw: bytes) -> dict[str, int]:
    """Map the imported modules to the line of the first import."""
    lines = LineIndex(raw)
    imports: dict[str, int] = {}
    for match in IMPORT.finditer(raw):
        line, _ = lines.position(match.start())
        imports.setdefault(match["module"].decode(), line)
    return imports


def _is_one_of(name: str, modules: Collection[str]) -> bool:
    """Return whether a name is that of a module, maybe from a folder on `sys.path`."""
    return any(module == name or module.endswith(f".{name}") for module in modules)
