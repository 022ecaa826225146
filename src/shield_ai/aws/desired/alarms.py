"""Describe the alarms on metrics of the runtime and of the rotation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shield_ai.aws.desired.monitoring_context import (
    OVERDUE_METRIC,
    MonitoringContext,
    metric_namespace,
)
from shield_ai.model.plurals import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shield_ai.model.resource import Settings

PERIOD = 300  # seconds
DAY = 86_400  # seconds


def alarms(context: MonitoringContext) -> Iterator[tuple[str, Settings]]:
    """Yield the suffix of the name of each alarm, and its settings."""
    errors = context.manifest.monitoring.errors
    description = (
        f"get_secret() failed more than {count(errors, 'time')} in each of two 5-minute periods. "
        "Check the AWS service status and the app's role."
    )
    yield (
        "secret-errors",
        alarm_settings(context, "SecretErrors", description, threshold=errors, periods=2),
    )
    description = (
        "A production process uses secrets from its environment variables: "
        "AWS is unavailable or lacks a secret."
    )
    yield (
        "secret-fallback",
        alarm_settings(context, "FallbackToEnv", description, threshold=0, periods=1),
    )
    days = context.manifest.monitoring.overdue
    if days is not None:
        description = (
            f"A rotation is more than {count(days, 'day')} overdue, or no data was published. "
            "See shield rotate --status."
        )
        # Missing data means that the job that publishes the metric does not run.
        daily = {"period": DAY, "statistic": "Maximum", "missing": "breaching"}
        settings = alarm_settings(context, OVERDUE_METRIC, description, threshold=days, periods=1)
        yield "secret-overdue", {**settings, **daily}


def alarm_settings(
    context: MonitoringContext, metric: str, description: str, *, threshold: int, periods: int
) -> Settings:
    """Describe an alarm on the sum of one of the app's metrics.

    Args:
        context: The app and where it runs.
        metric: The name of the metric.
        description: What the alarm means and what to do.
        threshold: The alarm fires above this value.
        periods: The number of consecutive periods above it.
    """
    return {
        "namespace": metric_namespace(context.manifest),
        "metric": metric,
        "dimensions": {},
        "statistic": "Sum",
        "period": PERIOD,
        "periods": periods,
        "threshold": threshold,
        "comparison": "GreaterThanThreshold",
        "missing": "notBreaching",  # an idle process sends nothing
        "description": description,
        "actions": [context.topic_arn],
        "tags": context.tags,
    }
