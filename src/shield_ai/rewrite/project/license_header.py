"""Find the license line that the modules of an app begin with."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shield_ai.model.file_reader import read_optional
from shield_ai.project.runtime_names import is_copied_file
from shield_ai.rewrite.project.layout import root_of

if TYPE_CHECKING:
    from shield_ai.rewrite.project.fixer import FixContext

# https://spdx.dev/learn/handling-license-info/, in the first five lines.
SPDX = re.compile(
    rb"\A(?:[^\n]*\n){0,4}?(# SPDX-License-Identifier: [A-Za-z0-9.+() -]{1,80}?)[ \t\r]*(?:\n|\Z)"
)


def license_header(context: FixContext) -> str:
    """Return the line that all modules of the map file's package begin with, and a newline.

    Returns:
        "" without such a line.
    """
    read, path = context.read, context.manifest.app.runtime
    root = root_of(read, path, context.module)
    prefix = f"{root}/" if root else ""
    package = path.removeprefix(prefix).rpartition("/")[0].partition("/")[0]
    folder = f"{prefix}{package}/" if package else prefix
    found: set[bytes] = set()
    for other in context.app.paths:
        if not other.startswith(folder) or is_copied_file(other):
            continue
        raw = read_optional(read, other) or b""
        match = SPDX.match(raw)
        if match:
            found.add(match[1])
        elif raw.strip():
            return ""
        if len(found) > 1:
            return ""
    return "".join(f"{line.decode()}\n" for line in found)
