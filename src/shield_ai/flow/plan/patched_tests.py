"""Find tests that patch os.getenv() for code that no longer calls it.

get_secret() reads os.environ, so a test that patches os.environ or os.environ.get still works.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.skip import SkipId
from shield_ai.project.layout import is_test
from shield_ai.project.perf.lazy_regex import regex
from shield_ai.project.python_source import apply_edits
from shield_ai.rewrite.python.imports.importers import module_stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from shield_ai.model.edit import FileChange
    from shield_ai.model.file_reader import FileReader
    from shield_ai.model.skip import Skipped

# patch("os.getenv"), patch(f"{MODULE}.os.getenv"), monkeypatch.setattr(os, "getenv", …)
PATCH = regex(rb"""["'][^"'\n]{0,200}\.getenv["']|,\s{0,80}["']getenv["']""")
CALL = b"getenv("


def find_patched_tests(
    files: Sequence[FileChange], paths: Iterable[str], read: FileReader
) -> Iterator[Skipped]:
    """Yield the tests that patch os.getenv() and name a module that calls it less than before.

    Args:
        files: The edits of the Python files.
        paths: All Python files of the app, including tests.
        read: Returns the bytes of a file.
    """
    edited = [file.path for file in files if _has_fewer_calls(file, read)]
    if not edited:
        return
    names = {path: rb"\b%b\b" % re.escape(module_stem(path)).encode() for path in edited}
    for test in filter(is_test, paths):
        raw = read(test) or b""
        match = PATCH.search(raw)
        if not match:
            continue
        modules = [path for path, name in names.items() if re.search(name, raw)]
        if modules:
            line = raw.count(b"\n", 0, match.start()) + 1
            yield SkipId.PATCHES_GETENV.reason(path=modules[0]).entry(test, line)


def _has_fewer_calls(file: FileChange, read: FileReader) -> bool:
    old = read(file.path) or b""
    if CALL not in old:
        return False
    return apply_edits(old, file.edits, file.encoding).count(CALL) < old.count(CALL)
