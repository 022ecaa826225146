"""Log the messages of the runtime. The logging module is imported only if there is one."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import logging


def warn(message: str, *args: object) -> None:
    """Log a warning."""
    _logger().warning(message, *args)


def inform(message: str, *args: object) -> None:
    """Log a message that does not require an action."""
    _logger().info(message, *args)


def _logger() -> logging.Logger:
    """Return the logger. By default, dictConfig() and Django disable those that exist already.

    https://docs.python.org/3/library/logging.config.html#logging.config.dictConfig
    """
    import logging

    logger = logging.getLogger("shield_runtime")
    logger.disabled = False
    return logger
