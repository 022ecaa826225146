"""Publish data points of CloudWatch metrics, and read sums of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shield_ai.aws.live.calls import translate_errors

if TYPE_CHECKING:
    from shield_ai.aws.live.session import Session

_HOUR = timedelta(hours=1)


def put_metric(session: Session, namespace: str, metric: str, value: float) -> None:
    """Publish a data point of a metric with the current time."""
    with translate_errors("cloudwatch:PutMetricData", metric):
        session.cloudwatch().put_metric_data(
            Namespace=namespace, MetricData=[{"MetricName": metric, "Value": value}]
        )


def metric_sum(session: Session, namespace: str, metric: str, since: datetime) -> float | None:
    """Return the sum of a metric since a time, or None if it has no data points."""
    with translate_errors("cloudwatch:GetMetricStatistics", metric):
        response = session.cloudwatch().get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            StartTime=since,
            EndTime=datetime.now(UTC) + _HOUR,  # include the current hour
            Period=int(_HOUR.total_seconds()),
            Statistics=["Sum"],
        )
    points = response.get("Datapoints", [])
    if not points:
        return None
    return sum(point.get("Sum", 0.0) for point in points)
