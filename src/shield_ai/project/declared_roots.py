"""Find the folders from which a project's metadata takes its packages, such as `src`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.project.perf.lazy_regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shield_ai.model.file_reader import FileReader

_FOLDER = rb"[\"']([A-Za-z_]\w{0,60})[\"']"
# https://python-poetry.org/docs/pyproject/#packages
# https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#src-layout
# https://hatch.pypa.io/latest/config/build/#packages
DECLARATIONS = {
    "pyproject.toml": [
        regex(rb"\binclude[ \t]*=[^\n}]{0,200}\bfrom[ \t]*=[ \t]*" + _FOLDER),
        regex(rb"package-dir[ \t]*=[ \t]*\{[ \t]*[\"'][\"'][ \t]*=[ \t]*" + _FOLDER),
        regex(rb"(?m)^[ \t]*[\"'][\"'][ \t]*=[ \t]*" + _FOLDER),
        regex(rb"(?m)^[ \t]*where[ \t]*=[ \t]*\[[ \t]*" + _FOLDER),
        regex(rb"(?m)^packages[ \t]*=[ \t]*\[\s{0,20}[\"']([A-Za-z_]\w{0,60})/\w"),
    ],
    "setup.cfg": [regex(rb"(?m)^package_dir[ \t]*=\s{0,20}=[ \t]*([A-Za-z_]\w{0,60})[ \t]*\r?$")],
    "setup.py": [regex(rb"package_dir[ \t]*=[ \t]*\{[ \t]*[\"'][\"'][ \t]*:[ \t]*" + _FOLDER)],
}


def declared_roots(settings: Iterable[str], read: FileReader) -> set[str]:
    """Return the folders that the metadata declares and that contain settings files.

    Args:
        settings: The settings files.
        read: Returns the content of a file.
    """
    roots: set[str] = set()
    for path, patterns in DECLARATIONS.items():
        raw = read(path) or b""
        for pattern in patterns:
            roots.update(match[1].decode() for match in pattern.finditer(raw))
    return {root for root in roots if any(path.startswith(f"{root}/") for path in settings)}
