"""The largest file that a deployment can have."""

from __future__ import annotations

MAX_SIZE = 400_000  # bytes; larger files are generated
