"""Create the finding of a read from a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.model.finding import Confidence, Finding, Severity
from shield_ai.model.skip import SkipId
from shield_ai.scan.python.config.config_objects import COMMAND_LINE
from shield_ai.scan.rules.pattern import csec34_rules

if TYPE_CHECKING:
    from shield_ai.model.skip import SkipReason
    from shield_ai.project.python_source import Source
    from shield_ai.scan.python.config.config_objects import Origin
    from shield_ai.scan.python.config.config_read import ConfigRead

RULE = "CSEC34.config-read"


def create_finding(
    source: Source, read: ConfigRead, reason: SkipReason, variable: str | None = None
) -> Finding:
    """Return the finding for a read.

    Args:
        source: The file.
        read: The read.
        reason: Why no fixer can rewrite it.
        variable: The environment variable that the configuration takes the value from.
    """
    rule = csec34_rules()[RULE]
    start, end = source.span(read.node)
    line, column = source.position(start)
    end_line, end_column = source.position(end)
    message = rule.text(read.key)
    if read.origin == COMMAND_LINE:
        message = f"{read.key} is a secret read from {read.origin.source}"
    return Finding(
        rule=rule.id,
        path=source.path,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        severity=rule.severity if read.is_certain else Severity.LOW,
        confidence=Confidence.MEDIUM,
        message=message,
        name=read.key,
        env=variable,
        reason=reason,
    )


def explain(origin: Origin) -> SkipReason:
    """Return the reason why no fixer can rewrite a read from a configuration."""
    if origin.is_file:
        return SkipId.READS_FILE.reason(loader=origin.source)
    return SkipId.READS_CONFIG.reason(source=origin.source)
