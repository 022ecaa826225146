"""Read and write CloudWatch metrics, alarms and dashboards."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shield_ai.aws.live.responses import parse_document
from shield_ai.aws.live.session import (
    Session,
    removed_tags,
    tag_dict,
    tag_list,
    translate_errors,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

    from shield_ai.model.resource import Settings

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


class Alarm:
    """An alarm on one metric, with its tags."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: CloudWatchClient = session.cloudwatch()

    def read(self, name: str) -> Settings | None:
        """Return the alarm's settings."""
        with translate_errors("cloudwatch:DescribeAlarms", name):
            response = self._client.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])
        if not response["MetricAlarms"]:
            return None
        alarm = response["MetricAlarms"][0]
        with translate_errors("cloudwatch:ListTagsForResource", name):
            tags = self._client.list_tags_for_resource(ResourceARN=self._arn(name)).get("Tags", [])
        dimensions = {item["Name"]: item["Value"] for item in alarm.get("Dimensions", [])}
        threshold = alarm.get("Threshold", 0.0)
        if threshold == int(threshold):
            threshold = int(threshold)
        return {
            "namespace": alarm.get("Namespace", ""),
            "metric": alarm.get("MetricName", ""),
            "dimensions": dimensions,
            "statistic": alarm.get("Statistic", ""),
            "period": alarm.get("Period", 0),
            "periods": alarm["EvaluationPeriods"],
            "threshold": threshold,
            "comparison": alarm["ComparisonOperator"],
            "missing": alarm.get("TreatMissingData", "missing"),
            "description": alarm.get("AlarmDescription", ""),
            "actions": alarm.get("AlarmActions", []),
            "tags": tag_dict(tags),
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create or overwrite the alarm."""
        dimensions = sorted(settings["dimensions"].items())
        with translate_errors("cloudwatch:PutMetricAlarm", name):
            self._client.put_metric_alarm(
                AlarmName=name,
                AlarmDescription=settings["description"],
                Namespace=settings["namespace"],
                MetricName=settings["metric"],
                Dimensions=[{"Name": key, "Value": value} for key, value in dimensions],
                Statistic=settings["statistic"],
                Period=settings["period"],
                EvaluationPeriods=settings["periods"],
                Threshold=settings["threshold"],
                ComparisonOperator=settings["comparison"],
                TreatMissingData=settings["missing"],
                AlarmActions=settings["actions"],
                OKActions=settings["actions"],
                # AWS ignores tags for an existing alarm.
                Tags=tag_list(settings["tags"]) if live is None else [],
            )
        if live is not None:
            self._update_tags(name, settings["tags"], live["tags"])

    def _update_tags(self, name: str, wanted: dict[str, str], live: dict[str, str]) -> None:
        if removed := removed_tags(live, wanted):
            with translate_errors("cloudwatch:UntagResource", name):
                self._client.untag_resource(ResourceARN=self._arn(name), TagKeys=removed)
        if live != wanted:
            with translate_errors("cloudwatch:TagResource", name):
                self._client.tag_resource(ResourceARN=self._arn(name), Tags=tag_list(wanted))

    def delete(self, name: str) -> None:
        """Delete the alarm, if it exists."""
        with translate_errors("cloudwatch:DeleteAlarms", name):
            try:
                self._client.delete_alarms(AlarmNames=[name])
            except self._client.exceptions.ResourceNotFound:
                return

    def _arn(self, name: str) -> str:
        return self._session.arn("cloudwatch", f"alarm:{name}")


class Dashboard:
    """A dashboard, with its `body` as the only setting."""

    def __init__(self, session: Session) -> None:
        self._client: CloudWatchClient = session.cloudwatch()

    def read(self, name: str) -> Settings | None:
        """Return the dashboard's body."""
        with translate_errors("cloudwatch:GetDashboard", name):
            try:
                response = self._client.get_dashboard(DashboardName=name)
            except self._client.exceptions.ResourceNotFound:
                return None
        return {"body": parse_document(response["DashboardBody"], "cloudwatch:GetDashboard")}

    def upsert(self, name: str, settings: Settings, _live: Settings | None) -> None:
        """Create or overwrite the dashboard."""
        body = json.dumps(settings["body"])
        with translate_errors("cloudwatch:PutDashboard", name):
            self._client.put_dashboard(DashboardName=name, DashboardBody=body)

    def delete(self, name: str) -> None:
        """Delete the dashboard, if it exists."""
        with translate_errors("cloudwatch:DeleteDashboards", name):
            try:
                self._client.delete_dashboards(DashboardNames=[name])
            except self._client.exceptions.ResourceNotFound:
                return
