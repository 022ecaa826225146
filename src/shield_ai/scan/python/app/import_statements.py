"""Find the imports of a Python file in its text, which is faster than parsing the file."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A comment, or an import at the start of a line or after another statement.
IMPORT = regex(
    rb"(?m)#[^\n]*|(?:^|[;:])[ \t]*(?:from[ \t]+(?P<module>[\w.\x80-\xff]++)[ \t]+import\b"
    rb"(?P<names>[ \t]*\((?:[^)#]|#[^\n]*)*+|(?:[^\n#;\\]|\\\r?\n)*+)"
    rb"|import[ \t]+(?P<modules>(?:[^\n#;\\]|\\\r?\n)*+))"
)
COMMENT = regex(rb"#[^\n]*")


class Import(NamedTuple):
    """An import of a module, or of names from a module."""

    module: str  # dotted; a relative import begins with dots
    names: dict[str, str]  # from the name in the file to the imported name; without `*`
    start: int  # the offset of the line

    def target(self, path: str) -> str:
        """Return the path of the module, without `.py`, from a folder on `sys.path`.

        For a relative import, it is the path from the app's folder.

        Args:
            path: The file that contains the import.
        """
        name = self.module.lstrip(".")
        dots = len(self.module) - len(name)
        parts = name.split(".") if name else []
        return "/".join([*path.split("/")[:-dots], *parts] if dots else parts)


def find_imports(raw: bytes) -> Iterator[Import]:
    """Yield the imports of a file, also those in functions and conditions.

    Args:
        raw: The bytes of the file.
    """
    line = position = 0
    for match in IMPORT.finditer(raw):
        line = max(line, raw.rfind(b"\n", position, match.start()) + 1)
        position = match.start()
        if match["module"] is not None:
            module = match["module"].decode(errors="replace")
            yield Import(module, dict(_names_in(match["names"])), line)
        for _, module in _names_in(match["modules"] or b""):
            yield Import(module, {}, line)


def _names_in(text: bytes) -> Iterator[tuple[str, str]]:
    """Yield the name in the file and the imported name for `a as b, c`."""
    listed = COMMENT.sub(b"", text).replace(b"(", b" ").replace(b"\\", b" ")
    for part in listed.decode(errors="replace").split(","):
        words = part.split()
        if words and words[0] != "*":
            yield words[-1], words[0]


def module_tails(paths: Iterable[str]) -> set[str]:
    """Return every suffix of the modules' paths: for a/b/c.py, `a/b/c`, `b/c` and `c`.

    Args:
        paths: The files.
    """
    tails: set[str] = set()
    for path in paths:
        parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
        tails.update("/".join(parts[depth:]) for depth in range(len(parts)))
    return tails
