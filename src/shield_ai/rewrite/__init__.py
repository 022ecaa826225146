"""One rewrite a file: each takes what the app has and returns what to change, and what it left alone and why."""

from __future__ import annotations

from collections.abc import Callable

# The bytes of a file by its path relative to the app, None where there is none.
Read = Callable[[str], bytes | None]
# Whether the app has this folder.
HasFolder = Callable[[str], bool]
