"""Log the messages of the runtime. The logging module is imported only if there is one."""

from __future__ import annotations


def warn(message: str, *args: object) -> None:
    """Log a warning."""
    import logging

    logging.getLogger("shield_runtime").warning(message, *args)


def inform(message: str, *args: object) -> None:
    """Log a message that does not require an action."""
    import logging

    logging.getLogger("shield_runtime").info(message, *args)
