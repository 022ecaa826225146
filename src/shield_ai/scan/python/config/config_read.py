"""Describe a read of a secret from a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ast

    from shield_ai.scan.python.config.config_objects import Origin


class ConfigRead(NamedTuple):
    """A read of a secret from a configuration."""

    node: ast.expr | ast.stmt
    key: str
    origin: Origin
    is_certain: bool  # the value is known to come from a file, and to be a secret

    @property
    def line(self) -> int:
        """The line of the read."""
        return self.node.lineno
