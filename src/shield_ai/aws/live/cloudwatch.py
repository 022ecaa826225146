"""CloudWatch: alarms on a metric, and dashboards."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shield_ai.aws.live.session import Session, tag_list, translate_errors

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

    from shield_ai.model.resource import Settings

_HOUR = timedelta(hours=1)


def put_metric(session: Session, namespace: str, metric: str, value: float) -> None:
    """Send one figure, now."""
    with translate_errors("cloudwatch:PutMetricData", metric):
        session.cloudwatch().put_metric_data(
            Namespace=namespace, MetricData=[{"MetricName": metric, "Value": value}]
        )


def metric_sum(session: Session, namespace: str, metric: str, since: datetime) -> float | None:
    """Return the sum of a metric since then, by the hour; None where nobody has sent it."""
    with translate_errors("cloudwatch:GetMetricStatistics", metric):
        answer = session.cloudwatch().get_metric_statistics(
            Namespace=namespace,
            MetricName=metric,
            StartTime=since,
            EndTime=datetime.now(UTC) + _HOUR,  # what has just come in counts
            Period=int(_HOUR.total_seconds()),
            Statistics=["Sum"],
        )
    points = answer.get("Datapoints", [])
    return sum(point.get("Sum", 0.0) for point in points) if points else None


class Alarm:
    """An alarm on one metric, with its tags."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client: CloudWatchClient = session.cloudwatch()

    def read(self, name: str) -> Settings | None:
        """Return what it watches and whom it tells."""
        with translate_errors("cloudwatch:DescribeAlarms", name):
            alarms = self._client.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])[
                "MetricAlarms"
            ]
        if not alarms:
            return None
        alarm = alarms[0]
        with translate_errors("cloudwatch:ListTagsForResource", name):
            tags = self._client.list_tags_for_resource(ResourceARN=self._arn(name)).get("Tags", [])
        threshold = alarm.get("Threshold", 0.0)
        return {
            "namespace": alarm.get("Namespace", ""),
            "metric": alarm.get("MetricName", ""),
            "dimensions": {
                dimension["Name"]: dimension["Value"] for dimension in alarm.get("Dimensions", [])
            },
            "statistic": alarm.get("Statistic", ""),
            "period": alarm.get("Period", 0),
            "periods": alarm["EvaluationPeriods"],
            "threshold": int(threshold) if threshold == int(threshold) else threshold,
            "comparison": alarm["ComparisonOperator"],
            "missing": alarm.get("TreatMissingData", "missing"),
            "description": alarm.get("AlarmDescription", ""),
            "actions": alarm.get("AlarmActions", []),
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }

    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:
        """Create it or overwrite it; tags are a call of their own for one that is there."""
        with translate_errors("cloudwatch:PutMetricAlarm", name):
            self._client.put_metric_alarm(
                AlarmName=name,
                AlarmDescription=settings["description"],
                Namespace=settings["namespace"],
                MetricName=settings["metric"],
                Dimensions=[
                    {"Name": key, "Value": value}
                    for key, value in sorted(settings["dimensions"].items())
                ],
                Statistic=settings["statistic"],
                Period=settings["period"],
                EvaluationPeriods=settings["periods"],
                Threshold=settings["threshold"],
                ComparisonOperator=settings["comparison"],
                TreatMissingData=settings["missing"],
                AlarmActions=settings["actions"],
                OKActions=settings["actions"],
                Tags=tag_list(settings["tags"]) if live is None else [],
            )
        if live is None:
            return
        if gone := sorted(live["tags"].keys() - settings["tags"].keys()):
            with translate_errors("cloudwatch:UntagResource", name):
                self._client.untag_resource(ResourceARN=self._arn(name), TagKeys=gone)
        if live["tags"] != settings["tags"]:
            with translate_errors("cloudwatch:TagResource", name):
                self._client.tag_resource(
                    ResourceARN=self._arn(name), Tags=tag_list(settings["tags"])
                )

    def delete(self, name: str) -> None:
        """Delete it; AWS says nothing where there is none."""
        with translate_errors("cloudwatch:DeleteAlarms", name):
            try:
                self._client.delete_alarms(AlarmNames=[name])
            except self._client.exceptions.ResourceNotFound:
                return

    def _arn(self, name: str) -> str:
        session = self._session
        return (
            f"arn:{session.partition}:cloudwatch:{session.region}:{session.account()}:alarm:{name}"
        )


class Dashboard:
    """A dashboard: its body."""

    def __init__(self, session: Session) -> None:
        self._client: CloudWatchClient = session.cloudwatch()

    def read(self, name: str) -> Settings | None:
        """Return its body."""
        with translate_errors("cloudwatch:GetDashboard", name):
            try:
                return {
                    "body": json.loads(
                        self._client.get_dashboard(DashboardName=name)["DashboardBody"]
                    )
                }
            except self._client.exceptions.ResourceNotFound:
                return None

    # one call does both
    def upsert(self, name: str, settings: Settings, live: Settings | None) -> None:  # noqa: ARG002
        """Create it or overwrite it."""
        with translate_errors("cloudwatch:PutDashboard", name):
            self._client.put_dashboard(
                DashboardName=name, DashboardBody=json.dumps(settings["body"])
            )

    def delete(self, name: str) -> None:
        """Delete it."""
        with translate_errors("cloudwatch:DeleteDashboards", name):
            try:
                self._client.delete_dashboards(DashboardNames=[name])
            except self._client.exceptions.ResourceNotFound:
                return
