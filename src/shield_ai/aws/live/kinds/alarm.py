"""Read, change and export the CloudWatch alarms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shield_ai.aws.live.calls import removed_tags, tag_dict, tag_list, translate_errors
from shield_ai.aws.live.kinds.kind import Permissions, ResourceKind
from shield_ai.aws.syntax.awscli import command, tag_list_json
from shield_ai.aws.syntax.cloudformation import Part, tag_entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef

    from shield_ai.aws.live.session import Session
    from shield_ai.aws.syntax.terraform import Block
    from shield_ai.model.resource import Settings


class Alarm(ResourceKind):
    """An alarm on one metric, with its tags."""

    kind = "alarm"
    max_name = 255
    arn = "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"
    permissions = Permissions(
        read=("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"),
        create=("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"),
        update=("cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"),
        delete=("cloudwatch:DeleteAlarms",),
    )

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
        with translate_errors("cloudwatch:PutMetricAlarm", name):
            self._client.put_metric_alarm(
                AlarmName=name,
                AlarmDescription=settings["description"],
                Namespace=settings["namespace"],
                MetricName=settings["metric"],
                Dimensions=_dimensions(settings),
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

    def import_ids(self, name: str, _settings: Settings, _live: Settings) -> Iterator[str]:
        """Yield the name."""
        yield name

    @staticmethod
    def to_cloudformation(name: str, settings: Settings) -> Iterator[Part]:
        yield (
            "CloudWatch::Alarm",
            {
                "AlarmName": name,
                "AlarmDescription": settings["description"],
                "Namespace": settings["namespace"],
                "MetricName": settings["metric"],
                "Dimensions": _dimensions(settings),
                "Statistic": settings["statistic"],
                "Period": settings["period"],
                "EvaluationPeriods": settings["periods"],
                "Threshold": settings["threshold"],
                "ComparisonOperator": settings["comparison"],
                "TreatMissingData": settings["missing"],
                "AlarmActions": settings["actions"],
                "OKActions": settings["actions"],
                "Tags": tag_entries(settings),
            },
        )

    @staticmethod
    def to_terraform(name: str, settings: Settings) -> Iterator[Block]:
        yield (
            "aws_cloudwatch_metric_alarm",
            {
                "alarm_name": name,
                "alarm_description": settings["description"],
                "namespace": settings["namespace"],
                "metric_name": settings["metric"],
                "dimensions": settings["dimensions"],
                "statistic": settings["statistic"],
                "period": settings["period"],
                "evaluation_periods": settings["periods"],
                "threshold": settings["threshold"],
                "comparison_operator": settings["comparison"],
                "treat_missing_data": settings["missing"],
                "alarm_actions": settings["actions"],
                "ok_actions": settings["actions"],
                "tags": settings["tags"],
            },
        )

    @staticmethod
    def to_awscli(name: str, settings: Settings) -> Iterator[str]:
        yield command(
            "cloudwatch",
            "put-metric-alarm",
            alarm_name=name,
            alarm_description=settings["description"],
            namespace=settings["namespace"],
            metric_name=settings["metric"],
            dimensions=json.dumps(_dimensions(settings)),
            statistic=settings["statistic"],
            period=str(settings["period"]),
            evaluation_periods=str(settings["periods"]),
            threshold=str(settings["threshold"]),
            comparison_operator=settings["comparison"],
            treat_missing_data=settings["missing"],
            alarm_actions=settings["actions"],
            ok_actions=settings["actions"],
            tags=tag_list_json(settings),
        )


def _dimensions(settings: Settings) -> list[DimensionTypeDef]:
    dimensions = sorted(settings["dimensions"].items())
    return [{"Name": name, "Value": value} for name, value in dimensions]
