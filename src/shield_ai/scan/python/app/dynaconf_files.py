"""Find the secrets in the settings files that dynaconf loads.

https://www.dynaconf.com/settings_files/
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from shield_ai.model.name_meaning import is_secret
from shield_ai.model.skip import SkipId, Skipped
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import string_constant
from shield_ai.scan.python.readers.ast_walk import descend
from shield_ai.scan.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.file_reader import FileReader
    from shield_ai.project.python_source import Source

CLASSES = frozenset({"Dynaconf", "LazySettings", "DjangoDynaconf", "FlaskDynaconf"})
DEFAULTS = tuple(
    f"{name}.{extension}"
    for name in ("settings", ".secrets")
    for extension in ("toml", "yaml", "yml", "ini", "json")
)
FILE = regex(r"[\w./-]{1,200}\.(?:toml|ya?ml|ini|json)")
# The start of a line with a key and a value that is not empty.
KEY = regex(
    rb"""(?m)^[ \t]*(?:-[ \t]+)?["']?([A-Za-z_][\w.]{0,80})["']?[ \t]*[=:][ \t]*(?=[^\s#{\[])"""
)
MAX_SIZE = 400_000  # bytes; larger files are generated


def find_dynaconf_secrets(source: Source, read: FileReader) -> Iterator[Skipped]:
    """Yield the secrets in the files of dynaconf, with the reason to skip them.

    Args:
        source: A module, which may create the settings of dynaconf.
        read: Returns the bytes of a file of the app; None if it does not exist.
    """
    if "ynaconf" not in source.text:
        return
    names: dict[str, None] = {}  # in order
    for node in descend(source.tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in CLASSES:
            names |= dict.fromkeys((*_files_in(node), *DEFAULTS))
    folder = source.path.rpartition("/")[0]
    paths = dict.fromkeys(path for name in names for path in _places(folder, name))
    for path in paths:
        raw = read(path)
        if raw and len(raw) <= MAX_SIZE:
            yield from _secrets_in(path, raw)


def _files_in(call: ast.Call) -> Iterator[str]:
    """Yield the names of files in the arguments of a call."""
    for node in descend(call):
        text = string_constant(node) or ""
        for part in text.replace(";", ",").split(","):
            if FILE.fullmatch(part.strip()):
                yield part.strip().removeprefix("./")


def _places(folder: str, name: str) -> Iterator[str]:
    """Yield the possible paths of a file: beside the module, in the app's folder, in `config`."""
    for parent in dict.fromkeys((folder, f"{folder}/config".strip("/"), "", "config")):
        yield f"{parent}/{name}" if parent else name


def _secrets_in(path: str, raw: bytes) -> Iterator[Skipped]:
    seen: set[str] = set()
    lines = LineIndex(raw)
    for match in KEY.finditer(raw):
        key = match[1].decode()
        if key not in seen and is_secret(key.upper().replace(".", "_")):
            seen.add(key)
            line, _ = lines.position(match.start(1))
            yield SkipId.READS_FILE.reason(loader="Dynaconf").entry(path, line, key)
