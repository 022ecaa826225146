"""Log the warnings of the runtime."""

from __future__ import annotations


def warn(message: str, *args: object) -> None:
    """Log a warning. The logging module is imported only if there is something to log."""
    import logging

    logging.getLogger("shield_runtime").warning(message, *args)
